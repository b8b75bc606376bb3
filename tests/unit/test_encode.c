/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <math.h>
#include <string.h>

#include "decode.h"
#include "jpeg/jpeg.h"
#include "random.h"

enum { OUT_SIZE = 1 << 20 };

static unsigned char out[OUT_SIZE];
static struct jpeg_encoder *encoder;

struct sample {
	unsigned char y, cb, cr;
};
typedef struct sample scene_at(uint32_t x, uint32_t y);

/* Smooth, and different in every direction and component. */
static struct sample
scene_smooth(uint32_t x, uint32_t y)
{
	return (struct sample){
		(unsigned char)(128 + 90 * sin(x * 0.07) * cos(y * 0.05)),
		(unsigned char)(128 + 30 * sin(x * 0.03 + 1)),
		(unsigned char)(128 + 30 * cos(y * 0.04)),
	};
}

/* Black left of column 32, white right of it, the colours near their ends. */
static struct sample
scene_stark(uint32_t x, uint32_t y)
{
	(void)y;
	return (struct sample){ x < 32 ? 0 : 255, 28, 228 };
}

/* The same in studio range. */
static struct sample
scene_stark_studio(uint32_t x, uint32_t y)
{
	(void)y;
	return (struct sample){ x < 32 ? 16 : 235, 40, 216 };
}

/* Red left of column 32, blue right of it (BT.601, full range as JFIF has it). */
static struct sample
scene_red_blue(uint32_t x, uint32_t y)
{
	static const struct sample red = { 76, 85, 255 }, blue = { 29, 255, 107 };

	(void)y;
	return x < 32 ? red : blue;
}

static unsigned char
clamp(double value)
{
	return (unsigned char)(value < 0 ? 0 : value > 255 ? 255 : value + 0.5);
}

static void
rgb_of(struct sample sample, unsigned char *rgb)
{
	double y = sample.y, cb = sample.cb - 128.0, cr = sample.cr - 128.0;

	rgb[0] = clamp(y + 1.402 * cr);
	rgb[1] = clamp(y - 0.344136 * cb - 0.714136 * cr);
	rgb[2] = clamp(y + 1.772 * cb);
}

/* Bytes of a line without padding. */
static uint32_t
line_bytes(enum pixel_format format, uint32_t width)
{
	switch (format) {
	case PIXEL_YUYV:
	case PIXEL_UYVY: return (width + 1) / 2 * 4;
	case PIXEL_RGB24: return width * 3;
	case PIXEL_NV12:
	case PIXEL_YUV420: return (width + 1) & ~1u;
	default: return width;
	}
}

static void
paint_packed(unsigned char *data, uint32_t stride, uint32_t width, uint32_t height, scene_at *scene,
    unsigned luma_at)
{
	for (uint32_t y = 0; y < height; y++)
		for (uint32_t x = 0; x < width && 2 * x + luma_at < stride; x++) {
			struct sample sample = scene(x, y);
			unsigned char *pair = data + (size_t)y * stride + x / 2 * 4;

			pair[x % 2 * 2 + luma_at] = sample.y;
			if (x % 2 == 0)
				pair[1 - luma_at] = sample.cb;
			if (x % 2 == 0 && x / 2 * 4 + 3 - luma_at < stride)
				pair[3 - luma_at] = sample.cr;
		}
}

static void
paint_planar(struct picture *picture, unsigned char *data, scene_at *scene)
{
	uint32_t stride = picture->stride, height = picture->height;
	unsigned char *chroma = data + (size_t)stride * height;
	size_t half = (size_t)(stride / 2) * ((height + 1) / 2);

	for (uint32_t y = 0; y < height; y++)
		for (uint32_t x = 0; x < picture->width; x++) {
			struct sample sample = scene(x, y);
			size_t at = (size_t)(y / 2) * (stride / 2) + x / 2;

			data[(size_t)y * stride + x] = sample.y;
			if (picture->format == PIXEL_NV12) {
				chroma[2 * at] = sample.cb;
				chroma[2 * at + 1] = sample.cr;
			} else if (picture->format == PIXEL_YUV420) {
				chroma[at] = sample.cb;
				chroma[half + at] = sample.cr;
			}
		}
	picture->length += picture->format == PIXEL_GREY ? 0 : (uint32_t)(2 * half);
}

/* A raw picture of the scene; what is padding is noise. free(3) its data. */
static struct picture
picture_paint(
    enum pixel_format format, uint32_t width, uint32_t height, uint32_t padding, scene_at *scene)
{
	struct picture picture = { .format = format,
		.width = width,
		.height = height,
		.stride = line_bytes(format, width) + padding };
	unsigned char *data = malloc((size_t)picture.stride * (height + 1) * 2);
	struct random random = { 1 };

	for (size_t i = 0; i < (size_t)picture.stride * (height + 1) * 2; i++)
		data[i] = (unsigned char)random_below(&random, 256);
	picture.length = picture.stride * height;
	picture.data = data;
	if (format == PIXEL_YUYV || format == PIXEL_UYVY)
		paint_packed(data, picture.stride, width, height, scene, format == PIXEL_UYVY);
	else if (format == PIXEL_RGB24)
		for (uint32_t i = 0; i < width * height; i++)
			rgb_of(scene(i % width, i / width),
			    data + (size_t)(i / width) * picture.stride + i % width * 3);
	else
		paint_planar(&picture, data, scene);
	/* Behind the last sample there is nothing: let AddressSanitizer see it. */
	picture.data = memcpy(malloc(picture.length), data, picture.length);
	free(data);
	return picture;
}

static double
psnr_of(double squares, double count)
{
	return squares == 0 ? 99 : 10 * log10(255.0 * 255.0 * count / squares);
}

/* The worst PSNR over the components. */
static double
psnr(const struct decoded *whole, scene_at *scene)
{
	double squares[3] = { 0 }, worst = 99;

	for (uint32_t y = 0; y < whole->height; y++)
		for (uint32_t x = 0; x < whole->width; x++) {
			struct sample want = scene(x, y);
			unsigned char is[3] = { want.y, want.cb, want.cr };

			for (unsigned c = 0; c < whole->channels; c++) {
				int d =
				    whole->pixels[((size_t)y * whole->width + x) * whole->channels +
					c] -
				    is[c];
				squares[c] += d * d;
			}
		}
	for (unsigned c = 0; c < whole->channels; c++)
		worst = fmin(worst, psnr_of(squares[c], (double)whole->width * whole->height));
	return worst;
}

static void
encode_and_compare(const struct picture *picture, scene_at *scene)
{
	struct cause why = { .text = "" };
	long length = jpeg_encode(encoder, picture, 90, out, sizeof out, &why);
	struct decoded whole;

	if (length < 0)
		fail_msg("%s %ux%u: %s", pixel_format_name(picture->format), picture->width,
		    picture->height, why.text);
	whole = decode_whole(out, (size_t)length);
	assert_int_equal(whole.warnings, 0);
	assert_int_equal(whole.width, picture->width);
	assert_int_equal(whole.height, picture->height);
	assert_int_equal(whole.channels, picture->format == PIXEL_GREY ? 1 : 3);
	if (psnr(&whole, scene) < 30)
		fail_msg("%s %ux%u stride %u: %.1f dB", pixel_format_name(picture->format),
		    picture->width, picture->height, picture->stride, psnr(&whole, scene));
	free(whole.pixels);
}

static void
test_every_format_size_and_stride(void **state)
{
	static const uint32_t sizes[][2] = { { 64, 48 }, { 160, 120 }, { 61, 47 }, { 33, 17 },
		{ 40, 40 }, { 17, 9 }, { 8, 8 }, { 1, 1 }, { 2, 1 }, { 1, 2 }, { 3, 5 },
		{ 648, 486 } };
	static const uint32_t paddings[] = { 0, 2, 32, 100 };

	(void)state;
	for (int format = PIXEL_YUYV; format < PIXEL_FORMATS; format++)
		for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
			for (size_t j = 0; j < sizeof paddings / sizeof *paddings; j++) {
				struct picture picture = picture_paint((enum pixel_format)format,
				    sizes[i][0], sizes[i][1], paddings[j], scene_smooth);
				encode_and_compare(&picture, scene_smooth);
				free((void *)picture.data);
			}
}

static struct sample
scene_edge(uint32_t x, uint32_t y)
{
	return scene_smooth(x < 60 ? x : 60, y < 46 ? y : 46);
}

/* 61 x 47 is encoded exactly as 64 x 48 with the outermost samples repeated: nothing from
 * padding, the next plane or random memory gets into the picture. */
static void
test_borders_repeat_the_last_sample(void **state)
{
	static unsigned char odd[OUT_SIZE];

	(void)state;
	for (int format = PIXEL_YUYV; format < PIXEL_FORMATS; format++) {
		struct picture small = picture_paint(
				   (enum pixel_format)format, 61, 47, 6, scene_edge),
			       large = picture_paint(
				   (enum pixel_format)format, 64, 48, 0, scene_edge);
		long length = jpeg_encode(encoder, &small, 90, odd, sizeof odd, NULL);

		assert_int_equal(jpeg_encode(encoder, &large, 90, out, sizeof out, NULL), length);
		for (long at = 2; odd[at + 1] != 0xda; at += 2 + (odd[at + 2] << 8) + odd[at + 3])
			if (odd[at + 1] == 0xc0)
				memcpy(odd + at + 5, out + at + 5, 4); /* the size */
		if (memcmp(odd, out, (size_t)length) != 0)
			fail_msg("%s", pixel_format_name((enum pixel_format)format));
		free((void *)small.data);
		free((void *)large.data);
	}
}

static void
test_odd_packed_line_without_its_last_chroma(void **state)
{
	struct picture picture = picture_paint(PIXEL_YUYV, 62, 8, 0, scene_smooth);

	(void)state;
	picture.width = 61; /* lines of 2 * 61 bytes */
	picture.stride = 122;
	unsigned char *data = (unsigned char *)picture.data;
	for (uint32_t y = 1; y < 8; y++)
		memmove(data + (size_t)y * 122, data + (size_t)y * 124, 122);
	picture.length = 8 * 122;
	encode_and_compare(&picture, scene_smooth);
	free(data);
}

static void
test_colours_are_not_swapped(void **state)
{
	(void)state;
	for (int format = PIXEL_YUYV; format < PIXEL_FORMATS; format++) {
		struct picture picture;

		if (format == PIXEL_GREY)
			continue;
		picture = picture_paint((enum pixel_format)format, 64, 32, 0, scene_red_blue);
		encode_and_compare(&picture, scene_red_blue);
		free((void *)picture.data);
	}
}

static void
test_studio_range_is_stretched(void **state)
{
	static const enum pixel_format formats[] = { PIXEL_YUYV, PIXEL_UYVY, PIXEL_NV12,
		PIXEL_YUV420, PIXEL_GREY };

	(void)state;
	for (size_t i = 0; i < 2 * sizeof formats / sizeof *formats; i++) {
		uint32_t width = i % 2 == 0 ? 64 : 61;
		struct picture picture = picture_paint(
		    formats[i / 2], width, 47, 6, scene_stark_studio);

		picture.studio = true;
		encode_and_compare(&picture, scene_stark);
		free((void *)picture.data);
	}
}

static void
test_too_small_a_buffer(void **state)
{
	struct picture picture = picture_paint(PIXEL_YUYV, 160, 120, 0, scene_smooth);
	long whole = jpeg_encode(encoder, &picture, 80, out, sizeof out, NULL);
	struct cause why;

	(void)state;
	assert_true(whole > 0);
	for (uint32_t capacity = 0; capacity <= (uint32_t)whole; capacity++) {
		unsigned char *small = malloc(capacity + 1);
		long length;

		small[capacity] = 0xa5;
		length = jpeg_encode(encoder, &picture, 80, small, capacity, &why);
		assert_int_equal(length, -1);
		assert_int_equal(small[capacity], 0xa5);
		free(small);
	}
	assert_string_equal(why.text, "the JPEG does not fit its buffer");
	assert_int_equal(jpeg_encode(encoder, &picture, 80, out, (uint32_t)whole + 1, NULL), whole);
	free((void *)picture.data);
}

/* After any refusal the encoder works on. */
static void
test_impossible_pictures_are_refused(void **state)
{
	unsigned char data[64] = { 0 };
	const struct {
		struct picture picture;
		const char *says;
	} cases[] = {
		{ { .format = PIXEL_MJPEG, .width = 8, .height = 8, .stride = 8 },
		    "not a raw picture" },
		{ { .format = PIXEL_GREY, .width = 0, .height = 8, .stride = 8 }, "out of range" },
		{ { .format = PIXEL_GREY, .width = 8, .height = 0, .stride = 8 }, "out of range" },
		{ { .format = PIXEL_GREY, .width = 65501, .height = 1, .stride = 65501 },
		    "out of range" },
		{ { .format = PIXEL_GREY, .width = 8, .height = 9, .stride = 8 }, "too short" },
		{ { .format = PIXEL_GREY, .width = 8, .height = 8, .stride = 7 }, "too short" },
		{ { .format = PIXEL_YUYV, .width = 8, .height = 4, .stride = 15 }, "too short" },
		{ { .format = PIXEL_YUYV, .width = 1, .height = 1, .stride = 2 }, "too short" },
		{ { .format = PIXEL_NV12, .width = 8, .height = 6, .stride = 8 }, "needs 72" },
		{ { .format = PIXEL_YUV420, .width = 8, .height = 6, .stride = 8 }, "needs 72" },
		{ { .format = PIXEL_GREY, .width = 8, .height = 65500, .stride = UINT32_MAX },
		    "too short" },
	};
	struct cause why;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct picture picture = cases[i].picture;

		picture.data = data;
		picture.length = sizeof data;
		assert_int_equal(jpeg_encode(encoder, &picture, 80, out, sizeof out, &why), -1);
		if (strstr(why.text, cases[i].says) == NULL)
			fail_msg("case %zu says: %s", i, why.text);
	}
	test_colours_are_not_swapped(state);
}

static void
test_quality_changes_the_size(void **state)
{
	struct picture picture = picture_paint(PIXEL_YUYV, 160, 120, 0, scene_smooth);
	long low = jpeg_encode(encoder, &picture, 10, out, sizeof out, NULL);

	(void)state;
	assert_true(low > 0);
	assert_true(jpeg_encode(encoder, &picture, 95, out, sizeof out, NULL) > 3 * low / 2);
	free((void *)picture.data);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_format_size_and_stride),
		cmocka_unit_test(test_borders_repeat_the_last_sample),
		cmocka_unit_test(test_odd_packed_line_without_its_last_chroma),
		cmocka_unit_test(test_colours_are_not_swapped),
		cmocka_unit_test(test_studio_range_is_stretched),
		cmocka_unit_test(test_too_small_a_buffer),
		cmocka_unit_test(test_impossible_pictures_are_refused),
		cmocka_unit_test(test_quality_changes_the_size),
	};
	int failed;

	encoder = jpeg_encoder_new();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	jpeg_encoder_free(&encoder);
	return failed;
}
