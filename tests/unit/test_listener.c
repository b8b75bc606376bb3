/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/unixsock.h"
#include "loop/listener.h"
#include "scratch.h"

enum { TURN = 4, PAUSE_MS = 30 };

static struct event_base *base;
static struct listener *listener;
static int listen_fd, clients[16];
static unsigned client_count, accepted, failures, stop_after;
static int refuse_with, last_error;
static struct rlimit files;

static int
on_accepted(void *arg, int fd)
{
	(void)arg;
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
	if (refuse_with != 0) {
		errno = refuse_with;
		return -1;
	}
	if (++accepted == stop_after)
		listener_stop(listener);
	return 0;
}

static void
on_failed(void *arg, int error)
{
	(void)arg;
	failures++;
	last_error = error;
}

static int
setup(void **state)
{
	struct cause why;
	bool inherited;

	(void)state;
	accepted = failures = stop_after = client_count = 0;
	refuse_with = last_error = 0;
	getrlimit(RLIMIT_NOFILE, &files);
	scratch_make();
	base = event_base_new();
	listen_fd = unixsock_listen(scratch_path("sock"), &inherited, &why);
	assert_int_not_equal(listen_fd, -1);
	listener = listener_new(base,
	    &(struct listener_setup){ .fd = listen_fd,
		.turn = TURN,
		.pause_ns = PAUSE_MS * CLOCK_MS,
		.accepted = on_accepted,
		.failed = on_failed });
	assert_non_null(listener);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	setrlimit(RLIMIT_NOFILE, &files);
	listener_free(&listener);
	assert_null(listener);
	listener_free(&listener);
	while (client_count > 0)
		close(clients[--client_count]);
	close(listen_fd);
	event_base_free(base);
	scratch_remove();
	return 0;
}

static void
connect_some(unsigned count)
{
	while (count-- > 0) {
		clients[client_count] = unixsock_connect(scratch_path("sock"));
		assert_int_not_equal(clients[client_count++], -1);
	}
}

static void
turn_loop(void)
{
	event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

/* No descriptor is left for another one. */
static void
use_up_descriptors(void)
{
	int next = dup(listen_fd);
	struct rlimit few = files;

	close(next);
	few.rlim_cur = (rlim_t)next;
	setrlimit(RLIMIT_NOFILE, &few);
}

static void
test_a_few_at_a_time(void **state)
{
	(void)state;
	connect_some(TURN + 2);
	turn_loop();
	assert_int_equal(accepted, TURN);
	turn_loop();
	assert_int_equal(accepted, TURN + 2);
	turn_loop();
	assert_int_equal(accepted, TURN + 2);
	assert_int_equal(failures, 0);
}

static void
test_stops_and_starts(void **state)
{
	(void)state;
	stop_after = 2;
	connect_some(3);
	turn_loop();
	turn_loop();
	assert_int_equal(accepted, 2);
	listener_stop(listener);
	listener_start(listener);
	listener_start(listener);
	turn_loop();
	assert_int_equal(accepted, 3);
}

static void
test_without_descriptors_it_pauses_and_says_so_once(void **state)
{
	uint64_t begun = clock_mono_ns();

	(void)state;
	connect_some(2);
	use_up_descriptors();
	for (unsigned turns = 0; clock_mono_ns() - begun < 5 * PAUSE_MS * CLOCK_MS; turns++) {
		assert_true(turns < 50); /* each waits for the pause to end */
		event_base_loop(base, EVLOOP_ONCE);
	}
	assert_int_equal(failures, 1);
	assert_int_equal(last_error, EMFILE);
	assert_int_equal(accepted, 0);
	setrlimit(RLIMIT_NOFILE, &files);
	while (accepted < 2)
		event_base_loop(base, EVLOOP_ONCE);
	connect_some(1);
	use_up_descriptors();
	turn_loop();
	assert_int_equal(failures, 2); /* it had worked meanwhile */
}

static void
test_who_is_given_it_may_fail(void **state)
{
	(void)state;
	refuse_with = ENOMEM;
	connect_some(2);
	turn_loop();
	turn_loop();
	assert_int_equal(failures, 1);
	assert_int_equal(last_error, ENOMEM);
	refuse_with = 0;
	listener_stop(listener);
	listener_start(listener); /* which does not cut the pause short */
	turn_loop();
	assert_int_equal(accepted, 0);
	event_base_loop(base, EVLOOP_ONCE);
	turn_loop();
	assert_int_equal(accepted, 1);
}

static void
test_stopped_in_a_pause_it_stays_so(void **state)
{
	(void)state;
	refuse_with = ENOMEM;
	connect_some(2);
	turn_loop();
	refuse_with = 0;
	listener_stop(listener);
	usleep(2 * PAUSE_MS * 1000);
	turn_loop();
	turn_loop();
	assert_int_equal(accepted, 0);
	listener_start(listener);
	turn_loop();
	assert_int_equal(accepted, 1);
}

int
main(void)
{
#define LISTENER_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		LISTENER_TEST(test_a_few_at_a_time),
		LISTENER_TEST(test_stops_and_starts),
		LISTENER_TEST(test_without_descriptors_it_pauses_and_says_so_once),
		LISTENER_TEST(test_who_is_given_it_may_fail),
		LISTENER_TEST(test_stopped_in_a_pause_it_stays_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
