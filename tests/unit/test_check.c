/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <string.h>

#include "decode.h"
#include "jpeg/check.h"
#include "make_jpeg.h"
#include "random.h"

static const struct make_options plain = { 0 };

/* Exactly `length` bytes on the heap, so that AddressSanitizer sees one more. */
static int
check(const unsigned char *jpeg, uint32_t length, struct jpeg_shape *shape, struct cause *why)
{
	unsigned char *exact = malloc(length == 0 ? 1 : length);
	int result;

	memcpy(exact, jpeg, length);
	result = jpeg_check(exact, length, shape, why);
	free(exact);
	return result;
}

static void
accepted(const struct made *made, uint32_t width, uint32_t height)
{
	struct jpeg_shape shape;
	struct cause why = { .text = "" };

	if (check(made->jpeg, (uint32_t)made->length, &shape, &why) == -1)
		fail_msg("%s", why.text);
	assert_int_equal(shape.width, width);
	assert_int_equal(shape.height, height);
	assert_int_equal(shape.begin, 0);
	assert_int_equal(shape.end, made->length);
	assert_int_equal(shape.orientation, 1);
	assert_true(shape.has_dht);
	assert_true(shape.has_eoi);
}

static void
refused(const unsigned char *jpeg, uint32_t length, const char *says)
{
	struct jpeg_shape shape;
	struct cause why = { .text = "" };

	assert_int_equal(check(jpeg, length, &shape, &why), -1);
	if (strstr(why.text, says) == NULL)
		fail_msg("says \"%s\", not \"%s\"", why.text, says);
}

/* Where the first marker FF `code` is. */
static uint32_t
find(const struct made *made, unsigned char code)
{
	for (uint32_t at = 2; at + 4 <= made->length;
	     at += 2u + (made->jpeg[at + 2] << 8) + made->jpeg[at + 3])
		if (made->jpeg[at + 1] == code)
			return at;
	fail_msg("no marker %02X", code);
	return 0;
}

static void
cut_out(struct made *made, uint32_t at, uint32_t length)
{
	memmove(made->jpeg + at, made->jpeg + at + length, made->length - at - length);
	made->length -= length;
}

static void
put_in(struct made *made, uint32_t at, const void *bytes, uint32_t length)
{
	made->jpeg = realloc(made->jpeg, made->length + length);
	memmove(made->jpeg + at + length, made->jpeg + at, made->length - at);
	memcpy(made->jpeg + at, bytes, length);
	made->length += length;
}

/* All DHT segments, also those between scans. No FF C4 is in the coded data. */
static void
tables_remove(struct made *made)
{
	for (uint32_t at = 2; at + 4 <= made->length; at++)
		while (made->jpeg[at] == 0xff && made->jpeg[at + 1] == 0xc4)
			cut_out(made, at, 2u + (made->jpeg[at + 2] << 8) + made->jpeg[at + 3]);
}

static void
test_what_cameras_send_is_taken(void **state)
{
	static const struct make_options kinds[] = { { 0 }, { .progressive = true },
		{ .optimised = true }, { .separate = true }, { .restart = 1 },
		{ .restart = 7, .progressive = true }, { .components = 1 }, { .components = 4 } };

	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		struct made made = make_jpeg(57, 43, &kinds[i]);
		accepted(&made, 57, 43);
		free(made.jpeg);
	}
}

/* Cut within the data of one sequential pass: the markers say nothing more, EOI is missing, and
 * the decoder decides (test_decode.c). */
static void
test_every_truncation_is_seen(void **state)
{
	static const struct make_options kinds[] = { { 0 }, { .progressive = true },
		{ .restart = 2 }, { .separate = true } };

	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		struct made made = make_jpeg(33, 17, &kinds[i]);
		struct jpeg_shape shape;
		unsigned open = 0;

		for (uint32_t length = 0; length < made.length; length++) {
			if (check(made.jpeg, length, &shape, NULL) == -1) {
				refused(made.jpeg, length, length < 2 ? "not a JPEG" : "");
				continue;
			}
			assert_false(shape.has_eoi);
			assert_true(shape.end <= length);
			open++;
		}
		assert_true(open > 0);
		free(made.jpeg);
	}
}

static void
test_padding_is_cut_off(void **state)
{
	struct made made = make_jpeg(33, 17, &plain);
	uint32_t whole = (uint32_t)made.length;
	unsigned char padding[512] = { 0 };
	struct jpeg_shape shape;

	(void)state;
	put_in(&made, whole, padding, sizeof padding);
	assert_int_equal(check(made.jpeg, (uint32_t)made.length, &shape, NULL), 0);
	assert_int_equal(shape.end, whole);
	assert_int_equal(jpeg_repaired_length(&shape), whole);
	free(made.jpeg);
}

static void
test_fill_bytes_comments_and_applications(void **state)
{
	static const unsigned char fill[] = { 0xff, 0xff, 0xff };
	/* Holds an EOI and an SOI of its own, as thumbnails do. */
	static const unsigned char thumbnail[] = { 0xff, 0xe1, 0, 8, 0xff, 0xd8, 0xff, 0xd9, 1, 2 };
	static const unsigned char comment[] = { 0xff, 0xfe, 0, 2 };
	struct made made = make_jpeg(33, 17, &plain);

	(void)state;
	put_in(&made, 2, comment, sizeof comment);
	put_in(&made, 2, thumbnail, sizeof thumbnail);
	accepted(&made, 33, 17);
	put_in(&made, 2, fill, sizeof fill);
	put_in(&made, (uint32_t)made.length - 2, fill, sizeof fill);
	accepted(&made, 33, 17);
	free(made.jpeg);
}

static void
test_wrong_lengths(void **state)
{
	/* After an APP segment with a wrong length decoders find the next marker. */
	static const unsigned char markers[] = { 0xdb, 0xc0, 0xc4, 0xda };
	static const int wrong[] = { 0, 1, 2, 3, 0xffff, -1, +1 }; /* ±1 to the right one */

	(void)state;
	for (size_t i = 0; i < sizeof markers; i++)
		for (size_t j = 0; j < sizeof wrong / sizeof *wrong; j++) {
			struct made made = make_jpeg(33, 17, &plain);
			uint32_t at = find(&made, markers[i]);
			int right = made.jpeg[at + 2] << 8 | made.jpeg[at + 3];
			int length = j < 5 ? wrong[j] : right + wrong[j];

			if (markers[i] == 0xc4 && length == 2)
				length = right; /* no table at all: the default ones are put in */
			made.jpeg[at + 2] = (unsigned char)(length >> 8);
			made.jpeg[at + 3] = (unsigned char)length;
			if (length != right)
				refused(made.jpeg, (uint32_t)made.length, "");
			free(made.jpeg);
		}
}

/* One byte of a good JPEG is changed: the reason for the refusal. */
static void
test_bad_headers(void **state)
{
	static const struct {
		unsigned char marker, offset, value;
		const char *says;
	} cases[] = {
		{ 0xc0, 1, 0xc3, "browsers cannot show" },
		{ 0xc0, 1, 0xc5, "browsers cannot show" },
		{ 0xc0, 1, 0xc9, "browsers cannot show" },
		{ 0xc0, 1, 0xcc, "browsers cannot show" },
		{ 0xc0, 1, 0xde, "browsers cannot show" },
		{ 0xc0, 1, 0xc8, "browsers cannot show" },
		{ 0xc0, 1, 0xe5, "before the frame header" },
		{ 0xc0, 9, 0, "bad frame header" },
		{ 0xc0, 9, 4, "bad frame header" },
		{ 0xc0, 11, 0x51, "bad frame header" },
		{ 0xc0, 11, 0x20, "bad frame header" },
		{ 0xc0, 12, 4, "bad frame header" },
		{ 0xc0, 12, 2, "no quantisation table" },
		{ 0xc0, 4, 12, "12 bits a sample" },
		{ 0xc0, 9, 2, "bad frame header" },
		{ 0xc0, 6, 0, "33x0 is out of range" },
		{ 0xc0, 8, 0, "0x17 is out of range" },
		{ 0xc0, 5, 0xff, "33x65297" },
		{ 0xc0, 7, 0xff, "too few for 65313x17" },
		{ 0xc0, 7, 0x20, "too few for 8225x17" },
		{ 0xdb, 4, 0x20, "bad quantisation" },
		{ 0xdb, 4, 0x04, "bad quantisation" },
		{ 0xdb, 4, 0x10, "bad quantisation" },
		{ 0xc4, 4, 0x20, "bad Huffman" },
		{ 0xc4, 4, 0x04, "bad Huffman" },
		{ 0xc4, 6, 200, "bad Huffman" },
		{ 0xda, 4, 0, "bad scan" },
		{ 0xda, 4, 4, "bad scan" },
		{ 0xe0, 1, 0x02, "out of place" },
		{ 0xe0, 1, 0xf0, "out of place" },
		{ 0xe0, 1, 0xd9, "without a picture" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct made made = make_jpeg(33, 17, &plain);
		uint32_t at = find(&made, cases[i].marker);

		made.jpeg[at + cases[i].offset] = cases[i].value;
		refused(made.jpeg, (uint32_t)made.length, cases[i].says);
		free(made.jpeg);
	}
}

static void
test_too_large_and_two_frames(void **state)
{
	struct made made = make_jpeg(33, 17, &plain);
	uint32_t at = find(&made, 0xc0);
	unsigned char frame[19];

	(void)state;
	memcpy(frame, made.jpeg + at, sizeof frame);
	put_in(&made, at, frame, sizeof frame);
	refused(made.jpeg, (uint32_t)made.length, "two frame headers");
	cut_out(&made, at, sizeof frame);
	made.jpeg[at + 7] = 0xff;
	made.jpeg[at + 8] = 0xdd; /* 65501 */
	refused(made.jpeg, (uint32_t)made.length, "65501x17 is out of range");
	free(made.jpeg);
}

static void
test_damaged_data(void **state)
{
	static const unsigned char again[] = { 0xff, 0xd8 };
	struct made made = make_jpeg(33, 17, &plain);
	uint32_t scan = find(&made, 0xda) + 14;
	struct made arithmetic = make_jpeg(33, 17, &(struct make_options){ .arithmetic = true });
	struct jpeg_shape shape;

	(void)state;
	refused(arithmetic.jpeg, (uint32_t)arithmetic.length, "browsers cannot show");
	/* The rest of this frame is the beginning of the next. */
	put_in(&made, scan + 20, again, sizeof again);
	assert_int_equal(check(made.jpeg, (uint32_t)made.length, &shape, NULL), 0);
	assert_false(shape.has_eoi);
	assert_int_equal(shape.end, scan + 20);
	cut_out(&made, scan, (uint32_t)made.length - 2 - scan);
	refused(made.jpeg, (uint32_t)made.length, "empty scan");
	free(made.jpeg);
	free(arithmetic.jpeg);
}

static void
test_missing_tables_are_put_in(void **state)
{
	struct made made = make_jpeg(57, 43, &plain), bare = make_jpeg(57, 43, &plain);
	struct decoded whole, repaired;
	struct jpeg_shape shape;
	unsigned char *out;

	(void)state;
	tables_remove(&bare);
	assert_int_equal(check(bare.jpeg, (uint32_t)bare.length, &shape, NULL), 0);
	assert_false(shape.has_dht);
	assert_int_equal(shape.dht_at, find(&bare, 0xda));
	assert_int_equal(jpeg_repaired_length(&shape), bare.length + 420);
	out = malloc(jpeg_repaired_length(&shape));
	jpeg_repair(bare.jpeg, &shape, out);
	assert_int_equal(jpeg_check(out, jpeg_repaired_length(&shape), &shape, NULL), 0);
	assert_true(shape.has_dht);
	/* libjpeg has default tables of its own: compare with the ones it writes. */
	for (uint32_t i = 0, at = find(&made, 0xc4), mine = find(&bare, 0xda) + 4; i < 4; i++) {
		uint32_t length = (uint32_t)(made.jpeg[at + 2] << 8 | made.jpeg[at + 3]) - 2;

		assert_memory_equal(made.jpeg + at + 4, out + mine, length);
		at += length + 4;
		mine += length;
	}
	whole = decode_whole(made.jpeg, made.length);
	repaired = decode_whole(out, jpeg_repaired_length(&shape));
	assert_int_equal(repaired.warnings, 0);
	assert_memory_equal(whole.pixels, repaired.pixels, 57 * 43 * 3);
	free(whole.pixels);
	free(repaired.pixels);
	free(out);
	free(made.jpeg);
	free(bare.jpeg);
}

/* They go before the first of several scans. */
static void
test_missing_tables_of_several_scans(void **state)
{
	struct made made = make_jpeg(57, 43, &(struct make_options){ .separate = true });
	struct decoded whole = decode_whole(made.jpeg, made.length), repaired;
	struct jpeg_shape shape;
	unsigned char *out;

	(void)state;
	tables_remove(&made);
	assert_int_equal(check(made.jpeg, (uint32_t)made.length, &shape, NULL), 0);
	assert_int_equal(shape.dht_at, find(&made, 0xda));
	out = malloc(jpeg_repaired_length(&shape));
	jpeg_repair(made.jpeg, &shape, out);
	repaired = decode_whole(out, jpeg_repaired_length(&shape));
	assert_int_equal(repaired.warnings, 0);
	assert_memory_equal(whole.pixels, repaired.pixels, 57 * 43 * 3);
	free(whole.pixels);
	free(repaired.pixels);
	free(out);
	free(made.jpeg);
}

/* A DHT segment of one table with 255 or fewer codes of 15 bits and `more` of 16. */
static void
table_put_in(struct made *made, unsigned char codes, unsigned char more)
{
	unsigned char table[2 + 2 + 17 + 2 * 255] = { 0xff, 0xc4 };
	unsigned length = 2u + 17 + codes + more;

	table[2] = (unsigned char)(length >> 8);
	table[3] = (unsigned char)length;
	table[4 + 15] = codes;
	table[4 + 16] = more;
	put_in(made, 2, table, 2 + length);
}

static void
test_too_many_codes(void **state)
{
	struct made made = make_jpeg(33, 17, &plain);

	(void)state;
	table_put_in(&made, 128, 128);
	accepted(&made, 33, 17);
	table_put_in(&made, 128, 129);
	refused(made.jpeg, (uint32_t)made.length, "bad Huffman");
	free(made.jpeg);
}

static void
test_progressive_without_tables_is_refused(void **state)
{
	struct made made = make_jpeg(33, 17, &plain);

	(void)state;
	tables_remove(&made);
	made.jpeg[find(&made, 0xc0) + 1] = 0xc2;
	made.jpeg[find(&made, 0xda) + 12] = 0; /* the means alone */
	refused(made.jpeg, (uint32_t)made.length, "no Huffman table");
	free(made.jpeg);
}

static void
test_whole_jpeg_needs_no_repair(void **state)
{
	struct made made = make_jpeg(57, 43, &plain);
	struct jpeg_shape shape;
	unsigned char *out = malloc(made.length);

	(void)state;
	assert_int_equal(check(made.jpeg, (uint32_t)made.length, &shape, NULL), 0);
	assert_int_equal(jpeg_repaired_length(&shape), made.length);
	jpeg_repair(made.jpeg, &shape, out);
	assert_memory_equal(out, made.jpeg, made.length);
	free(out);
	free(made.jpeg);
}

/* Whatever the input is, an accepted picture lies within it. */
static void
test_random_damage(void **state)
{
	struct made made = make_jpeg(57, 43, &(struct make_options){ .restart = 3 });
	unsigned char *damaged = malloc(made.length);
	struct random random = { 7 };
	struct jpeg_shape shape;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		memcpy(damaged, made.jpeg, made.length);
		for (uint32_t n = random_below(&random, 4); n < 4; n++)
			damaged[random_below(&random, n < 3 ? 700 : (uint32_t)made.length)] =
			    (unsigned char)random_below(&random, 256);
		if (check(damaged, (uint32_t)made.length, &shape, NULL) == 0) {
			assert_true(shape.end <= made.length);
			assert_true(shape.dht_at < shape.end);
			if (shape.has_eoi)
				assert_int_equal(damaged[shape.end - 1], 0xd9);
		}
	}
	free(damaged);
	free(made.jpeg);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_cameras_send_is_taken),
		cmocka_unit_test(test_every_truncation_is_seen),
		cmocka_unit_test(test_padding_is_cut_off),
		cmocka_unit_test(test_fill_bytes_comments_and_applications),
		cmocka_unit_test(test_wrong_lengths),
		cmocka_unit_test(test_bad_headers),
		cmocka_unit_test(test_too_large_and_two_frames),
		cmocka_unit_test(test_damaged_data),
		cmocka_unit_test(test_missing_tables_are_put_in),
		cmocka_unit_test(test_missing_tables_of_several_scans),
		cmocka_unit_test(test_too_many_codes),
		cmocka_unit_test(test_progressive_without_tables_is_refused),
		cmocka_unit_test(test_whole_jpeg_needs_no_repair),
		cmocka_unit_test(test_random_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
