/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lines/lines.h"
#include "protocol/limits.h"

static struct lines *here, *there;

static int
setup(void **state)
{
	int pair[2];

	(void)state;
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
	here = lines_new(true);
	there = lines_new(true);
	assert_int_equal(lines_fd(here), -1);
	lines_open(here, pair[0]);
	lines_open(there, pair[1]);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	lines_free(&here);
	lines_free(&there);
	lines_free(&there);
	return 0;
}

static void
put(const char *tag, const char *line)
{
	assert_int_equal(lines_put(there, tag, line, strlen(line)), 0);
}

static void
assert_next(const char *wanted)
{
	size_t length;
	char *line = lines_next(here, &length);

	assert_non_null(line);
	assert_int_equal(length, strlen(wanted));
	assert_memory_equal(line, wanted, length);
}

static void
assert_no_next(void)
{
	size_t length;

	assert_null(lines_next(here, &length));
}

static void
test_lines_in_pieces(void **state)
{
	int fd = lines_fd(there);

	(void)state;
	assert_int_equal(lines_read(here), -1);
	assert_int_equal(errno, EAGAIN);
	put("#1 ", "{}");
	put("", "");
	put("", "last");
	assert_int_equal(lines_unsent(there), 6 + 1 + 5);
	assert_int_equal(lines_write(there), 0);
	assert_int_equal(write(fd, "ha", 2), 2);
	assert_int_equal(lines_read(here), 14);
	assert_next("#1 {}");
	assert_next("");
	assert_next("last");
	assert_no_next();
	assert_int_equal(write(fd, "lf\n", 3), 3);
	assert_int_equal(lines_read(here), 3);
	assert_next("half");
	lines_close(there);
	assert_int_equal(lines_read(here), 0);
}

static void
test_the_longest_line(void **state)
{
	static char longest[LINE_MAX_SIZE];
	int fd = lines_fd(there);

	(void)state;
	memset(longest, 'x', sizeof longest);
	longest[LINE_MAX_SIZE - 1] = '\0';
	put("", longest);
	assert_int_equal(lines_write(there), 0);
	while (!lines_is_full(here))
		assert_true(lines_read(here) > 0);
	assert_next(longest);
	assert_false(lines_is_full(here));
	longest[LINE_MAX_SIZE - 1] = 'x';
	assert_int_equal(write(fd, longest, sizeof longest), sizeof longest);
	while (!lines_is_full(here))
		assert_true(lines_read(here) > 0);
	assert_no_next();
}

/* One end of a pipe each time, which has `number` in it. */
static void
put_number(unsigned number)
{
	int fds[LINES_FDS] = { -1, -1, -1 };

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(write(fds[1], &number, sizeof number), sizeof number);
	assert_int_equal(lines_put_fds(there, fds), 0);
}

static void
assert_number(unsigned wanted)
{
	unsigned number = 0;
	int fds[LINES_FDS];

	lines_take_fds(here, fds);
	assert_int_equal(read(fds[0], &number, sizeof number), sizeof number);
	assert_int_equal(number, wanted);
	assert_true(fcntl(fds[1], F_GETFD) & FD_CLOEXEC);
	close(fds[0]);
	close(fds[1]);
	lines_take_fds(here, fds);
	assert_int_equal(fds[0], -1);
	assert_int_equal(fds[1], -1);
}

/* However full the socket is, descriptors come with the line that they belong to. */
static void
test_descriptors_with_their_line(void **state)
{
	static char filler[5000];
	unsigned numbers = 0, lines = 0, put_lines = 60;
	size_t length;
	char *line;

	(void)state;
	memset(filler, 'x', sizeof filler - 1);
	for (unsigned i = 0; i < put_lines; i++) {
		char tag[24];

		snprintf(tag, sizeof tag, "#%u ", i);
		if (i % 3 == 0)
			put_number(i);
		put(tag, filler);
	}
	assert_int_equal(lines_write(there), 1); /* it is more than the socket takes */
	assert_true(lines_unsent(there) > 0);
	while (lines < put_lines) {
		while ((line = lines_next(here, &length)) != NULL) {
			unsigned number = (unsigned)strtoul(line + 1, NULL, 10);

			assert_int_equal(number, lines++);
			if (number % 3 == 0) {
				assert_number(number);
				numbers++;
			}
		}
		if (lines < put_lines && lines_read(here) == -1)
			assert_true(lines_write(there) >= 0);
	}
	assert_int_equal(numbers, 20);
	assert_int_equal(lines_unsent(there), 0);
}

static void
test_descriptors_nobody_wants(void **state)
{
	int fds[LINES_FDS], probe = dup(0), after;

	(void)state;
	close(probe);
	put_number(1);
	put("", "first");
	put_number(2); /* never written */
	put("", "second");
	lines_drop_unsent(there);
	put("", "third");
	assert_int_equal(lines_write(there), 0);
	assert_int_equal(lines_read(here), 6);
	lines_take_fds(here, fds);
	assert_int_equal(fds[0], -1);
	after = dup(0);
	assert_int_equal(after, probe);
	close(after);
}

static void
test_closed_and_opened_again(void **state)
{
	int pair[2];

	(void)state;
	lines_close(here);
	put("", "nobody");
	assert_int_equal(lines_write(there), -1);
	assert_int_equal(errno, EPIPE);
	lines_close(there);
	assert_int_equal(lines_unsent(there), 0);
	put("", "early");
	socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair);
	lines_open(here, pair[0]);
	lines_open(there, pair[1]);
	assert_int_equal(lines_write(there), 0);
	assert_int_equal(lines_read(here), 6);
	assert_next("early");
}

int
main(void)
{
#define LINES_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		LINES_TEST(test_lines_in_pieces),
		LINES_TEST(test_the_longest_line),
		LINES_TEST(test_descriptors_with_their_line),
		LINES_TEST(test_descriptors_nobody_wants),
		LINES_TEST(test_closed_and_opened_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
