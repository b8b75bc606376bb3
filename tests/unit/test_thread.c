/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <string.h>
#include <sys/prctl.h>

#include "base/thread.h"

/* What a thread saw of itself. */
struct seen {
	char name[16];
	sigset_t blocked;
	int runs;
};

static void
look_at_itself(void *arg)
{
	struct seen *seen = arg;

	prctl(PR_GET_NAME, seen->name);
	pthread_sigmask(SIG_BLOCK, NULL, &seen->blocked);
	seen->runs++;
}

static void
test_has_a_name_and_takes_no_signals(void **state)
{
	struct thread thread = { 0 };
	struct seen seen = { 0 };
	sigset_t before, after;

	(void)state;
	pthread_sigmask(SIG_BLOCK, NULL, &before);
	assert_int_equal(thread_start(&thread, "fifteen-letters", look_at_itself, &seen), 0);
	thread_join(&thread);
	assert_int_equal(seen.runs, 1);
	assert_string_equal(seen.name, "fifteen-letters");
	for (int number = 1; number < 32; number++)
		if (number != SIGKILL && number != SIGSTOP)
			assert_int_equal(sigismember(&seen.blocked, number), 1);
	pthread_sigmask(SIG_BLOCK, NULL, &after);
	assert_int_equal(sigismember(&after, SIGTERM), sigismember(&before, SIGTERM));
}

static void
test_join_from_any_state(void **state)
{
	struct thread thread = { 0 };
	struct seen seen = { 0 };

	(void)state;
	thread_join(&thread);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(thread_start(&thread, "again", look_at_itself, &seen), 0);
		thread_join(&thread);
		thread_join(&thread);
	}
	assert_int_equal(seen.runs, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_has_a_name_and_takes_no_signals),
		cmocka_unit_test(test_join_from_any_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
