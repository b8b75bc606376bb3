/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "record/supervisor.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "clip/encoder.h"
#include "confine/confine.h"
#include "lines/lines.h"

enum {
	IOPRIO_WHO_PROCESS = 1, /* ioprio_set(2), which glibc has no name for */
	IOPRIO_IDLE = 3 << 13,
	ENCODER_MEMORY = 1536 << 20, /* a 4K movie and all libraries under libav */
	ENCODER_CPU_S = 3600,
	ANSWER_SIZE = 4096
};

/* ---- the child that encodes ------------------------------------------ */

static json_t *
encode(const int fds[LINES_FDS])
{
	const struct encoder_setup setup = { .journal = fds[0], .movie = fds[1], .poster = fds[2] };
	struct encoder_result result;
	struct cause why;
	json_t *answer;

	if (encoder_run(&setup, &result, &why) == -1)
		answer = json_pack("{s:b, s:o, s:b}", "ok", 0, "reason", json_words(why.text),
		    "empty", result.empty);
	else
		answer = json_pack("{s:b, s:I, s:I, s:i, s:i, s:b, s:O*}", "ok", 1, "ms",
		    (json_int_t)result.ms, "before_ms", (json_int_t)result.before_ms, "frames",
		    (int)result.frames, "broken", (int)result.broken, "cut", result.cut, "head",
		    result.head);
	json_decref(result.head);
	return answer;
}

static void
child_run(const int fds[LINES_FDS], int answer_to, bool confined)
{
	struct rlimit cpu = { ENCODER_CPU_S, ENCODER_CPU_S };
	json_t *answer;
	char *line;

#ifndef ORIEL_SANITIZED
	struct rlimit memory = { ENCODER_MEMORY, ENCODER_MEMORY };

	setrlimit(RLIMIT_AS, &memory);
#endif
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setrlimit(RLIMIT_CPU, &cpu);
	if (confined)
		confine(CONFINE_STORE, NULL, 0);
	answer = encode(fds);
	line = json_line(answer);
	_exit(line != NULL && write(answer_to, line, strlen(line)) == (ssize_t)strlen(line)
		? EXIT_SUCCESS
		: EXIT_FAILURE);
}

/* ---- the supervisor ------------------------------------------------------ */

static void
supervisor_ended(int status, char answer[ANSWER_SIZE])
{
	snprintf(answer, ANSWER_SIZE,
	    "{\"ok\":false,\"empty\":false,\"reason\":\"the encoder ended with %s %d\"}",
	    WIFSIGNALED(status) ? "signal" : "status",
	    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

/* What the child says, until it ends. */
static void
supervisor_listen(int from, pid_t child, char answer[ANSWER_SIZE])
{
	size_t used = 0;
	ssize_t got;
	int status = 0;

	while (used < ANSWER_SIZE - 1 &&
	    ((got = read(from, answer + used, ANSWER_SIZE - 1 - used)) > 0 || errno == EINTR)) {
		if (got == 0)
			break;
		used += got > 0 ? (size_t)got : 0;
	}
	answer[used] = '\0';
	while (waitpid(child, &status, 0) == -1 && errno == EINTR)
		;
	if (status != 0 || used == 0)
		supervisor_ended(status, answer);
}

static void
supervisor_encode(struct lines *lines, bool confined, char answer[ANSWER_SIZE])
{
	int fds[LINES_FDS], ends[2] = { -1, -1 };
	pid_t child = -1;

	lines_take_fds(lines, fds);
	if (pipe(ends) == 0)
		child = fork();
	if (child == 0)
		child_run(fds, ends[1], confined);
	for (int i = 0; i < LINES_FDS; i++)
		if (fds[i] != -1)
			close(fds[i]);
	if (ends[1] != -1)
		close(ends[1]);
	if (child == -1)
		snprintf(answer, ANSWER_SIZE,
		    "{\"ok\":false,\"empty\":false,\"reason\":\"no process for the encoder\"}");
	else
		supervisor_listen(ends[0], child, answer);
	if (ends[0] != -1)
		close(ends[0]);
}

static void
supervisor_wait(const struct lines *lines, short what)
{
	struct pollfd wait = { .fd = lines_fd(lines), .events = what };

	poll(&wait, 1, -1);
}

static void
supervisor_answer(struct lines *lines, bool confined)
{
	char answer[ANSWER_SIZE];

	supervisor_encode(lines, confined, answer);
	lines_put(lines, "", answer, strlen(answer));
	while (lines_write(lines) == 1)
		supervisor_wait(lines, POLLOUT);
}

/* Until the other end has been closed. */
static void
supervisor_run(struct lines *lines, bool confined)
{
	size_t length;
	ssize_t got;

	while ((got = lines_read(lines)) != 0) {
		if (got == -1 && errno == EAGAIN)
			supervisor_wait(lines, POLLIN);
		else if (got == -1 && errno != EINTR)
			return;
		while (got > 0 && lines_next(lines, &length) != NULL)
			supervisor_answer(lines, confined);
	}
}

/* All other work goes first, on the processors and on the disk. */
static void
supervisor_stand_back(void)
{
	static const struct sched_param none;

	if (sched_setscheduler(0, SCHED_IDLE, &none) == -1)
		log_notice("supervisor", "not at idle priority: %m");
	if (syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_IDLE) == -1)
		log_notice("supervisor", "not at the disk's idle priority: %m");
}

static void
supervisor_main(int fd, pid_t parent, bool confined)
{
	struct lines *lines = lines_new(true);

	prctl(PR_SET_NAME, "oriel-encode");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGINT, SIG_IGN); /* from a terminal: the parent ends us */
	if (lines == NULL || getppid() != parent)
		_exit(EXIT_FAILURE);
	supervisor_stand_back();
	if (confined)
		confine(CONFINE_PROCESSES | CONFINE_STORE, &(struct confine_path){ "", 0 }, 0);
	lines_open(lines, fd);
	supervisor_run(lines, confined);
	lines_free(&lines);
	_exit(EXIT_SUCCESS);
}

int
supervisor_start(bool confined, struct cause *why)
{
	pid_t parent = getpid(), child;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == -1)
		return cause_errno(why, "socketpair");
	child = fork();
	if (child == -1)
		cause_errno(why, "fork");
	if (child == 0) {
		close(ends[0]);
		supervisor_main(ends[1], parent, confined);
	}
	close(ends[1]);
	if (child != -1)
		return ends[0];
	close(ends[0]);
	return -1;
}
