/* SPDX-License-Identifier: ISC */
/* How long a camera may be silent: rows of arrivals, and how often each would have been called
 * stale. */
#include "unit.h"

#include "base/clock.h"
#include "base/frame.h"
#include "capture/staleness.h"

static struct staleness staleness;
static uint64_t now;

static int
setup(void **state)
{
	(void)state;
	staleness = (struct staleness){ 0 };
	now = 1000 * CLOCK_S;
	return 0;
}

/* `count` pictures, each `ms` after the last: how many came too late. */
static unsigned
arrive(unsigned count, uint64_t ms)
{
	unsigned late = 0;

	for (unsigned i = 0; i < count; i++) {
		now += ms * CLOCK_MS;
		late += now > staleness.since_ns + staleness_limit_ns(&staleness);
		staleness_arrive(&staleness, now);
	}
	return late;
}

static void
test_before_anything_is_known(void **state)
{
	(void)state;
	staleness_open(&staleness, 0, false, now);
	assert_int_equal(staleness_limit_ns(&staleness), 7 * CLOCK_S);
	staleness_open(&staleness, CLOCK_S / 30, true, now);
	assert_in_range(staleness_limit_ns(&staleness), 1099 * CLOCK_MS, 1100 * CLOCK_MS);
	staleness_open(&staleness, 5 * CLOCK_S, true, now);
	assert_int_equal(staleness_limit_ns(&staleness), 16 * CLOCK_S);
	staleness_open(&staleness, UINT64_MAX / 2, true, now);
	assert_int_equal(staleness_limit_ns(&staleness), 181 * CLOCK_S);
}

static void
test_fast_and_frozen_is_noticed_soon(void **state)
{
	(void)state;
	staleness_open(&staleness, CLOCK_S / 30, true, now);
	assert_int_equal(arrive(300, 33), 0);
	assert_in_range(staleness_limit_ns(&staleness), CLOCK_S, 1100 * CLOCK_MS);
}

static void
test_waking_up_is_no_pace(void **state)
{
	(void)state;
	staleness_open(&staleness, CLOCK_S / 30, true, now);
	assert_int_equal(arrive(1, 900), 0);
	assert_in_range(staleness_limit_ns(&staleness), CLOCK_S, 1100 * CLOCK_MS);
}

static void
test_slow_and_true(void **state)
{
	(void)state;
	staleness_open(&staleness, 5 * CLOCK_S, true, now);
	assert_int_equal(arrive(50, 5000), 0);
	assert_int_equal(arrive(1, 10000), 0); /* one was lost */
}

static void
test_slow_and_true_but_for_a_burst_at_first(void **state)
{
	(void)state;
	staleness_open(&staleness, 5 * CLOCK_S, true, now);
	assert_int_equal(arrive(4, 10), 0);
	assert_int_equal(arrive(50, 5000), 0);
}

static void
test_says_30_and_delivers_one_in_two_seconds(void **state)
{
	(void)state;
	staleness_open(&staleness, CLOCK_S / 30, true, now);
	now += 2 * CLOCK_S;
	staleness_arrive(&staleness, now);
	assert_int_equal(arrive(50, 2000), 0);
}

static void
test_slows_down_and_is_late_once(void **state)
{
	(void)state;
	staleness_open(&staleness, 0, false, now);
	assert_int_equal(arrive(100, 100), 0);
	assert_int_equal(arrive(14, 5000), 1);
	assert_int_equal(arrive(200, 100), 0); /* fast again, and frozen soon noticed again */
	assert_true(staleness_limit_ns(&staleness) < 9 * CLOCK_S);
	arrive(3000, 100);
	assert_true(staleness_limit_ns(&staleness) < 1500 * CLOCK_MS);
}

static void
test_irregular_does_not_flap(void **state)
{
	unsigned late = 0;

	(void)state;
	staleness_open(&staleness, CLOCK_S / 10, true, now);
	for (int i = 0; i < 50; i++)
		late += arrive(19, 100) + arrive(1, 2000 + 10 * (i * 37 % 100));
	assert_in_range(late, 0, 2);
}

static void
test_a_pause_is_no_pace(void **state)
{
	(void)state;
	staleness_open(&staleness, 0, false, now);
	arrive(100, 100);
	assert_int_equal(arrive(1, 3600 * 1000), 1);
	assert_true(staleness_limit_ns(&staleness) < 10 * CLOCK_S);
	arrive(3000, 100);
	assert_true(staleness_limit_ns(&staleness) < 1500 * CLOCK_MS);
}

static void
test_waiting_for_a_writer_teaches_nothing(void **state)
{
	(void)state;
	staleness_open(&staleness, 0, false, now);
	arrive(1, 3600 * 1000);
	assert_int_equal(staleness_limit_ns(&staleness), 7 * CLOCK_S);
}

static void
test_opened_anew_it_is_known(void **state)
{
	(void)state;
	staleness_open(&staleness, CLOCK_S / 30, true, now);
	arrive(20, 4000);
	staleness_open(&staleness, CLOCK_S / 30, true, now);
	assert_true(staleness_limit_ns(&staleness) > 12 * CLOCK_S);
	staleness_forget(&staleness);
	staleness_open(&staleness, CLOCK_S / 30, true, now);
	assert_true(staleness_limit_ns(&staleness) < 2 * CLOCK_S);
}

static void
test_the_frame_says_it_to_everybody(void **state)
{
	struct frame_info frame = { .mono_ns = 5 * CLOCK_S, .stale_ms = 1500 };

	(void)state;
	assert_false(frame_is_stale(&frame, 4 * CLOCK_S));
	assert_int_equal(frame_age_ns(&frame, 4 * CLOCK_S), 0);
	assert_false(frame_is_stale(&frame, 6500 * CLOCK_MS));
	assert_true(frame_is_stale(&frame, 6501 * CLOCK_MS));
	frame.stale_ms = 0; /* an older orield */
	assert_false(frame_is_stale(&frame, 9 * CLOCK_S));
	assert_true(frame_is_stale(&frame, 9001 * CLOCK_MS));
}

int
main(void)
{
#define STALENESS_TEST(test) cmocka_unit_test_setup(test, setup)
	const struct CMUnitTest tests[] = {
		STALENESS_TEST(test_before_anything_is_known),
		STALENESS_TEST(test_fast_and_frozen_is_noticed_soon),
		STALENESS_TEST(test_waking_up_is_no_pace),
		STALENESS_TEST(test_slow_and_true),
		STALENESS_TEST(test_slow_and_true_but_for_a_burst_at_first),
		STALENESS_TEST(test_says_30_and_delivers_one_in_two_seconds),
		STALENESS_TEST(test_slows_down_and_is_late_once),
		STALENESS_TEST(test_irregular_does_not_flap),
		STALENESS_TEST(test_a_pause_is_no_pace),
		STALENESS_TEST(test_waiting_for_a_writer_teaches_nothing),
		STALENESS_TEST(test_opened_anew_it_is_known),
		STALENESS_TEST(test_the_frame_says_it_to_everybody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
