/* SPDX-License-Identifier: ISC */
/* Time stamps of drivers: which ones are believed, and that the others are reported once. */
#include "unit.h"

#include "source/stamp.h"

#define MS UINT64_C(1000000)
#define START (1000000 * MS)

static struct stamps stamps;
static uint64_t now;
static unsigned complaints;
static const char *complaint;

static int
setup(void **state)
{
	(void)state;
	stamps = (struct stamps){ 0 };
	now = START;
	complaints = 0;
	complaint = NULL;
	return 0;
}

/* A picture 33 ms after the last one. */
static uint64_t
take(uint64_t stamp, bool monotonic)
{
	uint64_t empty = now, believed;
	const char *said;

	now += 33 * MS;
	believed = stamp_believe(&stamps, stamp, monotonic, empty, now, &said);
	if (said != NULL) {
		complaints++;
		complaint = said;
	}
	return believed;
}

/* All pictures are dated by their arrival from some on, and that is said once. */
static void
assert_arrival(uint64_t believed, const char *why)
{
	assert_int_equal(believed, now);
	assert_int_equal(complaints, 1);
	assert_string_equal(complaint, why);
}

static void
test_true_ones_are_believed(void **state)
{
	uint64_t believed;

	(void)state;

	for (int i = 0; i < 100; i++) {
		believed = take(now + 10 * MS, true);
		assert_int_equal(believed, now - 23 * MS);
	}
	believed = take(now + 34 * MS, true); /* rounded up */
	assert_int_equal(believed, now);
	assert_int_equal(complaints, 0);
}

static void
test_standing_still(void **state)
{
	(void)state;
	assert_int_equal(take(START, true), START);
	for (int i = 0; i < 5; i++)
		assert_arrival(take(START, true), "stand still");
}

static void
test_always_nought(void **state)
{
	(void)state;
	assert_arrival(take(0, true), "stand still");
}

static void
test_late(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++)
		assert_arrival(take(now - 3000 * MS, true), "are late");
}

static void
test_from_the_future(void **state)
{
	(void)state;
	assert_arrival(take(now + 3000 * MS, true), "are from the future");
}

static void
test_backwards(void **state)
{
	(void)state;
	assert_int_equal(take(START, true), START);
	assert_arrival(take(START - MS, true), "run backwards");
	assert_arrival(take(now, true), "run backwards"); /* once is enough */
}

static void
test_another_clock(void **state)
{
	(void)state;
	assert_arrival(take(now, false), "are on another clock");
}

/* We were late, not the stamp: the picture is as old as it says. */
static void
test_who_was_stopped_sees_old_pictures(void **state)
{
	const char *said;

	(void)state;
	assert_int_equal(
	    stamp_believe(&stamps, START + 33 * MS, true, START, START + 9000 * MS, &said),
	    START + 33 * MS);
	assert_null(said);
}

int
main(void)
{
#define STAMP_TEST(test) cmocka_unit_test_setup(test, setup)
	const struct CMUnitTest tests[] = {
		STAMP_TEST(test_true_ones_are_believed),
		STAMP_TEST(test_standing_still),
		STAMP_TEST(test_always_nought),
		STAMP_TEST(test_late),
		STAMP_TEST(test_from_the_future),
		STAMP_TEST(test_backwards),
		STAMP_TEST(test_another_clock),
		STAMP_TEST(test_who_was_stopped_sees_old_pictures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
