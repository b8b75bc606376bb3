/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ws/handshake.h"

/* The request of RFC 6455 section 1.3 as nginx hands it on, one line each; a case
 * replaces lines by number. */
enum {
	LINE_REQUEST,
	LINE_HOST,
	LINE_UPGRADE,
	LINE_CONNECTION,
	LINE_KEY,
	LINE_VERSION,
	LINE_ORIGIN,
	LINE_PROTO,
	LINE_MORE,
	LINES
};
static const char *const good[LINES] = {
	"GET /control HTTP/1.1\r\n",
	"Host: cam.example\r\n",
	"Upgrade: websocket\r\n",
	"Connection: Upgrade\r\n",
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
	"Sec-WebSocket-Version: 13\r\n",
	"Origin: https://cam.example\r\n",
	"X-Forwarded-Proto: https\r\n",
	"",
};

static const struct row {
	unsigned status;
	int line;
	const char *text; /* instead of that line */
} rows[] = {
	{ 101, LINE_MORE, "" },
	/* the request line */
	{ 405, LINE_REQUEST, "POST /control HTTP/1.1\r\n" },
	{ 405, LINE_REQUEST, "get /control HTTP/1.1\r\n" },
	{ 505, LINE_REQUEST, "GET /control HTTP/1.0\r\n" },
	{ 505, LINE_REQUEST, "GET /control HTTP/2\r\n" },
	{ 400, LINE_REQUEST, "GET /control\r\n" },
	{ 400, LINE_REQUEST, "GET  /control HTTP/1.1\r\n" },
	{ 400, LINE_REQUEST, "\r\nGET /control HTTP/1.1\r\n" },
	{ 400, LINE_REQUEST, "G\x01T /control HTTP/1.1\r\n" },
	/* the path */
	{ 404, LINE_REQUEST, "GET / HTTP/1.1\r\n" },
	{ 404, LINE_REQUEST, "GET /control/ HTTP/1.1\r\n" },
	{ 404, LINE_REQUEST, "GET /controls HTTP/1.1\r\n" },
	{ 404, LINE_REQUEST, "GET /x/control HTTP/1.1\r\n" },
	{ 404, LINE_REQUEST, "GET http://cam.example/control HTTP/1.1\r\n" },
	{ 404, LINE_REQUEST, "GET /cam//control HTTP/1.1\r\n" },
	{ 404, LINE_REQUEST, "GET /cam/../control HTTP/1.1\r\n" },
	{ 404, LINE_REQUEST, "GET /cam/Porch/control HTTP/1.1\r\n" },
	{ 404, LINE_REQUEST, "GET /cam/a/b/control HTTP/1.1\r\n" },
	{ 404, LINE_REQUEST, "GET /cam/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/control HTTP/1.1\r\n" },
	{ 101, LINE_REQUEST, "GET /cam/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/control HTTP/1.1\r\n" },
	{ 101, LINE_REQUEST, "GET /control?x=/y HTTP/1.1\r\n" },
	/* Host */
	{ 400, LINE_HOST, "" },
	{ 400, LINE_HOST, "Host:\r\n" },
	{ 400, LINE_HOST, "Host: cam.example\r\nHost: cam.example\r\n" },
	/* Upgrade, Connection */
	{ 426, LINE_UPGRADE, "" },
	{ 426, LINE_UPGRADE, "Upgrade: h2c\r\n" },
	{ 426, LINE_UPGRADE, "Upgrade: websockets\r\n" },
	{ 101, LINE_UPGRADE, "uPGRADE: h2c ,\tWebSocket\r\n" },
	{ 426, LINE_CONNECTION, "" },
	{ 426, LINE_CONNECTION, "Connection: keep-alive\r\n" },
	{ 101, LINE_CONNECTION, "Connection: keep-alive, Upgrade\r\n" },
	{ 101, LINE_CONNECTION, "Connection: keep-alive\r\nConnection: upgrade\r\n" },
	/* the version */
	{ 426, LINE_VERSION, "" },
	{ 426, LINE_VERSION, "Sec-WebSocket-Version: 8\r\n" },
	{ 426, LINE_VERSION, "Sec-WebSocket-Version: 13, 8\r\n" },
	{ 426, LINE_VERSION, "Sec-WebSocket-Version: 013\r\n" },
	{ 426, LINE_VERSION, "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 13\r\n" },
	/* the key: 16 bytes in base64 */
	{ 400, LINE_KEY, "" },
	{ 400, LINE_KEY, "Sec-WebSocket-Key:\r\n" },
	{ 400, LINE_KEY, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j\r\n" },
	{ 400, LINE_KEY, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZWVl\r\n" },
	{ 400, LINE_KEY, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZ!==\r\n" },
	{ 400, LINE_KEY, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZZ==\r\n" },
	{ 400, LINE_KEY,
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" },
	/* the origin */
	{ 101, LINE_ORIGIN, "" },
	{ 101, LINE_ORIGIN, "Origin: https://CAM.example\r\n" },
	{ 101, LINE_ORIGIN, "Origin: https://octopi.example:5000\r\n" },
	{ 101, LINE_ORIGIN, "Origin: http://tablet.example\r\n" },
	{ 403, LINE_ORIGIN, "Origin: null\r\n" },
	{ 403, LINE_ORIGIN, "Origin:\r\n" },
	{ 403, LINE_ORIGIN, "Origin: http://cam.example\r\n" },
	{ 403, LINE_ORIGIN, "Origin: https://cam.example:8443\r\n" },
	{ 403, LINE_ORIGIN, "Origin: https://cam.example.evil.example\r\n" },
	{ 403, LINE_ORIGIN, "Origin: https://evil.example/https://cam.example\r\n" },
	{ 403, LINE_ORIGIN, "Origin: https://evil-cam.example\r\n" },
	{ 403, LINE_ORIGIN, "Origin: https://octopi.example\r\n" },
	{ 403, LINE_ORIGIN, "Origin: https://octopi.example:5000 http://tablet.example\r\n" },
	{ 403, LINE_ORIGIN, "Origin: https://cam.example\r\nOrigin: https://cam.example\r\n" },
	{ 403, LINE_PROTO, "" },
	{ 403, LINE_PROTO, "X-Forwarded-Proto: http\r\n" },
	{ 403, LINE_PROTO, "X-Forwarded-Proto: https\r\nX-Forwarded-Proto: https\r\n" },
	/* the subprotocol */
	{ 101, LINE_MORE, "Sec-WebSocket-Protocol: oriel\r\n" },
	{ 101, LINE_MORE, "Sec-WebSocket-Protocol: chat,\toriel , superchat\r\n" },
	{ 101, LINE_MORE, "Sec-WebSocket-Protocol: chat\r\nsec-websocket-protocol: oriel\r\n" },
	{ 400, LINE_MORE, "Sec-WebSocket-Protocol: chat\r\n" },
	{ 400, LINE_MORE, "Sec-WebSocket-Protocol:\r\n" },
	{ 400, LINE_MORE, "Sec-WebSocket-Protocol: Oriel\r\n" },
	{ 400, LINE_MORE, "Sec-WebSocket-Protocol: oriel2, xoriel, ori el\r\n" },
	/* a body */
	{ 101, LINE_MORE, "Content-Length: 0\r\n" },
	{ 400, LINE_MORE, "Content-Length: 5\r\n" },
	{ 400, LINE_MORE, "Content-Length: 0\r\nContent-Length: 5\r\n" },
	{ 400, LINE_MORE, "Transfer-Encoding: chunked\r\n" },
	/* the form of headers */
	{ 101, LINE_MORE, "X-Any:  text\twith \xe4 \r\n" },
	{ 400, LINE_MORE, "X-Any : space\r\n" },
	{ 400, LINE_MORE, "X-Any: folded\r\n line\r\n" },
	{ 400, LINE_MORE, "no colon\r\n" },
	{ 400, LINE_MORE, ": no name\r\n" },
	{ 400, LINE_MORE, "X-Any: bare\nHost: line feed\r\n" },
	{ 400, LINE_MORE, "X-Any: bare\rcarriage return\r\n" },
	{ 400, LINE_MORE, "X-Any: \x7f\r\n" },
};

static const struct handshake_policy policy = {
	.origins = "https://octopi.example:5000 http://tablet.example",
	.allow_no_origin = true,
};
static const struct handshake_policy strict = { .origins = "", .allow_no_origin = false };

static size_t
build(char *head, size_t size, int line, const char *text)
{
	size_t length = 0;

	for (int i = 0; i < LINES; i++)
		length += (size_t)snprintf(
		    head + length, size - length, "%s", i == line ? text : good[i]);
	return length + (size_t)snprintf(head + length, size - length, "\r\n");
}

static void
test_each_check(void **state)
{
	static struct handshake handshake;
	char head[4096];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		size_t length = build(head, sizeof head, rows[i].line, rows[i].text);

		handshake_read(&policy, head, length, &handshake);
		if (handshake.status != rows[i].status)
			fail_msg(
			    "%u instead of %u: %s", handshake.status, rows[i].status, rows[i].text);
		assert_int_equal(handshake.head_length, length);
		assert_int_equal(handshake.response_length, strlen(handshake.response));
	}
}

/* RFC 6455 section 1.3 gives the answer to its own key. */
static void
test_the_answer(void **state)
{
	static struct handshake handshake;
	char head[4096];
	size_t length = build(head, sizeof head, LINE_MORE, "");

	(void)state;
	handshake_read(&policy, head, length, &handshake);
	assert_string_equal(handshake.response,
	    "HTTP/1.1 101 Switching Protocols\r\n"
	    "Upgrade: websocket\r\nConnection: Upgrade\r\n"
	    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
	assert_string_equal(handshake.camera, "");
}

static void
test_refusals_are_whole_responses(void **state)
{
	static struct handshake handshake;
	char head[4096];
	size_t length = build(head, sizeof head, LINE_VERSION, "Sec-WebSocket-Version: 8\r\n");

	(void)state;
	handshake_read(&policy, head, length, &handshake);
	assert_string_equal(handshake.response,
	    "HTTP/1.1 426 Upgrade Required\r\n"
	    "Content-Type: application/json\r\nContent-Length: 66\r\nConnection: close\r\n"
	    "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n"
	    "{\"error\":\"WebSocket version 13 is needed\",\"code\":\"websocket_only\"}");
	length = build(head, sizeof head, LINE_REQUEST, "PUT /control HTTP/1.1\r\n");
	handshake_read(&policy, head, length, &handshake);
	assert_non_null(strstr(handshake.response, "\r\nAllow: GET\r\n"));
}

/* A browser that has asked for a subprotocol fails without an answer in that header, and fails
 * with one that it has not asked for. */
static void
test_subprotocol(void **state)
{
	static struct handshake handshake;
	char head[4096];

	(void)state;
	handshake_read(&policy, head,
	    build(head, sizeof head, LINE_MORE, "Sec-WebSocket-Protocol: a, oriel\r\n"),
	    &handshake);
	assert_non_null(strstr(handshake.response, "\r\nSec-WebSocket-Protocol: oriel\r\n"));
	handshake_read(&policy, head,
	    build(head, sizeof head, LINE_MORE, "Sec-WebSocket-Protocol: a\r\n"), &handshake);
	assert_non_null(strstr(handshake.response, "\"code\":\"unknown_subprotocol\""));
}

static void
test_hosts(void **state)
{
	static const struct {
		const char *line;
		unsigned status;
	} cases[] = {
		{ "Host: cam.example\r\n", 101 },
		{ "Host: 192.0.2.7:8080\r\n", 101 },
		{ "Host: [::1]\r\n", 101 },
		{ "Host: porch.local\r\n", 101 },
		{ "Host: front.example\r\nX-Oriel-Site: front.example\r\n", 101 },
		{ "Host: evil.example\r\n", 403 },
		{ "Host: cam.example.evil.example\r\n", 403 },
		{ "Host: evil.example\r\nX-Oriel-Site: _\r\n", 403 },
	};
	static struct handshake handshake;
	static struct hosts hosts;
	struct handshake_policy named = { .origins = "https://cam.example", .hosts = &hosts };
	char head[4096];

	(void)state;
	hosts_init(&hosts, "porch", "cam.example", "/nonexistent");
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		handshake_read(
		    &named, head, build(head, sizeof head, LINE_HOST, cases[i].line), &handshake);
		assert_int_equal(handshake.status, cases[i].status);
		if (handshake.status == 403)
			assert_non_null(strstr(handshake.response, "\"code\":\"unknown_host\""));
	}
}

/* The account, else the network of the address. */
static void
test_who(void **state)
{
	static const struct {
		const char *more, *who;
	} cases[] = {
		{ "", "" },
		{ "X-Real-IP: 192.0.2.7\r\n", "192.0.2.7" },
		{ "X-Real-IP: 2001:db8::1:2:3:4\r\n", "2001:db8::" },
		{ "X-Real-IP: 192.0.2.7\r\nX-Oriel-User: anna\r\n", "anna" },
	};
	static struct handshake handshake;
	char head[4096];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		handshake_read(
		    &policy, head, build(head, sizeof head, LINE_MORE, cases[i].more), &handshake);
		assert_int_equal(handshake.status, 101);
		assert_string_equal(handshake.who, cases[i].who);
	}
}

static void
test_camera_in_the_path(void **state)
{
	static struct handshake handshake;
	char head[4096];
	size_t length = build(
	    head, sizeof head, LINE_REQUEST, "GET /cam/front-door/control?a HTTP/1.1\r\n");

	(void)state;
	handshake_read(&policy, head, length, &handshake);
	assert_int_equal(handshake.status, 101);
	assert_string_equal(handshake.camera, "front-door");
}

/* Only nginx's headers say who it is. */
static void
test_roles(void **state)
{
	static const char grant[] = "X-Oriel-Grant: 0123456789abcdef0123456789abcdef\r\n";
	static const struct handshake_policy asking = { .origins = "", .login = true };
	static const struct {
		const char *more;
		enum role role; /* ROLE_NONE: refused */
	} cases[] = {
		{ "X-Oriel-Role: viewer\r\n%s", ROLE_VIEWER },
		{ "X-Oriel-Role: operator\r\n%s", ROLE_OPERATOR },
		{ "%s", ROLE_NONE },
		{ "X-Oriel-Role:\r\n%s", ROLE_NONE },
		{ "X-Oriel-Role: Operator\r\n%s", ROLE_NONE },
		{ "X-Oriel-Role: operator, viewer\r\n%s", ROLE_NONE },
		{ "X-Oriel-Role: operatoroperatoroperator\r\n%s", ROLE_NONE },
		{ "X-Oriel-Role: operator\r\n", ROLE_NONE },
		{ "X-Oriel-Role: operator\r\nX-Oriel-Role: operator\r\n%s", ROLE_NONE },
		{ "X-Oriel-Role: operator\r\nX-Oriel-Grant: a\r\n%s", ROLE_NONE },
		{ "X-Oriel-Role: operator\r\nX-Oriel-Grant: 0123456789abcdef0123456789abcdef0\r\n",
		    ROLE_NONE },
	};
	static struct handshake handshake;
	char head[4096], more[256];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *end = strstr(cases[i].more, "%s");

		snprintf(more, sizeof more, "%.*s%s",
		    end != NULL ? (int)(end - cases[i].more) : 999, cases[i].more,
		    end != NULL ? grant : "");
		handshake_read(
		    &asking, head, build(head, sizeof head, LINE_MORE, more), &handshake);
		assert_int_equal(handshake.status, cases[i].role == ROLE_NONE ? 401 : 101);
		if (handshake.status == 101) {
			assert_int_equal(handshake.role, cases[i].role);
			assert_string_equal(handshake.grant, "0123456789abcdef0123456789abcdef");
		}
	}
	handshake_read(&policy, head, build(head, sizeof head, LINE_MORE, ""), &handshake);
	assert_int_equal(handshake.role, ROLE_OPERATOR);
	assert_string_equal(handshake.grant, "");
}

static void
test_no_origin_can_be_refused(void **state)
{
	static struct handshake handshake;
	char head[4096];
	size_t length = build(head, sizeof head, LINE_ORIGIN, "");

	(void)state;
	handshake_read(&strict, head, length, &handshake);
	assert_int_equal(handshake.status, 403);
	length = build(head, sizeof head, LINE_MORE, "");
	handshake_read(&strict, head, length, &handshake);
	assert_int_equal(handshake.status, 101);
}

static void
test_piece_by_piece_with_frames_behind(void **state)
{
	static struct handshake handshake;
	char head[4096];
	size_t length = build(head, sizeof head, LINE_MORE, "");

	(void)state;
	memcpy(head + length, "\x81\x80\0\0\0\0", 6);
	for (size_t had = 1; had < length; had++) {
		/* A block of its own size: reading past its end would be seen. */
		char *part = malloc(had);

		memcpy(part, head, had);
		handshake_read(&policy, part, had, &handshake);
		assert_int_equal(handshake.status, 0);
		free(part);
	}
	handshake_read(&policy, head, length + 6, &handshake);
	assert_int_equal(handshake.status, 101);
	assert_int_equal(handshake.head_length, length);
}

static void
test_nul_is_refused_at_once(void **state)
{
	static struct handshake handshake;
	static const char whole[] = "GET /control HTTP/1.1\r\nHost: a\0b\r\n\r\n";

	(void)state;
	handshake_read(&policy, "GET /con\0trol", 13, &handshake);
	assert_int_equal(handshake.status, 400);
	handshake_read(&policy, whole, sizeof whole - 1, &handshake);
	assert_int_equal(handshake.status, 400);
}

static void
test_head_of_8_kib_and_no_more(void **state)
{
	static struct handshake handshake;
	static char head[HANDSHAKE_HEAD_MAX + 2];
	size_t length = build(head, sizeof head, LINE_MORE, "") - 2, room;

	(void)state;
	room = HANDSHAKE_HEAD_MAX - length - 4;
	memcpy(head + length, "X: ", 3);
	memset(head + length + 3, 'x', room - 3);
	memcpy(head + length + room, "\r\n\r\n", 4);
	handshake_read(&policy, head, HANDSHAKE_HEAD_MAX - 1, &handshake);
	assert_int_equal(handshake.status, 0);
	handshake_read(&policy, head, HANDSHAKE_HEAD_MAX, &handshake);
	assert_int_equal(handshake.status, 101);
	memcpy(head + length + room, "x\r\n\r\n", 5);
	handshake_read(&policy, head, HANDSHAKE_HEAD_MAX + 1, &handshake);
	assert_int_equal(handshake.status, 431);
	handshake_read(&policy, head, HANDSHAKE_HEAD_MAX, &handshake);
	assert_int_equal(handshake.status, 431);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_check),
		cmocka_unit_test(test_the_answer),
		cmocka_unit_test(test_refusals_are_whole_responses),
		cmocka_unit_test(test_subprotocol),
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_who),
		cmocka_unit_test(test_camera_in_the_path),
		cmocka_unit_test(test_roles),
		cmocka_unit_test(test_no_origin_can_be_refused),
		cmocka_unit_test(test_piece_by_piece_with_frames_behind),
		cmocka_unit_test(test_nul_is_refused_at_once),
		cmocka_unit_test(test_head_of_8_kib_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
