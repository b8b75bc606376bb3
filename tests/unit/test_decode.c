/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <string.h>

#include "decode.h"
#include "jpeg/jpeg.h"
#include "make_jpeg.h"
#include "random.h"

static struct jpeg_decoder *decoder;

/* The mean of each 8x8 block of a full-size decode, cut at the picture's edge. */
static unsigned
block_mean(const struct decoded *whole, uint32_t column, uint32_t row)
{
	unsigned sum = 0, count = 0;

	for (uint32_t y = 8 * row; y < 8 * row + 8 && y < whole->height; y++)
		for (uint32_t x = 8 * column; x < 8 * column + 8 && x < whole->width; x++, count++)
			sum += whole->pixels[((size_t)y * whole->width + x) * whole->channels];
	return sum / count;
}

static void
test_grey_is_the_mean_of_blocks(void **state)
{
	static const struct make_options kinds[] = { { 0 }, { .progressive = true },
		{ .components = 1 }, { .restart = 3 } };

	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		struct made made = make_jpeg(128, 72, &kinds[i]);
		struct decoded whole = decode_whole(made.jpeg, made.length);
		unsigned char grey[16 * 9];
		uint32_t width = 0, height = 0;

		assert_int_equal(jpeg_decode_grey8(decoder, made.jpeg, (uint32_t)made.length, grey,
				     sizeof grey, &width, &height, NULL),
		    0);
		assert_int_equal(width, 16);
		assert_int_equal(height, 9);
		for (uint32_t n = 0; n < width * height; n++)
			assert_in_range(
			    grey[n] + 4 - block_mean(&whole, n % width, n / width), 0, 8);
		free(whole.pixels);
		free(made.jpeg);
	}
}

static void
test_sizes_round_up_and_must_fit(void **state)
{
	struct made made = make_jpeg(129, 65, &(struct make_options){ 0 });
	unsigned char grey[17 * 9 + 1];
	uint32_t width = 0, height = 0;
	struct cause why;

	(void)state;
	grey[17 * 9] = 0xa5;
	assert_int_equal(jpeg_decode_grey8(decoder, made.jpeg, (uint32_t)made.length, grey,
			     17 * 9 - 1, &width, &height, &why),
	    -1);
	assert_string_equal(why.text, "129x65 is more than there is room for");
	assert_int_equal(jpeg_decode_grey8(decoder, made.jpeg, (uint32_t)made.length, grey, 17 * 9,
			     &width, &height, &why),
	    0);
	assert_int_equal(width, 17);
	assert_int_equal(height, 9);
	assert_int_equal(grey[17 * 9], 0xa5);
	free(made.jpeg);
}

static void
test_what_cannot_be_decoded_is_refused(void **state)
{
	struct made made = make_jpeg(128, 72, &(struct make_options){ .components = 4 });
	unsigned char grey[16 * 9];
	uint32_t width, height;
	struct cause why = { .text = "" };

	(void)state;
	assert_int_equal(jpeg_decode_grey8(decoder, made.jpeg, (uint32_t)made.length, grey,
			     sizeof grey, &width, &height, &why),
	    -1);
	assert_string_not_equal(why.text, "");
	assert_int_equal(jpeg_decode_grey8(decoder, (const unsigned char *)"nonsense", 8, grey,
			     sizeof grey, &width, &height, &why),
	    -1);
	assert_int_equal(
	    jpeg_decode_grey8(decoder, made.jpeg, 0, grey, sizeof grey, &width, &height, &why), -1);
	free(made.jpeg);
}

/* A progressive picture whose last scan is repeated many times. */
static void
test_endless_scans_are_refused(void **state)
{
	struct made made = make_jpeg(128, 72, &(struct make_options){ .progressive = true });
	uint32_t last = (uint32_t)made.length - 2, scan, length;
	unsigned char *bomb, grey[16 * 9];
	uint32_t width, height;
	struct cause why;

	(void)state;
	for (scan = last; made.jpeg[scan] != 0xff || made.jpeg[scan + 1] != 0xda; scan--)
		;
	length = last - scan;
	bomb = malloc(made.length + 100 * (size_t)length);
	memcpy(bomb, made.jpeg, last);
	for (uint32_t i = 0; i < 100; i++)
		memcpy(bomb + last + i * length, made.jpeg + scan, length);
	memcpy(bomb + last + 100 * length, "\xff\xd9", 2);
	assert_int_equal(jpeg_decode_grey8(decoder, bomb, (uint32_t)made.length + 100 * length,
			     grey, sizeof grey, &width, &height, &why),
	    -1);
	assert_string_equal(why.text, "too many scans");
	free(bomb);
	free(made.jpeg);
}

/* Cut or damaged anywhere: a result or a reason, nothing outside is read, and the next good
 * picture decodes as usual. */
static void
test_damage_is_survived(void **state)
{
	struct made made = make_jpeg(128, 72, &(struct make_options){ .restart = 5 });
	unsigned char *damaged = malloc(made.length), good[16 * 9], grey[16 * 9];
	struct random random = { 3 };
	uint32_t width, height;

	(void)state;
	jpeg_decode_grey8(
	    decoder, made.jpeg, (uint32_t)made.length, good, sizeof good, &width, &height, NULL);
	for (int round = 0; round < 3000; round++) {
		uint32_t length = random_below(&random, (uint32_t)made.length + 1);

		memcpy(damaged, made.jpeg, made.length);
		for (int i = 0; i < 4; i++)
			damaged[random_below(&random, i < 2 ? 700 : (uint32_t)made.length)] =
			    (unsigned char)random_below(&random, 256);
		jpeg_decode_grey8(
		    decoder, damaged, length, grey, sizeof grey, &width, &height, NULL);
	}
	assert_int_equal(jpeg_decode_grey8(decoder, made.jpeg, (uint32_t)made.length, grey,
			     sizeof grey, &width, &height, NULL),
	    0);
	assert_memory_equal(grey, good, sizeof good);
	free(damaged);
	free(made.jpeg);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grey_is_the_mean_of_blocks),
		cmocka_unit_test(test_sizes_round_up_and_must_fit),
		cmocka_unit_test(test_what_cannot_be_decoded_is_refused),
		cmocka_unit_test(test_endless_scans_are_refused),
		cmocka_unit_test(test_damage_is_survived),
	};
	int failed;

	decoder = jpeg_decoder_new();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	jpeg_decoder_free(&decoder);
	return failed;
}
