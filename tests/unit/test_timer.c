/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <stdbool.h>

#include "loop/timer.h"

static struct event_base *base;
static unsigned times;

static void
on_timer(evutil_socket_t unused, short what, void *arg)
{
	(void)unused, (void)what, (void)arg;
	times++;
}

static int
setup(void **state)
{
	struct event_config *config = event_config_new();

	(void)state;
	times = 0;
	event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER); /* else 4 ms too soon */
	base = event_base_new_with_config(config);
	event_config_free(config);
	return base != NULL ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	event_base_free(base);
	return 0;
}

/* What libevent was told, by what is left of it. */
static uint64_t
left_us(const struct event *event)
{
	struct timeval due, now;

	assert_true(event_pending(event, EV_TIMEOUT, &due));
	evutil_gettimeofday(&now, NULL);
	evutil_timersub(&due, &now, &due);
	return (uint64_t)due.tv_sec * 1000000 + (uint64_t)due.tv_usec;
}

static void
test_seconds_and_less(void **state)
{
	static const uint64_t spans[] = { 0, 20 * CLOCK_MS, CLOCK_S - 1, CLOCK_S, 90 * CLOCK_S + 1,
		86400 * CLOCK_S };
	struct event *timer = evtimer_new(base, on_timer, NULL);

	(void)state;
	for (unsigned i = 0; i < sizeof spans / sizeof spans[0]; i++) {
		uint64_t us = (spans[i] + 999) / 1000, left;

		assert_int_equal(timer_start(timer, spans[i]), 0);
		left = left_us(timer);
		if (spans[i] > 0)
			assert_in_range(left, us > 15000 ? us - 15000 : 0, us + 15000);
	}
	event_free(timer);
}

static void
test_at_a_time(void **state)
{
	struct event *timer = evtimer_new(base, on_timer, NULL);

	(void)state;
	assert_int_equal(timer_start_at(timer, clock_mono_ns() + 3 * CLOCK_S), 0);
	assert_in_range(left_us(timer), 2980000, 3020000);
	assert_int_equal(timer_start_at(timer, clock_mono_ns() - CLOCK_S), 0); /* it has been */
	event_base_loop(base, EVLOOP_ONCE);
	assert_int_equal(times, 1);
	event_free(timer);
}

static void
test_again_and_again_until_the_loop_ends(void **state)
{
	struct event *timer = event_new(base, -1, EV_PERSIST, on_timer, NULL);
	uint64_t begun = clock_mono_ns();

	(void)state;
	assert_int_equal(timer_start(timer, CLOCK_MS), 0);
	timer_end_loop(base, 50 * CLOCK_MS);
	event_base_dispatch(base);
	assert_in_range((clock_mono_ns() - begun) / CLOCK_MS, 49, 5000);
	assert_in_range(times, 2, 60);
	event_free(timer);
}

static void
test_one_that_could_not_be_made(void **state)
{
	(void)state;
	assert_int_equal(timer_start(NULL, CLOCK_S), -1);
}

int
main(void)
{
#define TIMER_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		TIMER_TEST(test_seconds_and_less),
		TIMER_TEST(test_at_a_time),
		TIMER_TEST(test_again_and_again_until_the_loop_ends),
		TIMER_TEST(test_one_that_could_not_be_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
