/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fastcgi/conn.h"
#include "fastcgi/record.h"
#include "http/reply.h"
#include "protocol/reasons.h"

/* A server, a peer, and a handler that gives one answer. */
static struct event_base *base;
static struct fastcgi_server *server;
static int listen_fd, peer;
static unsigned handled;
static void (*answer)(struct conn *conn);

static void
handle(void *arg, struct conn *conn, const struct request *request)
{
	(void)arg, (void)request;
	handled++;
	answer(conn);
}

static void
turn(int times)
{
	while (times-- > 0)
		event_base_loop(base, EVLOOP_NONBLOCK);
}

static int
begin(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t length = sizeof address;

	(void)state;
	handled = 0;
	base = event_base_new();
	listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_int_equal(
	    bind(listen_fd, (struct sockaddr *)&address, sizeof address.sun_family), 0);
	assert_int_equal(listen(listen_fd, 5), 0);
	assert_int_equal(getsockname(listen_fd, (struct sockaddr *)&address, &length), 0);
	peer = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(peer, (struct sockaddr *)&address, length), 0);
	server = fastcgi_server_new(base, listen_fd, handle, NULL);
	return server != NULL && request_init() == 0 ? 0 : -1;
}

static int
end(void **state)
{
	(void)state;
	fastcgi_server_free(&server);
	event_base_free(base);
	close(listen_fd);
	close(peer);
	return 0;
}

static void
ask(const char *method, bool keep)
{
	unsigned char bytes[200] = { 1, 1, 0, 1, 0, 8, 0, 0, 0, 1, keep }, *at = bytes + 16;
	char param[64];
	int length = sprintf(param, "%c%cREQUEST_METHOD%s", 14, (int)strlen(method), method);

	record_header(at, RECORD_PARAMS, (size_t)length);
	memcpy(at + 8, param, (size_t)length);
	at += 8 + length;
	record_header(at, RECORD_PARAMS, 0);
	record_header(at + 8, RECORD_STDIN, 0);
	assert_int_equal(send(peer, bytes, (size_t)(at + 16 - bytes), 0), at + 16 - bytes);
}

/* All that came: the content of the STDOUT records as text; the end is checked. */
static void
assert_answer(const char *text)
{
	unsigned char got[4096];
	size_t bars = strchr(text, '|') != NULL;
	ssize_t count = recv(peer, got, sizeof got, 0);

	assert_int_equal(
	    count, strlen(text) - bars + (1 + bars) * RECORD_HEADER_SIZE + RECORD_END_SIZE);
	assert_memory_equal(got + count - RECORD_END_SIZE, record_end, RECORD_END_SIZE);
	/* '|' stands where a record ends and the next begins. */
	for (const unsigned char *at = got; *text != '\0'; text += *text == '|') {
		size_t part = strcspn(text, "|");

		assert_int_equal(at[1], RECORD_STDOUT);
		assert_int_equal(at[4] << 8 | at[5], part);
		assert_memory_equal(at + RECORD_HEADER_SIZE, text, part);
		at += RECORD_HEADER_SIZE + part;
		text += part;
	}
}

static void
answer_error(struct conn *conn)
{
	struct cause why;

	cause_detail(&why, &reason_bad_argument, "%s is \"odd\"", "n");
	reply_error_why(conn, 400, &why);
}

static void
answer_unavailable(struct conn *conn)
{
	reply_error(conn, 503, &reason_no_frame);
}

static void
answer_empty(struct conn *conn)
{
	struct reply_head head;

	reply_begin(&head, conn, 304);
	reply_add(&head, "ETag: %s", "x");
	reply_send(conn, &head, NULL, 0);
}

static void
answer_shared(struct conn *conn)
{
	conn_set_shared(conn);
	answer_empty(conn);
}

static void
answer_later(struct conn *conn)
{
	struct cause why;

	cause_set(&why, "not \"now\"");
	reply_later(conn, 429, 17, &why);
}

static void
answer_elsewhere(struct conn *conn)
{
	reply_see(conn, "/login?next=%2F");
}

static void
answer_not_utf8(struct conn *conn)
{
	struct cause why;

	cause_set(&why, "a\xc3\xff");
	reply_error_why(conn, 400, &why);
}

static void
answer_long_header(struct conn *conn)
{
	struct reply_head head;
	char text[3000];

	memset(text, 'h', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	reply_begin(&head, conn, 200);
	reply_add(&head, "X-Long: %s", text);
	reply_send(conn, &head, "b", 1);
}

static void
test_answers_to_the_byte(void **state)
{
	static const struct {
		void (*answer)(struct conn *);
		const char *method, *text;
	} cases[] = {
		{ answer_error, "GET",
		    "Status: 400 Bad Request\r\nContent-Type: application/json\r\n"
		    "Cache-Control: no-store\r\nContent-Length: 46\r\n\r\n|{\"error\":\"n is \\\"odd\\\"\",\"code\":\"bad_argument\"}" },
		{ answer_error, "HEAD",
		    "Status: 400 Bad Request\r\nContent-Type: application/json\r\n"
		    "Cache-Control: no-store\r\nContent-Length: 46\r\n\r\n" },
		{ answer_unavailable, "GET",
		    "Status: 503 Service Unavailable\r\nContent-Type: application/json\r\n"
		    "Cache-Control: no-store\r\nRetry-After: 1\r\nContent-Length: 42\r\n\r\n|{\"error\":\"no frame yet\",\"code\":\"no_frame\"}" },
		{ answer_empty, "GET", "Status: 304 Not Modified\r\nETag: x\r\n\r\n" },
		{ answer_shared, "GET",
		    "Status: 304 Not Modified\r\nX-Oriel-Cors: 1\r\nETag: x\r\n\r\n" },
		{ answer_empty, "GET",
		    "Status: 304 Not Modified\r\nETag: x\r\n\r\n" }, /* the one before is over */
		{ answer_later, "GET",
		    "Status: 429 Too Many Requests\r\nContent-Type: application/json\r\n"
		    "Cache-Control: no-store\r\nRetry-After: 17\r\nContent-Length: 23\r\n\r\n|{\"error\":\"not \\\"now\\\"\"}" },
		{ answer_elsewhere, "GET",
		    "Status: 303 See Other\r\nLocation: /login?next=%2F\r\n"
		    "Cache-Control: no-store\r\nContent-Length: 0\r\n\r\n" },
		{ answer_not_utf8, "GET",
		    "Status: 400 Bad Request\r\nContent-Type: application/json\r\n"
		    "Cache-Control: no-store\r\nContent-Length: 15\r\n\r\n|{\"error\":\"a??\"}" },
		{ answer_long_header, "GET", "Status: 200 OK\r\nContent-Length: 1\r\n\r\n|b" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		answer = cases[i].answer;
		ask(cases[i].method, true);
		turn(3);
		assert_answer(cases[i].text);
		assert_int_equal(fastcgi_server_busy(server), 0);
	}
}

static void
test_the_connection_is_kept_as_asked(void **state)
{
	char byte;

	(void)state;
	answer = answer_empty;
	ask("GET", true);
	turn(3);
	assert_answer("Status: 304 Not Modified\r\nETag: x\r\n\r\n");
	assert_int_equal(recv(peer, &byte, 1, 0), -1);
	ask("GET", false);
	turn(3);
	assert_answer("Status: 304 Not Modified\r\nETag: x\r\n\r\n");
	assert_int_equal(recv(peer, &byte, 1, 0), 0);
	assert_int_equal(handled, 2);
}

static char *large;
enum { LARGE = 3000000 };

static void
answer_large(struct conn *conn)
{
	reply_line(conn, 200, large, LARGE);
}

/* More than the socket takes: the rest follows as the peer reads. */
static void
test_a_slow_peer_gets_all(void **state)
{
	unsigned char *got = malloc(LARGE + 100000);
	size_t total = 0, whole;

	(void)state;
	large = malloc(LARGE);
	for (size_t i = 0; i < LARGE; i++)
		large[i] = (char)(i % 251);
	answer = answer_large;
	ask("GET", true);
	turn(2);
	assert_int_equal(fastcgi_server_busy(server), 1);
	for (int quiet = 0; quiet < 10; quiet++) {
		ssize_t count = recv(peer, got + total, 50000, 0);

		if (count > 0) {
			total += (size_t)count;
			quiet = 0;
		}
		turn(1);
	}
	whole = record_wrapped(LARGE) + RECORD_END_SIZE;
	assert_true(total > whole);
	for (size_t i = 0, at = total - whole; i < LARGE; i += RECORD_CONTENT_MAX) {
		size_t part = LARGE - i < RECORD_CONTENT_MAX ? LARGE - i : RECORD_CONTENT_MAX;

		assert_memory_equal(got + at + RECORD_HEADER_SIZE, large + i, part);
		at += RECORD_HEADER_SIZE + part;
	}
	assert_int_equal(fastcgi_server_busy(server), 0);
	free(large);
	free(got);
}

static void
test_a_peer_that_leaves_in_the_middle(void **state)
{
	(void)state;
	large = calloc(1, LARGE);
	answer = answer_large;
	ask("GET", true);
	turn(2);
	assert_int_equal(fastcgi_server_busy(server), 1);
	close(peer);
	peer = -1;
	turn(3);
	assert_int_equal(fastcgi_server_busy(server), 0);
	free(large);
}

static void
test_a_shut_door_finishes_what_it_began(void **state)
{
	(void)state;
	large = calloc(1, LARGE);
	answer = answer_large;
	ask("GET", true);
	turn(2);
	fastcgi_server_stop(server);
	assert_int_equal(fastcgi_server_busy(server), 1);
	for (int i = 0; i < 1000 && fastcgi_server_busy(server) > 0; i++) {
		char sink[65536];

		while (recv(peer, sink, sizeof sink, 0) > 0)
			;
		turn(1);
	}
	assert_int_equal(fastcgi_server_busy(server), 0);
	free(large);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_answers_to_the_byte, begin, end),
		cmocka_unit_test_setup_teardown(test_the_connection_is_kept_as_asked, begin, end),
		cmocka_unit_test_setup_teardown(test_a_slow_peer_gets_all, begin, end),
		cmocka_unit_test_setup_teardown(test_a_peer_that_leaves_in_the_middle, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_a_shut_door_finishes_what_it_began, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
