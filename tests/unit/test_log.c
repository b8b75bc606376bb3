/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_cause_has_errno_and_no_control_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
