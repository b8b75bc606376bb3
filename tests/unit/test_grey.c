/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "capture/grey.h"
#include "jpeg/jpeg.h"

enum { WIDTH = 29, HEIGHT = 19, STRIDE = 128, COLUMNS = 4, ROWS = 3 };

static unsigned char data[STRIDE * HEIGHT * 2];

/* Brightness of pixel x, y in the test's picture: each block has its own. */
static unsigned char
level(unsigned x, unsigned y)
{
	return (unsigned char)(40 + x / 8 * 10 + y / 8 * 50);
}

static void
paint(unsigned pixel_bytes, unsigned at, unsigned copies)
{
	memset(data, 0xee, sizeof data); /* chroma and padding must not count */
	for (unsigned y = 0; y < HEIGHT; y++)
		for (unsigned x = 0; x < WIDTH; x++)
			memset(data + y * STRIDE + x * pixel_bytes + at, level(x, y), copies);
}

static void
check(enum pixel_format format, unsigned tolerance)
{
	struct picture picture = { .format = format,
		.width = WIDTH,
		.height = HEIGHT,
		.stride = STRIDE,
		.data = data,
		.length = sizeof data };
	unsigned char *grey = malloc(
	    grey_size(WIDTH, HEIGHT)); /* exact: a sanitizer sees one byte more */
	uint32_t width, height;

	assert_int_equal(grey_size(WIDTH, HEIGHT), COLUMNS * ROWS);
	grey_shrink(&picture, grey, &width, &height);
	assert_int_equal(width, COLUMNS);
	assert_int_equal(height, ROWS);
	for (unsigned row = 0; row < ROWS; row++)
		for (unsigned column = 0; column < COLUMNS; column++)
			assert_in_range(grey[row * COLUMNS + column],
			    level(column * 8, row * 8) - tolerance, level(column * 8, row * 8));
	free(grey);
}

static void
test_every_raw_format(void **state)
{
	(void)state;
	paint(1, 0, 1);
	check(PIXEL_GREY, 0);
	check(PIXEL_NV12, 0);
	check(PIXEL_YUV420, 0);
	paint(2, 0, 1);
	check(PIXEL_YUYV, 0);
	paint(2, 1, 1);
	check(PIXEL_UYVY, 0);
	paint(3, 0, 3);
	check(PIXEL_RGB24, 1);
}

/* Packed 4:2:2 of an odd width, in lines as short as drivers make them: exactly the bytes
 * that are there, so that a sanitizer sees one more. */
static void
test_short_lines_of_odd_widths(void **state)
{
	static const enum pixel_format formats[] = { PIXEL_YUYV, PIXEL_UYVY };

	(void)state;
	for (uint32_t width = 1; width <= 35; width += 2)
		for (uint32_t stride = 2 * width - 2; stride <= 2 * width + 2; stride++)
			for (int i = 0; i < 4; i++) {
				struct picture picture = { .format = formats[i % 2],
					.width = width,
					.height = 9,
					.stride = stride };
				uint32_t columns, rows;
				unsigned char grey[5 * 2 + 1], *bytes;

				/* The last line may lack what is no pixel. */
				picture.length = stride * 8 +
				    (i < 2 ? stride : 4 * ((picture_columns(&picture) + 1) / 2));
				bytes = malloc(picture.length);
				memset(bytes, 77, picture.length);
				picture.data = bytes;
				grey[10] = 1;
				if (jpeg_check_raw(&picture, NULL) == 0) {
					grey_shrink(&picture, grey, &columns, &rows);
					assert_int_equal(columns, (width + 7) / 8);
					assert_int_equal(rows, 2);
					for (uint32_t n = 0; n < columns * rows; n++)
						assert_int_equal(grey[n], 77);
				} else {
					assert_true(width == 1 || stride < 2 * width - 2 ||
					    picture.length < stride * 8);
				}
				assert_int_equal(grey[10], 1);
				free(bytes);
			}
}

/* The Exif standard's drawing: where row 0 and column 0 are seen. */
static void
test_turned_as_exif_says(void **state)
{
	static const unsigned char coded[] = { 1, 2, 3, 4, 5, 6 }; /* 3 x 2 */
	static const struct {
		uint32_t width;
		unsigned char shown[6];
	} turned[] = { { 3, { 1, 2, 3, 4, 5, 6 } }, { 3, { 3, 2, 1, 6, 5, 4 } },
		{ 3, { 6, 5, 4, 3, 2, 1 } }, { 3, { 4, 5, 6, 1, 2, 3 } },
		{ 2, { 1, 4, 2, 5, 3, 6 } }, { 2, { 4, 1, 5, 2, 6, 3 } },
		{ 2, { 6, 3, 5, 2, 4, 1 } }, { 2, { 3, 6, 2, 5, 1, 4 } } };

	(void)state;
	for (unsigned orientation = 1; orientation <= 8; orientation++) {
		uint32_t width = 3, height = 2;
		unsigned char shown[6];

		grey_turn(coded, &width, &height, orientation, shown);
		assert_int_equal(width, turned[orientation - 1].width);
		assert_int_equal(width * height, 6);
		assert_memory_equal(shown, turned[orientation - 1].shown, 6);
	}
}

static void
test_a_block_is_its_mean(void **state)
{
	struct picture picture = { .format = PIXEL_GREY,
		.width = 8,
		.height = 8,
		.stride = 8,
		.data = data,
		.length = 64 };
	unsigned char grey;
	uint32_t width, height;

	(void)state;
	for (unsigned i = 0; i < 64; i++)
		data[i] = i % 2 ? 200 : 100;
	grey_shrink(&picture, &grey, &width, &height);
	assert_int_equal(grey, 150);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_raw_format),
		cmocka_unit_test(test_short_lines_of_odd_widths),
		cmocka_unit_test(test_turned_as_exif_says),
		cmocka_unit_test(test_a_block_is_its_mean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
