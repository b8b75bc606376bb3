/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode.h"
#include "jpeg/check.h"
#include "jpeg/encoder_pool.h"
#include "jpeg/jpeg.h"

enum { CAPACITY = 4 << 20 };

static unsigned char alone[CAPACITY], together[CAPACITY];

/* A picture whose every line differs; the caller frees its data. */
static struct picture
scene(enum pixel_format format, uint32_t width, uint32_t height)
{
	static const uint32_t bytes[PIXEL_FORMATS] = { [PIXEL_YUYV] = 2,
		[PIXEL_UYVY] = 2,
		[PIXEL_NV12] = 1,
		[PIXEL_YUV420] = 1,
		[PIXEL_GREY] = 1,
		[PIXEL_RGB24] = 3 };
	uint32_t even = (width + 1) & ~1u, stride = bytes[format] * even;
	struct picture picture = { .format = format,
		.width = width,
		.height = height,
		.stride = stride,
		.length = stride * height + stride * ((height + 1) / 2) };
	unsigned char *data = malloc(picture.length);

	for (uint32_t i = 0; i < picture.length; i++)
		data[i] = (unsigned char)((i % stride) * 255 / stride + i / stride * 7 +
		    (i * 2654435761u >> 29));
	picture.data = data;
	return picture;
}

/* The same picture, pixel by pixel, as one thread makes it. */
static void
check_same(unsigned threads, enum pixel_format format, uint32_t width, uint32_t height)
{
	struct picture picture = scene(format, width, height);
	struct encoder_pool *pool = encoder_pool_new(threads, NULL);
	struct jpeg_encoder *encoder = jpeg_encoder_new();
	long expected = jpeg_encode(encoder, &picture, 80, alone, CAPACITY, NULL);
	struct jpeg_shape shape;
	struct decoded a, b;
	long length;

	length = encoder_pool_encode(pool, &picture, 80, together, CAPACITY, NULL);
	assert_true(expected > 0 && length > 0);
	assert_in_range(length, expected - expected / 50 - 64, expected + expected / 50 + 64);
	assert_int_equal(jpeg_check(together, (uint32_t)length, &shape, NULL), 0);
	assert_int_equal(shape.end, length);
	a = decode_whole(alone, (size_t)expected);
	b = decode_whole(together, (size_t)length);
	assert_int_equal(b.warnings, 0);
	assert_int_equal(b.width, width);
	assert_int_equal(b.height, height);
	assert_memory_equal(a.pixels, b.pixels, (size_t)width * height * a.channels);
	free(a.pixels);
	free(b.pixels);
	free((void *)picture.data);
	jpeg_encoder_free(&encoder);
	encoder_pool_free(&pool);
	assert_null(pool);
}

static void
test_bands_make_the_same_picture(void **state)
{
	static const uint32_t sizes[][2] = { { 640, 480 }, { 320, 182 }, { 99, 77 }, { 16, 33 },
		{ 8, 8 }, { 1, 1 } };

	(void)state;
	for (enum pixel_format format = PIXEL_YUYV; format < PIXEL_FORMATS; format++)
		for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
			for (unsigned threads = 1; threads <= ENCODER_POOL_MOST;
			     threads += threads < 3 ? 1 : 5)
				check_same(threads, format, sizes[i][0], sizes[i][1]);
}

static void
test_bands_really_are_used(void **state)
{
	struct picture picture = scene(PIXEL_YUV420, 640, 480);
	struct encoder_pool *pool = encoder_pool_new(3, NULL);
	long length = encoder_pool_encode(pool, &picture, 80, together, CAPACITY, NULL);
	unsigned restarts = 0;

	(void)state;
	for (long i = 0; i < length - 1; i++)
		restarts += together[i] == 0xff && together[i + 1] >= 0xd0 &&
		    together[i + 1] <= 0xd7;
	assert_int_equal(restarts, 2);
	free((void *)picture.data);
	encoder_pool_free(&pool);
}

static void
test_a_buffer_too_small_is_an_error(void **state)
{
	struct picture picture = scene(PIXEL_YUYV, 640, 480);
	struct encoder_pool *pool = encoder_pool_new(2, NULL);
	long length = encoder_pool_encode(pool, &picture, 80, together, CAPACITY, NULL);
	struct cause why;

	(void)state;
	for (long capacity = 0; capacity < length; capacity += length / 37) {
		unsigned char *exact = malloc(
		    (size_t)capacity + 1); /* a sanitizer sees one byte more */

		assert_int_equal(
		    encoder_pool_encode(pool, &picture, 80, exact, (uint32_t)capacity, &why), -1);
		assert_true(why.text[0] != '\0');
		free(exact);
	}
	assert_int_equal(
	    encoder_pool_encode(pool, &picture, 80, together, (uint32_t)length + 1, NULL), length);
	picture.length /= 2;
	assert_int_equal(encoder_pool_encode(pool, &picture, 80, together, CAPACITY, &why), -1);
	picture.format = PIXEL_MJPEG;
	assert_int_equal(encoder_pool_encode(pool, &picture, 80, together, CAPACITY, &why), -1);
	free((void *)picture.data);
	encoder_pool_free(&pool);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bands_make_the_same_picture),
		cmocka_unit_test(test_bands_really_are_used),
		cmocka_unit_test(test_a_buffer_too_small_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
