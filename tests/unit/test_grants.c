/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "grants/grant_watch.h"
#include "scratch.h"

#define A "0123456789abcdef0123456789abcdef"
#define B "0123456789abcdef0123456789abcde0" /* the same bucket */
#define C "fff3456789abcdef0123456789abcdef"

static struct grants grants;
static struct grant_watch *holds;
static struct cause why;

static int
setup(void **state)
{
	(void)state;
	scratch_make();
	assert_int_equal(grants_init(&grants, scratch_path("."), &why), 0);
	holds = grant_watch_new(scratch_path("."), &why);
	return holds == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	grant_watch_free(&holds);
	scratch_remove();
	return 0;
}

static void
publish(const char *id)
{
	assert_int_equal(grants_make_folder(&grants, &why), 0);
	assert_int_equal(grants_publish(&grants, id, &why), 0);
}

static void
withdraw(const char *id)
{
	assert_int_equal(grants_withdraw(&grants, id, &why), 0);
}

/* All that the kernel has to say by now. */
static void
dispatch(void)
{
	struct pollfd ready = { .fd = grant_watch_fd(holds), .events = POLLIN };

	while (poll(&ready, 1, 0) == 1)
		grant_watch_dispatch(holds);
}

struct owner {
	struct grant_hold hold;
	int ended;
};

static void
owner_ended(void *arg)
{
	struct owner *owner = arg;

	owner->ended++;
}

static bool
begin(struct owner *owner, const char *id)
{
	*owner = (struct owner){ .ended = 0 };
	return grant_hold_begin(&owner->hold, holds, id, owner_ended, owner);
}

/* ---- files ----------------------------------------------------------- */

static void
test_ids(void **state)
{
	static const char *const bad[] = { "", ".", "..", ".settled", A "0",
		"0123456789abcdef0123456789abcde", "0123456789ABCDEF0123456789ABCDEF",
		"../456789abcdef0123456789abcdef1", "g123456789abcdef0123456789abcdef" };

	(void)state;
	assert_int_equal(grants_make_folder(&grants, &why), 0);
	assert_true(grant_id_valid(A));
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_false(grant_id_valid(bad[i]));
		assert_false(grants_have(&grants, bad[i]));
		assert_int_equal(grants_publish(&grants, bad[i], &why), -1);
		assert_int_equal(grants_withdraw(&grants, bad[i], &why), -1);
	}
	assert_int_equal(scratch_count(".grants"), 0);
}

static void
test_a_grant_comes_and_goes(void **state)
{
	struct stat st;

	(void)state;
	assert_false(grants_have(&grants, A));
	assert_int_equal(grants_publish(&grants, A, &why), -1);
	umask(0077);
	publish(A);
	umask(0022);
	assert_int_equal(stat(grants.path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0750);
	publish(A);
	assert_true(grants_have(&grants, A));
	assert_false(grants_have(&grants, B));
	withdraw(A);
	withdraw(A);
	assert_false(grants_have(&grants, A));
	assert_false(grants_are_settled(&grants));
	assert_int_equal(grants_mark_settled(&grants, &why), 0);
	assert_true(grants_are_settled(&grants));
}

static void
count_one(void *arg, const char *id)
{
	++*(int *)arg;
	withdraw(id);
}

static void
test_each(void **state)
{
	int count = 0;

	(void)state;
	publish(A), publish(B), publish(C);
	assert_int_equal(grants_mark_settled(&grants, &why), 0);
	assert_int_equal(grants_each(&grants, count_one, &count, &why), 0);
	assert_int_equal(count, 3);
	assert_false(grants_have(&grants, B));
	assert_true(grants_are_settled(&grants));
}

static void
test_a_long_path(void **state)
{
	struct grants other;
	char path[2000];

	(void)state;
	memset(path, 'x', sizeof path);
	path[sizeof path - 1] = '\0';
	assert_int_equal(grants_init(&other, path, &why), -1);
	assert_null(grant_watch_new(path, &why));
}

/* ---- holds ----------------------------------------------------------- */

static void
test_an_end_reaches_its_holds_only(void **state)
{
	struct owner a1, a2, b, c;

	(void)state;
	publish(A), publish(B), publish(C);
	assert_true(begin(&a1, A) && begin(&a2, A) && begin(&b, B) && begin(&c, C));
	assert_int_equal(grant_watch_count(holds), 4);
	withdraw(A);
	dispatch();
	assert_true(a1.ended == 1 && a2.ended == 1 && b.ended == 0 && c.ended == 0);
	assert_int_equal(grant_watch_count(holds), 2);
	grant_hold_end(&b.hold);
	grant_hold_end(&b.hold);
	grant_hold_end(&a1.hold);
	withdraw(B), withdraw(C);
	dispatch();
	assert_true(b.ended == 0 && c.ended == 1);
	assert_int_equal(grant_watch_count(holds), 0);
}

static void
test_a_grant_that_is_not_good_holds_nothing(void **state)
{
	struct owner owner;

	(void)state;
	assert_false(begin(&owner, A)); /* no folder yet */
	publish(B);
	assert_false(begin(&owner, A));
	assert_false(begin(&owner, ""));
	assert_false(begin(&owner, "../x"));
	grant_hold_end(&owner.hold);
	assert_int_equal(grant_watch_count(holds), 0);
}

/* The folder is made after its watcher, and again after it was lost. */
static void
test_the_folder_comes_later(void **state)
{
	struct owner owner, other;

	(void)state;
	publish(A);
	assert_true(begin(&owner, A));
	withdraw(A);
	assert_int_equal(rmdir(grants.path), 0);
	publish(A); /* in another folder of that name */
	assert_true(begin(&other, A));
	dispatch();
	assert_int_equal(owner.ended, 1);
	grant_hold_end(&other.hold);
	assert_true(begin(&other, A));
	withdraw(A);
	dispatch();
	assert_int_equal(other.ended, 1);
}

static void
test_a_folder_moved_away_ends_all(void **state)
{
	struct owner a, b;

	(void)state;
	publish(A), publish(B);
	assert_true(begin(&a, A) && begin(&b, B));
	assert_int_equal(rename(grants.path, scratch_path("elsewhere")), 0);
	publish(B);
	dispatch();
	assert_true(a.ended == 1 && b.ended == 0);
	withdraw(B);
	dispatch();
	assert_int_equal(b.ended, 1);
}

static void
test_more_ends_than_the_kernel_remembers(void **state)
{
	struct owner a, b;
	char id[GRANT_SIZE];
	FILE *file = fopen("/proc/sys/fs/inotify/max_queued_events", "r");
	int most = 0;

	(void)state;
	assert_true(file != NULL && fscanf(file, "%d", &most) == 1);
	fclose(file);
	publish(A), publish(B);
	assert_true(begin(&a, A) && begin(&b, B));
	for (int i = 0; i <= most / 2; i++) {
		snprintf(id, sizeof id, "%032x", i);
		publish(id), withdraw(id);
	}
	withdraw(A);
	dispatch();
	assert_true(a.ended == 1 && b.ended == 0);
}

/* A connection, which is freed when it ends, and takes its neighbour along. */
struct pair {
	struct grant_hold hold;
	struct pair *other;
};

static int pairs;

static void
pair_free(struct pair *pair)
{
	grant_hold_end(&pair->hold);
	memset(pair, 0xa5, sizeof *pair);
	free(pair);
	pairs--;
}

static void
pair_ended(void *arg)
{
	struct pair *pair = arg;

	assert_false(grant_hold_begin(&pair->hold, holds, A, pair_ended, pair));
	pair_free(pair->other);
	pair_free(pair);
}

static void
test_ended_may_change_all(void **state)
{
	(void)state;
	for (int round = 0; round < 2; round++) {
		struct pair *many[20];

		publish(A);
		for (pairs = 0; pairs < 20; pairs++)
			assert_non_null(many[pairs] = malloc(sizeof **many));
		for (int i = 0; i < 20; i++) {
			many[i]->other = many[19 - i];
			assert_true(
			    grant_hold_begin(&many[i]->hold, holds, A, pair_ended, many[i]));
		}
		withdraw(A);
		if (round == 1)
			assert_int_equal(rmdir(grants.path), 0);
		dispatch();
		assert_int_equal(pairs, 0);
		assert_int_equal(grant_watch_count(holds), 0);
	}
}

static void
appeared(void *arg)
{
	++*(int *)arg;
}

static void
test_what_appears_is_told(void **state)
{
	int count = 0;

	(void)state;
	publish(A);
	grant_watch_free(&holds);
	holds = grant_watch_new(scratch_path("."), &why);
	grant_watch_on_new(holds, appeared, &count);
	assert_int_equal(grants_mark_settled(&grants, &why), 0);
	publish(B);
	withdraw(A);
	dispatch();
	assert_int_equal(count, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_ids),
		TEST(test_a_grant_comes_and_goes),
		TEST(test_each),
		TEST(test_a_long_path),
		TEST(test_an_end_reaches_its_holds_only),
		TEST(test_a_grant_that_is_not_good_holds_nothing),
		TEST(test_the_folder_comes_later),
		TEST(test_a_folder_moved_away_ends_all),
		TEST(test_more_ends_than_the_kernel_remembers),
		TEST(test_ended_may_change_all),
		TEST(test_what_appears_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
