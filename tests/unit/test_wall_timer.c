/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/timerfd.h>

#include "base/clock.h"
#include "loop/wall_timer.h"

static struct event_base *base;
static struct wall_timer *timer;
static unsigned times;
static bool set_before_read, set_before_start; /* the clock */

ssize_t __real_read(int fd, void *bytes, size_t size);
ssize_t __wrap_read(int fd, void *bytes, size_t size);
ssize_t
__wrap_read(int fd, void *bytes, size_t size)
{
	ssize_t got = __real_read(fd, bytes, size);

	if (!set_before_read || got == -1)
		return got;
	errno = ECANCELED;
	return -1;
}

int __real_timerfd_settime(
    int fd, int flags, const struct itimerspec *time, struct itimerspec *before);
int __wrap_timerfd_settime(
    int fd, int flags, const struct itimerspec *time, struct itimerspec *before);
int
__wrap_timerfd_settime(int fd, int flags, const struct itimerspec *time, struct itimerspec *before)
{
	assert_int_equal(flags, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET);
	assert_int_equal(__real_timerfd_settime(fd, flags, time, before), 0);
	errno = ECANCELED;
	return set_before_start ? -1 : 0;
}

static void
on_time(void *arg)
{
	assert_ptr_equal(arg, &base);
	times++;
}

static int
setup(void **state)
{
	(void)state;
	times = 0;
	set_before_read = set_before_start = false;
	base = event_base_new();
	timer = wall_timer_new(base, on_time, &base);
	return base == NULL || timer == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	wall_timer_free(&timer);
	wall_timer_free(&timer);
	event_base_free(base);
	return 0;
}

static void
test_at_its_time(void **state)
{
	time_t when = (time_t)(clock_wall_ns() / CLOCK_S) + 1;

	(void)state;
	wall_timer_start(timer, when);
	event_base_loop(base, EVLOOP_NONBLOCK);
	assert_int_equal(times, 0);
	event_base_loop(base, EVLOOP_ONCE);
	assert_int_equal(times, 1);
	assert_in_range(clock_wall_ns(), (uint64_t)when * CLOCK_S, (uint64_t)(when + 20) * CLOCK_S);
	event_base_loop(base, EVLOOP_NONBLOCK);
	assert_int_equal(times, 1);
}

static void
test_what_has_been_is_at_once(void **state)
{
	(void)state;
	wall_timer_start(timer, 1000000000);
	assert_int_equal(times, 0);
	event_base_loop(base, EVLOOP_ONCE);
	wall_timer_start(timer, 0);
	event_base_loop(base, EVLOOP_ONCE);
	assert_int_equal(times, 2);
}

static void
test_never(void **state)
{
	(void)state;
	event_base_loop(base, EVLOOP_NONBLOCK);
	wall_timer_start(timer, 1000000000);
	wall_timer_start(timer, -1);
	event_base_loop(base, EVLOOP_NONBLOCK);
	assert_int_equal(times, 0);
}

static void
test_the_clock_is_set(void **state)
{
	(void)state;
	set_before_read = true;
	wall_timer_start(timer, 1000000000);
	event_base_loop(base, EVLOOP_ONCE);
	assert_int_equal(times, 1);
	set_before_start = true;
	wall_timer_start(timer, -1);
	assert_int_equal(times, 1);
	event_base_loop(base, EVLOOP_NONBLOCK);
	assert_int_equal(times, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_at_its_time, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_has_been_is_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(test_never, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_clock_is_set, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
