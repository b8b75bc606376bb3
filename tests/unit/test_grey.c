/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "capture/grey.h"

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
	memset(data, 0xee, sizeof data);	/* chroma and padding must not count */
	for (unsigned y = 0; y < HEIGHT; y++)
		for (unsigned x = 0; x < WIDTH; x++)
			memset(data + y * STRIDE + x * pixel_bytes + at, level(x, y), copies);
}

static void
check(enum pixel_format format, unsigned tolerance)
{
	struct picture picture = { .format = format, .width = WIDTH, .height = HEIGHT,
	    .stride = STRIDE, .data = data, .length = sizeof data };
	unsigned char *grey = malloc(grey_size(WIDTH, HEIGHT));	/* exact: a sanitizer sees one byte more */
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

static void
test_a_block_is_its_mean(void **state)
{
	struct picture picture = { .format = PIXEL_GREY, .width = 8, .height = 8,
	    .stride = 8, .data = data, .length = 64 };
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
		cmocka_unit_test(test_a_block_is_its_mean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
