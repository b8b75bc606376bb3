/* SPDX-License-Identifier: ISC */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

enum { LINE_MAX_BYTES = 1024 };

static const char *log_program = "oriel";
static enum log_level log_most = LOG_LEVEL_INFO;
static int log_journal;
static atomic_ulong log_lost; /* lines that were lost, not yet reported */

static const char *const log_words[] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARNING] = "warning",
	[LOG_LEVEL_NOTICE] = "notice",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
};

void
log_init(const char *program, enum log_level most)
{
	log_program = program;
	log_most = most;
	log_journal = getenv("JOURNAL_STREAM") != NULL;
}

/* Open the pipe or terminal again, as a file of our own that never blocks. O_NONBLOCK on the
 * given one would hold for everybody who shares it. Where opening is refused, log_put() asks
 * first. */
void
log_never_wait(void)
{
	struct stat status;
	int own;

	atexit(log_say_lost);
	if (fstat(STDERR_FILENO, &status) == -1 ||
	    !(S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode)))
		return;
	own = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (own == -1)
		return;
	dup2(own, STDERR_FILENO);
	close(own);
}

void
log_set_level(enum log_level most)
{
	log_most = most;
}

int
log_level_parse(const char *word)
{
	for (int level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_DEBUG; level++)
		if (strcmp(word, log_words[level]) == 0)
			return level;
	return -1;
}

/* Returns the bytes written to `line`, which holds at least 64. */
static size_t
log_prefix(char *line, size_t size, enum log_level level)
{
	struct timespec now;
	struct tm local;
	size_t used;

	if (log_journal)
		return (size_t)snprintf(line, size, "<%d>", (int)level);
	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &local);
	used = strftime(line, size, "%Y-%m-%d %H:%M:%S", &local);
	return used +
	    (size_t)snprintf(line + used, size - used, ".%03ld %s %s: ", now.tv_nsec / 1000000,
		log_program, log_words[level]);
}

/* False: nobody reads what is there already. A line fits into a pipe as a whole or not at all
 * (PIPE_BUF, pipe(7)). */
static bool
log_put(const char *line, size_t length)
{
	struct pollfd out = { .fd = STDERR_FILENO, .events = POLLOUT };
	ssize_t gone = send(STDERR_FILENO, line, length, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (gone == -1 && errno == ENOTSOCK)
		gone = poll(&out, 1, 0) == 1 ? write(STDERR_FILENO, line, length) : -1;
	return gone != -1 || (errno != EAGAIN && errno != ENOTSOCK);
}

void
log_say_lost(void)
{
	unsigned long lost = atomic_exchange(&log_lost, 0);
	int saved = errno;
	char line[LINE_MAX_BYTES];
	size_t used;

	if (lost == 0)
		return;
	used = log_prefix(line, sizeof line, LOG_LEVEL_WARNING);
	used += (size_t)snprintf(line + used, sizeof line - used,
	    "log: %lu %s lost: nobody read this log\n", lost,
	    lost == 1 ? "line was" : "lines were");
	if (!log_put(line, used))
		atomic_fetch_add(&log_lost, lost);
	errno = saved;
}

/* The report of lost lines comes first, at the place where they are missing. */
static void
log_send(const char *line, size_t length)
{
	log_say_lost();
	if (log_lost > 0 || !log_put(line, length))
		log_lost++;
}

static void log_write(enum log_level level, const char *room, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

static void
log_write(enum log_level level, const char *room, const char *format, va_list args)
{
	char line[LINE_MAX_BYTES + 1];
	int saved = errno;
	size_t start, used;

	if (level > log_most)
		return;
	used = log_prefix(line, sizeof line, level);
	start = used;
	used += (size_t)snprintf(line + used, sizeof line - used, "%s: ", room);
	errno = saved;
	vsnprintf(line + used, sizeof line - used, format, args);
	line[LINE_MAX_BYTES] = '\0';
	text_blank(line + start);
	used = strlen(line);
	line[used++] = '\n';
	log_send(line, used);
	errno = saved;
}

#define LOG_FUNCTION(name, level)                                  \
	void log_##name(const char *room, const char *format, ...) \
	{                                                          \
		va_list args;                                      \
                                                                   \
		va_start(args, format);                            \
		log_write(level, room, format, args);              \
		va_end(args);                                      \
	}

LOG_FUNCTION(error, LOG_LEVEL_ERROR)
LOG_FUNCTION(warning, LOG_LEVEL_WARNING)
LOG_FUNCTION(notice, LOG_LEVEL_NOTICE)
LOG_FUNCTION(info, LOG_LEVEL_INFO)
LOG_FUNCTION(debug, LOG_LEVEL_DEBUG)
