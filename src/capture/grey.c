/* SPDX-License-Identifier: ISC */
#include "capture/grey.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "jpeg/exif.h"

enum { BLOCK = 8, SIDE_MAX = 65536 / BLOCK };

uint32_t
grey_size(uint32_t width, uint32_t height)
{
	return (width + BLOCK - 1) / BLOCK * ((height + BLOCK - 1) / BLOCK);
}

/* Sum `count` luma samples that lie `step` bytes apart. */
static inline uint32_t
sum_luma(const unsigned char *luma, uint32_t count, uint32_t step)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < count; i++)
		sum += luma[i * step];
	return sum;
}

/* ITU-R BT.601 luma, times 256. */
static inline uint32_t
sum_rgb(const unsigned char *rgb, uint32_t count)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < count; i++)
		sum += 77u * rgb[3 * i] + 150u * rgb[3 * i + 1] + 29u * rgb[3 * i + 2];
	return sum >> 8;
}

/* The sum of `count` pixels that begin at pixel `x` of `line`. */
static inline uint32_t
sum_pixels(enum pixel_format format, const unsigned char *line, uint32_t x, uint32_t count)
{
	switch (format) {
	case PIXEL_YUYV: return sum_luma(line + 2 * x, count, 2);
	case PIXEL_UYVY: return sum_luma(line + 2 * x + 1, count, 2);
	case PIXEL_RGB24: return sum_rgb(line + 3 * x, count);
	case PIXEL_NV12:
	case PIXEL_YUV420:
	case PIXEL_GREY: return sum_luma(line + x, count, 1);
	case PIXEL_MJPEG:
	case PIXEL_FORMATS: break;
	}
	abort();
}

/* Add one line of the picture to its row of sums. Whole blocks have a constant count,
 * which the compiler unrolls. */
static void
add_line(const struct picture *picture, uint32_t y, uint32_t columns, uint32_t *sums)
{
	const unsigned char *line = picture->data + (size_t)y * picture->stride;
	uint32_t whole = columns / BLOCK, rest = columns % BLOCK;

	for (uint32_t column = 0; column < whole; column++)
		sums[column] += sum_pixels(picture->format, line, column * BLOCK, BLOCK);
	if (rest > 0)
		sums[whole] += sum_pixels(picture->format, line, whole * BLOCK, rest);
}

void
grey_shrink(const struct picture *picture, unsigned char *grey, uint32_t *width, uint32_t *height)
{
	uint32_t columns = picture_columns(picture), whole = columns / BLOCK,
		 rest = columns % BLOCK;
	uint32_t sums[SIDE_MAX];

	*width = (picture->width + BLOCK - 1) / BLOCK;
	*height = (picture->height + BLOCK - 1) / BLOCK;
	for (uint32_t row = 0; row < *height; row++) {
		uint32_t lines = 0;

		memset(sums, 0, *width * sizeof sums[0]);
		for (uint32_t y = row * BLOCK; y < picture->height && y < (row + 1) * BLOCK;
		     y += 2, lines++)
			add_line(picture, y, columns, sums);
		for (uint32_t column = 0; column < whole; column++)
			*grey++ = (unsigned char)(sums[column] / (lines * BLOCK));
		if (rest > 0) {
			*grey++ = (unsigned char)(sums[whole] / (lines * rest));
		} else if (whole < *width) { /* its only column is not there */
			*grey = grey[-1];
			grey++;
		}
	}
}

void
grey_turn(const unsigned char *from, uint32_t *width, uint32_t *height, unsigned orientation,
    unsigned char *to)
{
	uint32_t w = *width, h = *height;
	bool swap = exif_swaps(orientation);
	bool back_x = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
	bool back_y = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;

	*width = swap ? h : w;
	*height = swap ? w : h;
	for (uint32_t y = 0; y < *height; y++)
		for (uint32_t x = 0; x < *width; x++) {
			uint32_t from_x = swap ? y : x, from_y = swap ? x : y;

			from_x = back_x ? w - 1 - from_x : from_x;
			from_y = back_y ? h - 1 - from_y : from_y;
			*to++ = from[(size_t)from_y * w + from_x];
		}
}
