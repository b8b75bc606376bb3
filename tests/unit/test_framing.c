/* SPDX-License-Identifier: ISC */
/* framing alone: what it makes of bytes, and what it holds while nobody reads.
 * tests/site/test_ws_conformance.py tests the details of the protocol. */
#include "unit.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ws/framing.h"

enum { MESSAGE_LIMIT = 1000 };

struct stage {
	struct evbuffer *out;
	struct framing *framing;
	unsigned messages, most; /* come; to be taken */
	char last[MESSAGE_LIMIT + 1];
	size_t length;
	bool text, echo;
};

static struct stage stage;

static void
on_message(void *arg, const void *data, size_t length, bool text)
{
	(void)arg;
	stage.messages++;
	stage.length = length;
	stage.text = text;
	if (length > 0)
		memcpy(stage.last, data, length);
	stage.last[length] = '\0';
	if (stage.echo)
		framing_send(stage.framing, data, length, text);
}

static bool
on_ready(void *arg)
{
	(void)arg;
	return stage.messages < stage.most;
}

static const struct framing_hooks hooks = { .message = on_message, .ready = on_ready };

static int
setup(void **state)
{
	(void)state;
	memset(&stage, 0, sizeof stage);
	stage.most = 1000000;
	stage.out = evbuffer_new();
	stage.framing = framing_new(&hooks, NULL, MESSAGE_LIMIT, stage.out);
	return stage.framing != NULL ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	framing_free(&stage.framing);
	evbuffer_free(stage.out);
	return 0;
}

/* A client's frame with a mask of zeros. Returns its length. */
static size_t
frame(unsigned char *at, unsigned char first, const void *payload, size_t length)
{
	size_t head = 0;

	at[head++] = first;
	if (length < 126) {
		at[head++] = (unsigned char)(0x80 | length);
	} else {
		at[head++] = 0x80 | 126;
		at[head++] = (unsigned char)(length >> 8);
		at[head++] = (unsigned char)length;
	}
	memset(at + head, 0, 4);
	if (length > 0)
		memcpy(at + head + 4, payload, length);
	return head + 4 + length;
}

static size_t
feed(unsigned char first, const void *payload, size_t length)
{
	static unsigned char bytes[70000];

	return framing_feed(stage.framing, bytes, frame(bytes, first, payload, length));
}

static void
assert_out(const void *bytes, size_t length)
{
	assert_int_equal(evbuffer_get_length(stage.out), length);
	assert_memory_equal(evbuffer_pullup(stage.out, -1), bytes, length);
	evbuffer_drain(stage.out, length);
}

static void
test_messages_and_answers(void **state)
{
	(void)state;
	stage.echo = true;
	assert_int_equal(feed(0x81, "hi", 2), 8);
	assert_string_equal(stage.last, "hi");
	assert_true(stage.text);
	assert_out("\x81\x02hi", 4);
	feed(0x82, "\0\xff", 2);
	assert_false(stage.text);
	assert_out("\x82\x02\0\xff", 4);
	feed(0x81, NULL, 0);
	assert_int_equal(stage.length, 0);
	assert_out("\x81\0", 2);
}

static void
test_byte_by_byte(void **state)
{
	unsigned char bytes[192];
	size_t length = frame(bytes, 0x81, "hello", 5);

	(void)state;
	for (size_t i = 0; i < length; i++)
		assert_int_equal(framing_feed(stage.framing, bytes + i, 1), 1);
	assert_int_equal(stage.messages, 1);
	assert_string_equal(stage.last, "hello");
}

static void
test_a_message_as_long_as_allowed_and_no_longer(void **state)
{
	static const char big[MESSAGE_LIMIT + 1];

	(void)state;
	feed(0x82, big, MESSAGE_LIMIT);
	assert_int_equal(stage.length, MESSAGE_LIMIT);
	feed(0x02, big, 600);
	feed(0x80, big, 400);
	assert_int_equal(stage.messages, 2);
	assert_int_equal(stage.length, MESSAGE_LIMIT);
	feed(0x82, big, MESSAGE_LIMIT + 1);
	assert_true(framing_closed(stage.framing));
	assert_int_equal(stage.messages, 2);
	assert_memory_equal(evbuffer_pullup(stage.out, -1) + 2, "\x03\xf1", 2);
}

static void
test_fragments_together_too_long(void **state)
{
	static const char big[MESSAGE_LIMIT];

	(void)state;
	feed(0x02, big, 600);
	feed(0x89, NULL, 0); /* control frames do not count */
	assert_out("\x8a\0", 2);
	feed(0x80, big, 401);
	assert_true(framing_closed(stage.framing));
	assert_int_equal(stage.messages, 0);
	assert_memory_equal(evbuffer_pullup(stage.out, -1) + 2, "\x03\xf1", 2);
}

/* What is declared is not allocated, and a fragment costs what it holds. */
static void
test_fragments_of_one_byte_cost_one_byte(void **state)
{
	size_t before;

	(void)state;
	if (mallinfo2().uordblks == 0)
		skip(); /* a sanitizer's malloc does not count */
	before = mallinfo2().uordblks;
	feed(0x02, "x", 1);
	for (int i = 0; i < MESSAGE_LIMIT - 1; i++)
		feed(0x00, "x", 1);
	assert_in_range(mallinfo2().uordblks - before, 0, 4 * MESSAGE_LIMIT);
}

static void
test_bad_frame_headers_are_1002(void **state)
{
	static const unsigned char bad[][10] = {
		{ 0x89, 0x80 | 126, 0, 126 },			    /* a ping of 126 bytes */
		{ 0x82, 0x80 | 126, 0, 125 },			    /* 16 bits for 125 */
		{ 0x82, 0x80 | 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff }, /* 64 for 65535 */
		{ 0x82, 0x80 | 127, 0x80 },			    /* the highest bit */
	};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		framing_feed(stage.framing, bad[i], sizeof bad[i]);
		assert_true(framing_closed(stage.framing));
		assert_out("\x88\x02\x03\xea", 4);
		teardown(state);
		setup(state);
	}
}

static void
test_unmasked_is_1002_and_after_it_comes_nothing(void **state)
{
	(void)state;
	stage.echo = true;
	assert_int_equal(framing_feed(stage.framing, "\x81\x02hi", 4), 4);
	assert_true(framing_closed(stage.framing));
	assert_int_equal(stage.messages, 0);
	assert_out("\x88\x02\x03\xea", 4);
	assert_int_equal(feed(0x81, "hi", 2), 8);
	framing_send(stage.framing, "hi", 2, true);
	framing_ping(stage.framing);
	framing_close(stage.framing, FRAMING_GOING_AWAY, "");
	assert_int_equal(evbuffer_get_length(stage.out), 0);
}

static void
test_an_answer_before_the_violation_behind_it(void **state)
{
	unsigned char bytes[192];
	size_t length = frame(bytes, 0x81, "hi", 2);

	(void)state;
	stage.echo = true;
	length += frame(bytes + length, 0xc1, "no", 2);
	framing_feed(stage.framing, bytes, length);
	assert_out("\x81\x02hi\x88\x02\x03\xea", 8);
}

/* wslay looks at a Close in pieces with less care than at a whole one. */
static void
test_close_in_pieces(void **state)
{
	static const struct row {
		const char *payload;
		size_t length;
		const char *code;
	} rows[] = {
		{ "\x03\xe8\xc3\xa9t\xc3\xa9", 7, "\x03\xe8" },
		{ "\x03\xe8\xc3\x28", 4, "\x03\xef" },
		{ "\x03\xe8"
		  "abc\xff",
		    6, "\x03\xef" },
		{ "\x03", 1, "\x03\xea" },
		{ "\x03\xec", 2, "\x03\xea" },
	};
	unsigned char bytes[192];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		size_t length = frame(bytes, 0x88, rows[i].payload, rows[i].length);

		for (size_t at = 0; at < length; at++)
			framing_feed(stage.framing, bytes + at, 1);
		assert_true(framing_closed(stage.framing));
		assert_memory_equal(evbuffer_pullup(stage.out, -1) + 2, rows[i].code, 2);
		teardown(state);
		setup(state);
	}
}

static void
test_takes_no_more_when_not_ready(void **state)
{
	static unsigned char bytes[600];
	size_t used, length = 0;

	(void)state;
	for (int i = 0; i < 100; i++)
		length += frame(bytes + length, 0x82, NULL, 0);
	stage.most = 0;
	assert_int_equal(framing_feed(stage.framing, bytes, length), 0);
	stage.most = 1;
	used = framing_feed(stage.framing, bytes, length);
	assert_in_range(stage.messages, 1, FRAMING_BURST);
	assert_in_range(used, 6, FRAMING_PIECE);
	stage.most = 1000;
	assert_int_equal(framing_feed(stage.framing, bytes + used, length - used), length - used);
	assert_int_equal(stage.messages, 100);
}

/* Pings without end, and a client that reads no pong. */
static void
test_flood_of_pings_is_left_outside(void **state)
{
	static unsigned char bytes[131 * 2000];
	char payload[125] = "";
	size_t length = 0;

	(void)state;
	while (length + 131 <= sizeof bytes)
		length += frame(bytes + length, 0x89, payload, sizeof payload);
	assert_true(framing_feed(stage.framing, bytes, length) < length);
	assert_in_range(evbuffer_get_length(stage.out), FRAMING_OUT_MAX, FRAMING_OUT_MAX + 4096);
	assert_int_equal(framing_feed(stage.framing, bytes, length), 0);
	assert_false(framing_closed(stage.framing));
}

static void
test_closes_once_with_code_and_reason(void **state)
{
	(void)state;
	framing_ping(stage.framing);
	assert_out("\x89\0", 2);
	framing_close(stage.framing, FRAMING_GOING_AWAY, "bye");
	framing_close(stage.framing, FRAMING_TOO_BIG, "");
	assert_true(framing_closed(stage.framing));
	assert_out("\x88\x05\x03\xe9"
		   "bye",
	    7);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_messages_and_answers),
		TEST(test_byte_by_byte),
		TEST(test_a_message_as_long_as_allowed_and_no_longer),
		TEST(test_fragments_together_too_long),
		TEST(test_fragments_of_one_byte_cost_one_byte),
		TEST(test_bad_frame_headers_are_1002),
		TEST(test_unmasked_is_1002_and_after_it_comes_nothing),
		TEST(test_an_answer_before_the_violation_behind_it),
		TEST(test_close_in_pieces),
		TEST(test_takes_no_more_when_not_ready),
		TEST(test_flood_of_pings_is_left_outside),
		TEST(test_closes_once_with_code_and_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
