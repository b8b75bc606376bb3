/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cause.h"
#include "base/log.h"

/* What `log_error` with one argument writes to standard error. */
static void
captured(const char *argument, char *line, size_t size)
{
	int ends[2], saved = dup(STDERR_FILENO);
	ssize_t got;

	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	errno = EBUSY;
	log_error("room", "said %s", argument);
	assert_int_equal(errno, EBUSY);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(ends[1]);
	got = read(ends[0], line, size - 1);
	close(ends[0]);
	line[got > 0 ? got : 0] = '\0';
}

static void
test_nobody_forges_a_line(void **state)
{
	char line[2048];

	(void)state;
	setenv("JOURNAL_STREAM", "1:2", 1);
	log_init("test", LOG_LEVEL_INFO);
	captured("a\n<3>b\x1b[31m\r", line, sizeof line);
	assert_string_equal(line, "<3>room: said a?<3>b?[31m?\n");
	unsetenv("JOURNAL_STREAM");
	log_init("test", LOG_LEVEL_INFO);
	captured("x", line, sizeof line);
	assert_non_null(strstr(line, " test error: room: said x\n"));
}

static void
test_long_lines_are_cut_once(void **state)
{
	static char argument[5000];
	char line[8192];

	(void)state;
	log_init("test", LOG_LEVEL_INFO);
	memset(argument, 'x', sizeof argument - 1);
	captured(argument, line, sizeof line);
	assert_int_equal(strlen(line), 1025);
	assert_int_equal(line[1024], '\n');
}

static ssize_t
recv_now(int fd, void *bytes, size_t length)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };

	return poll(&ready, 1, 0) == 1 ? read(fd, bytes, length) : 0;
}

/* A pipe that is full and a socket that nobody reads: nothing waits, and the loss is told. */
static void
check_nobody_reads(int out, int in)
{
	static char text[1 << 21];
	int saved = dup(STDERR_FILENO), shared;
	size_t got = 0;
	ssize_t more;
	char *said;

	dup2(out, STDERR_FILENO);
	close(out);
	shared = dup(STDERR_FILENO);
	log_never_wait();
	alarm(20);
	for (int i = 0; i < 5000; i++)
		log_error("room", "%d %0200d", i, 0);
	alarm(0);
	/* Others who hold the same end still wait as they did. */
	assert_false(fcntl(shared, F_GETFL) & O_NONBLOCK);
	close(shared);
	while (
	    got < sizeof text - 1 && (more = recv_now(in, text + got, sizeof text - 1 - got)) > 0)
		got += (size_t)more;
	log_say_lost();
	log_error("room", "after");
	dup2(saved, STDERR_FILENO);
	close(saved);
	while ((more = recv_now(in, text + got, sizeof text - 1 - got)) > 0)
		got += (size_t)more;
	close(in);
	text[got] = '\0';
	assert_non_null(strstr(text, "room: 0 000"));
	said = strstr(text, " lines were lost: nobody read this log\n");
	assert_non_null(said);
	assert_non_null(strstr(said, "room: after\n"));
	assert_null(strstr(text, "room: 4999 "));
}

static void
test_nobody_reads(void **state)
{
	int ends[2];

	(void)state;
	log_init("test", LOG_LEVEL_INFO);
	assert_int_equal(pipe(ends), 0);
	check_nobody_reads(ends[1], ends[0]);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	check_nobody_reads(ends[1], ends[0]);
}

static void
test_levels(void **state)
{
	char line[64];

	(void)state;
	log_init("test", LOG_LEVEL_ERROR);
	assert_int_equal(log_level_parse("debug"), LOG_LEVEL_DEBUG);
	assert_int_equal(log_level_parse("loud"), -1);
	log_set_level(LOG_LEVEL_ERROR - 1);
	captured("x", line, sizeof line);
	assert_string_equal(line, "");
}

static void
test_cause_has_errno_and_no_control_bytes(void **state)
{
	struct cause why;

	(void)state;
	errno = ENOENT;
	assert_int_equal(cause_errno(&why, "a\nb"), -1);
	assert_string_equal(why.text, "a?b: No such file or directory");
	assert_int_equal(errno, ENOENT);
	assert_int_equal(cause_set(NULL, "x"), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nobody_forges_a_line),
		cmocka_unit_test(test_long_lines_are_cut_once),
		cmocka_unit_test(test_nobody_reads),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_cause_has_errno_and_no_control_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
