/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <stdlib.h>

#include "base/clock.h"
#include "loop/wall_timer.h"
#include "orield/armed.h"
#include "protocol/settings.h"

static struct options *options;
static struct armed *armed;
static unsigned changes;

/* ---- the clock and its timer ----------------------------------------- */

static time_t now;

uint64_t __wrap_clock_wall_ns(void);
uint64_t
__wrap_clock_wall_ns(void)
{
	return (uint64_t)now * CLOCK_S + CLOCK_S - 1;
}

struct wall_timer {
	time_t when;
	void (*due)(void *arg);
	void *arg;
};
static struct wall_timer timer;

struct wall_timer *
wall_timer_new(struct event_base *base, void (*due)(void *arg), void *arg)
{
	(void)base;
	timer = (struct wall_timer){ .when = -1, .due = due, .arg = arg };
	return &timer;
}

void
wall_timer_free(struct wall_timer **gone)
{
	*gone = NULL;
}

void
wall_timer_start(struct wall_timer *started, time_t when)
{
	started->when = when;
}

/* ---- the tests ------------------------------------------------------- */

enum { MONDAY = 1767571200, H = 3600 }; /* 2026-01-05, 00:00 UTC */

static void
on_change(void *arg)
{
	assert_ptr_equal(arg, &changes);
	changes++;
}

static int
setup(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	now = MONDAY;
	changes = 0;
	options = options_new(&settings_program);
	armed = armed_new(NULL, on_change, &changes);
	return armed == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	armed_free(&armed);
	armed_free(&armed);
	options_free(&options);
	return 0;
}

static void
set(const char *choice, const char *schedule)
{
	assert_int_equal(options_change(options, SETTING_ARMED, choice, NULL), 0);
	assert_int_equal(options_change(options, SETTING_SCHEDULE, schedule, NULL), 0);
	armed_set(armed, options);
	assert_int_equal(timer.when, armed_until(armed));
}

static void
clock_is(time_t time)
{
	now = time;
	timer.due(timer.arg);
	assert_int_equal(timer.when, armed_until(armed));
}

static void
test_yes_and_no(void **state)
{
	(void)state;
	assert_false(armed_now(armed));
	armed_set(armed, options);
	assert_true(armed_now(armed));
	assert_int_equal(armed_until(armed), -1);
	set("no", "mon 06:00-08:00");
	assert_false(armed_now(armed));
	assert_int_equal(armed_until(armed), -1);
	set("yes", "");
	assert_true(armed_now(armed));
	clock_is(now + 5 * H);
	assert_int_equal(changes, 0);
}

static void
test_by_schedule(void **state)
{
	(void)state;
	set("schedule", "mon 06:00-08:00");
	assert_false(armed_now(armed));
	assert_int_equal(armed_until(armed), MONDAY + 6 * H);
	clock_is(MONDAY + 6 * H);
	assert_int_equal(changes, 1);
	assert_true(armed_now(armed));
	assert_int_equal(armed_until(armed), MONDAY + 8 * H);
	clock_is(MONDAY + 8 * H);
	assert_int_equal(changes, 2);
	assert_false(armed_now(armed));
	assert_int_equal(armed_until(armed), MONDAY + (7 * 24 + 6) * H);
	set("schedule", "");
	assert_false(armed_now(armed));
	assert_int_equal(armed_until(armed), -1);
	set("schedule", "mon-sun");
	assert_true(armed_now(armed));
	assert_int_equal(armed_until(armed), -1);
}

static void
test_the_clock_is_set(void **state)
{
	(void)state;
	set("schedule", "mon 06:00-08:00");
	/* Nothing to tell … */
	clock_is(MONDAY + 1 * H);
	assert_int_equal(changes, 0);
	/* … but for another time … */
	clock_is(MONDAY + 9 * H);
	assert_int_equal(changes, 1);
	assert_false(armed_now(armed));
	/* … and what was right is so no more. */
	clock_is(MONDAY + 7 * H);
	assert_int_equal(changes, 2);
	assert_true(armed_now(armed));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_yes_and_no, setup, teardown),
		cmocka_unit_test_setup_teardown(test_by_schedule, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_clock_is_set, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
