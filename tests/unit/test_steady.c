/* SPDX-License-Identifier: ISC */
/* In steady state a frame allocates nothing: malloc itself is asked. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "jpeg/jpeg.h"
#include "make_jpeg.h"
#include "motion/motion.h"

enum { WIDTH = 640, HEIGHT = 480, WARM = 2, FRAMES = 10 };

static unsigned char data[WIDTH * HEIGHT * 3], out[1 << 20];
static unsigned allocations;

#ifndef ORIEL_SANITIZED
/* glibc's own names; the libraries' calls come here as well. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);

void *
malloc(size_t size)
{
	allocations++;
	return __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
	allocations++;
	return __libc_calloc(count, size);
}

void *
realloc(void *block, size_t size)
{
	allocations++;
	return __libc_realloc(block, size);
}
#endif

static void
test_counting_counts(void **state)
{
	(void)state;
#ifdef ORIEL_SANITIZED
	skip(); /* the sanitizers have a malloc of their own */
#endif
	struct made made = make_jpeg(64, 64, &(struct make_options){ 0 });

	assert_true(allocations > 0);
	free(made.jpeg);
}

static void
test_encoder(void **state)
{
	struct jpeg_encoder *encoder = jpeg_encoder_new();

	(void)state;
	for (int format = PIXEL_YUYV; format < PIXEL_FORMATS; format++) {
		uint32_t stride = WIDTH *
		    (format == PIXEL_RGB24	   ? 3
			    : format <= PIXEL_UYVY ? 2
						   : 1);
		struct picture picture = { .format = (enum pixel_format)format,
			.width = WIDTH,
			.height = HEIGHT,
			.stride = stride,
			.data = data,
			.length = sizeof data };

		for (int frame = 0; frame < WARM + FRAMES; frame++) {
			if (frame == WARM)
				allocations = 0;
			assert_true(jpeg_encode(encoder, &picture, 80, out, sizeof out, NULL) > 0);
		}
		assert_int_equal(allocations, 0);
	}
	jpeg_encoder_free(&encoder);
}

static void
test_decoder_and_motion(void **state)
{
	static const struct motion_settings settings = {
		.threshold = 12, .noise = 16, .light_switch = 80
	};
	struct made made = make_jpeg(WIDTH, HEIGHT, &(struct make_options){ 0 });
	struct jpeg_decoder *decoder = jpeg_decoder_new();
	struct motion *motion = motion_new();
	uint32_t width, height;

	(void)state;
	for (int frame = 0; frame < WARM + FRAMES; frame++) {
		if (frame == WARM)
			allocations = 0;
		assert_int_equal(jpeg_decode_grey8(decoder, made.jpeg, (uint32_t)made.length, out,
				     sizeof out, &width, &height, NULL),
		    0);
		motion_judge(motion, &settings, out, width, height, 0);
	}
	assert_int_equal(allocations, 0);
	motion_free(&motion);
	jpeg_decoder_free(&decoder);
	free(made.jpeg);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counting_counts),
		cmocka_unit_test(test_encoder),
		cmocka_unit_test(test_decoder_and_motion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
