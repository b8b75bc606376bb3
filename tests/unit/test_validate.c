/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "fastcgi/validate.h"
#include "fastcgi/record.h"

/* Requests are put together here, byte by byte. */
static unsigned char bytes[VALIDATE_WINDOW + 200000];
static size_t used;

static void
put(const void *more, size_t length)
{
	memcpy(bytes + used, more, length);
	used += length;
}

static void
put_record(int type, const void *content, size_t length, unsigned padding)
{
	unsigned char header[RECORD_HEADER_SIZE];
	static const unsigned char zeros[255];

	record_header(header, (enum record_type)type, length);
	header[6] = (unsigned char)padding;
	put(header, sizeof header);
	put(content, length);
	put(zeros, padding);
}

static void
put_begin(void)
{
	static const unsigned char body[8] = { 0, RECORD_RESPONDER, RECORD_KEEP_CONN };

	used = 0;
	put_record(RECORD_BEGIN_REQUEST, body, sizeof body, 0);
}

static void
put_request(const char *params, size_t length, size_t body)
{
	char *content = calloc(1, body + 1);

	put_begin();
	put_record(RECORD_PARAMS, params, length, 3);
	put_record(RECORD_PARAMS, "", 0, 0);
	for (size_t at = 0; at < body; at += 60000)
		put_record(RECORD_STDIN, content, body - at < 60000 ? body - at : 60000, 0);
	put_record(RECORD_STDIN, "", 0, 0);
	free(content);
}

static enum validate_verdict
look(size_t length)
{
	const char *reason = NULL;
	/* A copy of its own, so that a sanitizer sees a read too far. */
	unsigned char *copy = malloc(length > 0 ? length : 1);
	enum validate_verdict verdict;

	memcpy(copy, bytes, length);
	verdict = validate_look(copy, length, &reason);
	free(copy);
	assert_int_equal(reason != NULL, verdict == VALIDATE_REFUSE);
	return verdict;
}

static void
test_every_cut_of_a_good_request_is_more(void **state)
{
	(void)state;
	put_request("\1\1ab\3\0abc\x80\0\0\2\x80\0\0\1xyz", 20, 40);
	for (size_t cut = 0; cut < used; cut++)
		assert_int_equal(look(cut), VALIDATE_MORE);
	assert_int_equal(look(used), VALIDATE_PASS);
	put("x", 1);
	assert_int_equal(look(used), VALIDATE_REFUSE);
}

static void
test_params_may_break_anywhere(void **state)
{
	static const char params[] = "\x80\0\0\4\x80\0\0\3NAMEval\1\1ab";
	size_t length = sizeof params - 1;

	(void)state;
	for (size_t cut = 1; cut < length; cut++) {
		put_begin();
		put_record(RECORD_PARAMS, params, cut, (unsigned)cut);
		put_record(RECORD_PARAMS, params + cut, length - cut, 0);
		put_record(RECORD_PARAMS, "", 0, 0);
		put_record(RECORD_STDIN, "body", 4, 9);
		put_record(RECORD_STDIN, "", 0, 0);
		assert_int_equal(look(used), VALIDATE_PASS);
	}
	for (size_t cut = 1; cut < length; cut++) {
		put_begin();
		put_record(RECORD_PARAMS, params, cut, 0);
		put_record(RECORD_PARAMS, "", 0, 0);
		assert_int_equal(look(used), cut == 15 ? VALIDATE_MORE : VALIDATE_REFUSE);
	}
}

/* libfcgi takes it for a record. */
static void
test_padding_outside_a_stream(void **state)
{
	static const unsigned char body[8] = { 0, RECORD_RESPONDER };

	(void)state;
	used = 0;
	put_record(RECORD_BEGIN_REQUEST, body, sizeof body, 1);
	assert_int_equal(look(used), VALIDATE_REFUSE);
	put_begin();
	put_record(RECORD_PARAMS, "", 0, 1);
	assert_int_equal(look(used), VALIDATE_REFUSE);
	put_begin();
	put_record(RECORD_PARAMS, "", 0, 0);
	put_record(RECORD_STDIN, "", 0, 1);
	assert_int_equal(look(used), VALIDATE_REFUSE);
}

/* What makes libfcgi abort, and a length that is merely too long. */
static void
test_lengths_beyond_the_stream(void **state)
{
	static const char *const lengths[] = { "\xff\xff\xff\xfe\xff\xff\xff\xfe",
		"\xff\xff\xff\xff\xff\xff\xff\xff", "\x80\1\0\0\1", "\1\x80\1\0\0",
		"\x80\0\xff\xff\x80\0\0\2" };
	static const size_t sizes[] = { 8, 8, 5, 5, 8 };

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		put_begin();
		put_record(RECORD_PARAMS, lengths[i], sizes[i], 0);
		assert_int_equal(look(used), VALIDATE_REFUSE);
	}
	put_begin();
	put_record(RECORD_PARAMS, "\x80\0\xff\xff\1", 5, 0); /* 65535 + 1: just right */
	assert_int_equal(look(used), VALIDATE_MORE);
}

static void
test_records_out_of_order(void **state)
{
	static const unsigned char body[8] = { 0, RECORD_RESPONDER };

	(void)state;
	for (int type = 0; type < 256; type++) {
		used = 0;
		put_record(type, body, 8, 0);
		assert_int_equal(
		    look(used), type == RECORD_BEGIN_REQUEST ? VALIDATE_MORE : VALIDATE_REFUSE);
		put_begin();
		put_record(type, "\1\1ab", 4, 0);
		assert_int_equal(
		    look(used), type == RECORD_PARAMS ? VALIDATE_MORE : VALIDATE_REFUSE);
		put_begin();
		put_record(RECORD_PARAMS, "\1\1ab", 4, 0);
		put_record(RECORD_PARAMS, "", 0, 0);
		put_record(type, "body", 4, 0);
		assert_int_equal(
		    look(used), type == RECORD_STDIN ? VALIDATE_MORE : VALIDATE_REFUSE);
	}
}

static void
test_only_request_1_of_a_responder(void **state)
{
	(void)state;
	for (int at = 0; at < 16; at++) {
		put_begin();
		bytes[at] ^= 0x42;
		switch (at) {
		case 7:
		case 10:
		case 11:
		case 12:
		case 13:
		case 14:
		case 15: /* reserved, flags */ assert_int_equal(look(used), VALIDATE_MORE); break;
		default: assert_int_equal(look(used), VALIDATE_REFUSE);
		}
	}
	/* GET_VALUES smashes libfcgi's stack. */
	used = 0;
	put_record(9, "\16\0FCGI_MAX_CONNS", 16, 0);
	bytes[3] = 0;
	assert_int_equal(look(used), VALIDATE_REFUSE);
}

static void
test_bodies(void **state)
{
	(void)state;
	put_request("\1\1ab", 4, VALIDATE_BODY_MAX);
	assert_int_equal(look(used), VALIDATE_PASS);
	put_request("\1\1ab", 4, VALIDATE_BODY_MAX + 1);
	assert_int_equal(look(used), VALIDATE_LARGE);
	/* Said as soon as it is announced. */
	assert_int_equal(look(used - VALIDATE_BODY_MAX), VALIDATE_LARGE);
	/* Two records that are too large together. */
	put_request("\1\1ab", 4, 10000);
	used -= RECORD_HEADER_SIZE;
	put_record(RECORD_STDIN, bytes, VALIDATE_BODY_MAX - 10000, 0);
	assert_int_equal(look(used), VALIDATE_MORE);
	put_record(RECORD_STDIN, "x", 1, 0);
	assert_int_equal(look(used), VALIDATE_LARGE);
}

static void
test_bounds(void **state)
{
	static char params[VALIDATE_PARAMS_MAX + 4096];

	(void)state;
	memset(params, 0, sizeof params);
	put_request(params, 2 * VALIDATE_PAIRS_MAX, 0); /* empty names and values */
	assert_int_equal(look(used), VALIDATE_PASS);
	put_request(params, 2 * VALIDATE_PAIRS_MAX + 2, 0);
	assert_int_equal(look(used), VALIDATE_REFUSE);

	memset(params, 'x', sizeof params);
	memcpy(params, "\1\x80\0\xff\xf0", 5);
	put_begin();
	put_record(RECORD_PARAMS, params, 60000, 0);
	put_record(RECORD_PARAMS, params + 60000, 5536, 0);
	assert_int_equal(look(used), VALIDATE_MORE); /* 64 KiB */
	put_begin();
	put_record(RECORD_PARAMS, params, 60000, 0);
	put_record(RECORD_PARAMS, params + 60000, 5537, 0);
	assert_int_equal(look(used), VALIDATE_REFUSE); /* and a byte */

	memset(bytes, 0, VALIDATE_WINDOW);
	put_begin();
	for (size_t left = VALIDATE_WINDOW - used; left >= 9; left -= 9)
		put_record(RECORD_PARAMS, "\0", 1, 0);
	assert_int_equal(look(used), VALIDATE_REFUSE);
	memcpy(params, "\1\1a\0", 4);
	put_request(params, 4, 0);
	assert_int_equal(look(used), VALIDATE_REFUSE);
}

/* Records of one byte: more of them than a window holds. */
static void
test_window(void **state)
{
	(void)state;
	put_begin();
	put_record(RECORD_PARAMS, "\1\x80\0\xf0\0", 5, 0);
	while (used < VALIDATE_WINDOW)
		put_record(RECORD_PARAMS, "x", 1, 0);
	assert_int_equal(look(VALIDATE_WINDOW - 1), VALIDATE_MORE);
	assert_int_equal(look(VALIDATE_WINDOW), VALIDATE_REFUSE);
}

/* Any bytes at all: no read outside (a sanitizer would notice), and some verdict. */
static void
test_noise(void **state)
{
	(void)state;
	srandom(4711);
	for (int round = 0; round < 20000; round++) {
		put_request("\1\1ab\2\2cdef", 10, 5);
		for (int flips = (int)(random() % 4); flips >= 0; flips--)
			bytes[(size_t)random() % used] = (unsigned char)random();
		look((size_t)random() % (used + 1));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_cut_of_a_good_request_is_more),
		cmocka_unit_test(test_params_may_break_anywhere),
		cmocka_unit_test(test_padding_outside_a_stream),
		cmocka_unit_test(test_lengths_beyond_the_stream),
		cmocka_unit_test(test_records_out_of_order),
		cmocka_unit_test(test_only_request_1_of_a_responder),
		cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
