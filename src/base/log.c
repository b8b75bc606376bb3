/* SPDX-License-Identifier: ISC */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 1024 };

static const char *log_program = "oriel";
static enum log_level log_most = LOG_LEVEL_INFO;
static int log_journal;

static const char *const log_words[] = {
	[LOG_LEVEL_ERROR] = "error", [LOG_LEVEL_WARNING] = "warning",
	[LOG_LEVEL_NOTICE] = "notice", [LOG_LEVEL_INFO] = "info", [LOG_LEVEL_DEBUG] = "debug",
};

void
log_init(const char *program, enum log_level most)
{
	log_program = program;
	log_most = most;
	log_journal = getenv("JOURNAL_STREAM") != NULL;
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
	return used + (size_t)snprintf(line + used, size - used, ".%03ld %s %s: ",
	    now.tv_nsec / 1000000, log_program, log_words[level]);
}

__attribute__((format(printf, 3, 0)))
static void
log_write(enum log_level level, const char *room, const char *format, va_list args)
{
	char line[LINE_MAX_BYTES + 1];
	int saved = errno;
	size_t start, used;
	ssize_t ignored;

	if (level > log_most)
		return;
	used = log_prefix(line, sizeof line, level);
	start = used;
	used += (size_t)snprintf(line + used, sizeof line - used, "%s: ", room);
	errno = saved;
	vsnprintf(line + used, sizeof line - used, format, args);
	used = strnlen(line, LINE_MAX_BYTES);
	for (char *c = line + start; c < line + used; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	line[used++] = '\n';
	ignored = write(STDERR_FILENO, line, used);
	(void)ignored;
	errno = saved;
}

#define LOG_FUNCTION(name, level)				\
void								\
log_##name(const char *room, const char *format, ...)		\
{								\
	va_list args;						\
								\
	va_start(args, format);					\
	log_write(level, room, format, args);			\
	va_end(args);						\
}

LOG_FUNCTION(error, LOG_LEVEL_ERROR)
LOG_FUNCTION(warning, LOG_LEVEL_WARNING)
LOG_FUNCTION(notice, LOG_LEVEL_NOTICE)
LOG_FUNCTION(info, LOG_LEVEL_INFO)
LOG_FUNCTION(debug, LOG_LEVEL_DEBUG)
