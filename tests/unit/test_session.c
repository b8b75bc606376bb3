/* SPDX-License-Identifier: ISC */
/* session on a socket pair, with a clock of the test's own: whenever the loop
 * would sleep, the time it wants to sleep has passed. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "ws/session.h"
#include "ws/framing.h"

static uint64_t now_ms = 1000000;

int
clock_gettime(clockid_t id, struct timespec *now)
{
	(void)id;
	now->tv_sec = (time_t)(now_ms / 1000);
	now->tv_nsec = (long)(now_ms % 1000) * 1000000;
	return 0;
}

int
epoll_wait(int fd, struct epoll_event *events, int most, int timeout)
{
	long ready = syscall(SYS_epoll_pwait, fd, events, most, 0, NULL, 8);

	if (ready == 0 && timeout > 0)
		now_ms += (uint64_t)timeout;
	return (int)ready;
}

struct stage {
	struct session_host host;
	struct session *session; /* the newest */
	int client;
	bool ready, refuse;
	unsigned opened, closed, messages, gone;
};

static struct stage stage;

static void *
service_open(void *world, struct session *session, struct handshake *handshake)
{
	(void)world;
	if (stage.refuse) {
		handshake_refuse_json(handshake, 404, json_object());
		return NULL;
	}
	stage.opened++;
	stage.session = session;
	return &stage;
}

static bool
service_ready(void *state)
{
	(void)state;
	return stage.ready;
}

static void
service_message(void *state, const void *data, size_t length, bool text)
{
	(void)state, (void)data, (void)length, (void)text;
	stage.messages++;
}

static void
service_close(void *state)
{
	(void)state;
	stage.closed++;
}

static const struct session_service service = {
	.message_max = 1000,
	.open = service_open,
	.ready = service_ready,
	.message = service_message,
	.close = service_close,
};
static const struct handshake_policy policy = { .origins = "", .allow_no_origin = true };

static void
on_gone(struct session_host *host)
{
	(void)host;
	stage.gone++;
}

static int
setup(void **state)
{
	(void)state;
	memset(&stage, 0, sizeof stage);
	stage.ready = true;
	stage.host = (struct session_host){ .base = event_base_new(),
		.policy = &policy,
		.service = &service,
		.open_max = 2,
		.gone = on_gone };
	LIST_INIT(&stage.host.sessions);
	return stage.host.base != NULL ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	while (!LIST_EMPTY(&stage.host.sessions))
		session_free(LIST_FIRST(&stage.host.sessions));
	assert_int_equal(stage.opened, stage.closed);
	assert_int_equal(stage.host.open, 0);
	assert_int_equal(stage.host.count, 0);
	event_base_free(stage.host.base);
	close(stage.client);
	return 0;
}

static void
pass(unsigned ms)
{
	struct timeval time = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	event_base_loopexit(stage.host.base, &time);
	event_base_dispatch(stage.host.base);
}

static void
say(const char *bytes, size_t length)
{
	assert_int_equal(write(stage.client, bytes, length), length);
	pass(1);
}

static void
arrive(void)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	stage.client = ends[0];
	assert_int_equal(session_new(&stage.host, ends[1]), 0);
}

static void
shake_hands(void)
{
	static const char head[] = "GET /control HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
				   "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
				   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

	arrive();
	say(head, sizeof head - 1);
}

/* All that has come; the last read's result. 0: the end of the stream. */
static ssize_t
hear(char *bytes, size_t size, size_t *length)
{
	ssize_t got;

	*length = 0;
	while ((got = read(stage.client, bytes + *length, size - *length)) > 0)
		*length += (size_t)got;
	assert_true(got == 0 || errno == EAGAIN);
	return got;
}

static void
assert_heard(const void *bytes, size_t length)
{
	char heard[4096];
	size_t got;

	hear(heard, sizeof heard, &got);
	assert_int_equal(got, length);
	assert_memory_equal(heard, bytes, length);
}

static void
assert_status(const char *status)
{
	char heard[4096] = "";
	size_t got;

	hear(heard, sizeof heard - 1, &got);
	assert_memory_equal(heard + sizeof "HTTP/1.1 " - 1, status, 3);
}

static bool
ended(void)
{
	char heard[256];
	size_t got;

	return hear(heard, sizeof heard, &got) == 0;
}

static void
test_ten_seconds_for_the_handshake(void **state)
{
	(void)state;
	arrive();
	for (int i = 0; i < 9; i++) {
		say("G", 1); /* slowly, but never silent */
		pass(1000);
	}
	pass(900);
	assert_false(ended());
	pass(200);
	assert_true(ended());
	assert_int_equal(stage.gone, 1);
}

static void
test_pings_to_the_silent_and_two_unanswered(void **state)
{
	(void)state;
	shake_hands();
	assert_status("101");
	pass(24900);
	assert_heard("", 0);
	pass(200);
	assert_heard("\x89\0", 2);
	say("\x8a\x80\0\0\0\0", 6);
	pass(24900);
	assert_heard("", 0);
	pass(200);
	assert_heard("\x89\0", 2);
	pass(25000);
	assert_heard("\x89\0", 2);
	assert_int_equal(stage.closed, 0);
	pass(25000);
	assert_heard("\x88\x12\x03\xe9pings unanswered", 20);
	assert_true(ended());
	assert_int_equal(stage.closed, 1);
	assert_int_equal(stage.gone, 0);
	pass(2000);
	assert_int_equal(stage.gone, 1);
}

static void
test_no_ping_to_the_talkative(void **state)
{
	(void)state;
	shake_hands();
	assert_status("101");
	for (int i = 0; i < 6; i++) {
		pass(20000);
		say("\x81\x80\0\0\0\0", 6);
	}
	assert_int_equal(stage.messages, 6);
	assert_heard("", 0);
}

static void
test_lingers_two_seconds_for_the_peers_end(void **state)
{
	(void)state;
	shake_hands();
	assert_status("101");
	say("\x88\x82\0\0\0\0\x03\xe8", 8);
	assert_heard("\x88\x02\x03\xe8", 4);
	assert_true(ended());
	say("still talking", 13); /* must not reset the connection */
	pass(1900);
	assert_int_equal(stage.gone, 0);
	pass(200);
	assert_int_equal(stage.gone, 1);
}

static void
test_goes_with_the_peer(void **state)
{
	(void)state;
	shake_hands();
	say("\x88\x80\0\0\0\0", 6);
	shutdown(stage.client, SHUT_WR);
	pass(1);
	assert_int_equal(stage.gone, 1);
	close(stage.client);
	shake_hands();
	shutdown(stage.client, SHUT_WR);
	pass(1);
	assert_int_equal(stage.gone, 2);
}

static void
test_refusals_linger_too(void **state)
{
	(void)state;
	stage.refuse = true;
	shake_hands();
	assert_status("404");
	assert_true(ended());
	assert_int_equal(stage.gone, 0);
	pass(2100);
	assert_int_equal(stage.gone, 1);
}

static void
test_one_too_many(void **state)
{
	int one, two;

	(void)state;
	shake_hands();
	one = stage.client;
	shake_hands();
	two = stage.client;
	shake_hands();
	assert_status("503");
	close(stage.client);
	close(two);
	pass(1);
	shake_hands();
	assert_status("101");
	close(one);
}

static void
test_twenty_seconds_without_reading(void **state)
{
	static char big[400000], sink[200000];

	(void)state;
	shake_hands();
	assert_status("101");
	for (int i = 0; i < 4; i++)
		session_send(stage.session, big, sizeof big, false);
	pass(15000);
	assert_true(read(stage.client, sink, sizeof sink) > 0);
	pass(15000);
	assert_int_equal(stage.gone, 0);
	pass(6000);
	assert_int_equal(stage.gone, 1);
}

static void
test_two_seconds_for_a_farewell_nobody_reads(void **state)
{
	static char big[400000];

	(void)state;
	shake_hands();
	for (int i = 0; i < 4; i++)
		session_send(stage.session, big, sizeof big, false);
	session_close(stage.session, FRAMING_GOING_AWAY, "");
	pass(1900);
	assert_int_equal(stage.gone, 0);
	pass(200);
	assert_int_equal(stage.gone, 1);
}

static void
test_reads_on_when_the_service_is_ready_again(void **state)
{
	static const char message[] = "\x81\x80\0\0\0\0";
	char bytes[6 * 100];

	(void)state;
	shake_hands();
	stage.ready = false;
	for (size_t i = 0; i < sizeof bytes; i += 6)
		memcpy(bytes + i, message, 6);
	say(bytes, sizeof bytes);
	assert_int_equal(stage.messages, 0);
	stage.ready = true;
	session_resume(stage.session);
	pass(1);
	assert_int_equal(stage.messages, 100);
}

static void
test_a_second_close_changes_nothing(void **state)
{
	(void)state;
	shake_hands();
	assert_status("101");
	assert_true(session_close(stage.session, FRAMING_GOING_AWAY, ""));
	assert_false(session_close(stage.session, FRAMING_TOO_BIG, ""));
	pass(1);
	assert_heard("\x88\x02\x03\xe9", 4);
	assert_false(session_close(stage.session, FRAMING_TOO_BIG, ""));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_ten_seconds_for_the_handshake),
		TEST(test_pings_to_the_silent_and_two_unanswered),
		TEST(test_no_ping_to_the_talkative),
		TEST(test_lingers_two_seconds_for_the_peers_end),
		TEST(test_goes_with_the_peer),
		TEST(test_refusals_linger_too),
		TEST(test_one_too_many),
		TEST(test_twenty_seconds_without_reading),
		TEST(test_two_seconds_for_a_farewell_nobody_reads),
		TEST(test_reads_on_when_the_service_is_ready_again),
		TEST(test_a_second_close_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
