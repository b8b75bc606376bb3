/* SPDX-License-Identifier: ISC */
#include "capture/grey.h"

#include <stdlib.h>
#include <string.h>

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
	case PIXEL_YUYV:
		return sum_luma(line + 2 * x, count, 2);
	case PIXEL_UYVY:
		return sum_luma(line + 2 * x + 1, count, 2);
	case PIXEL_RGB24:
		return sum_rgb(line + 3 * x, count);
	case PIXEL_NV12: case PIXEL_YUV420: case PIXEL_GREY:
		return sum_luma(line + x, count, 1);
	case PIXEL_MJPEG: case PIXEL_FORMATS:
		break;
	}
	abort();
}

/* Add one line of the picture to its row of sums. The whole blocks run with a
 * constant count, which the compiler unrolls. */
static void
add_line(const struct picture *picture, uint32_t y, uint32_t *sums)
{
	const unsigned char *line = picture->data + (size_t)y * picture->stride;
	uint32_t whole = picture->width / BLOCK, rest = picture->width % BLOCK;

	for (uint32_t column = 0; column < whole; column++)
		sums[column] += sum_pixels(picture->format, line, column * BLOCK, BLOCK);
	if (rest > 0)
		sums[whole] += sum_pixels(picture->format, line, whole * BLOCK, rest);
}

void
grey_shrink(const struct picture *picture, unsigned char *grey, uint32_t *width, uint32_t *height)
{
	uint32_t columns = (picture->width + BLOCK - 1) / BLOCK, rows = (picture->height + BLOCK - 1) / BLOCK;
	uint32_t rest = picture->width % BLOCK, sums[SIDE_MAX];

	for (uint32_t row = 0; row < rows; row++) {
		uint32_t lines = 0;

		memset(sums, 0, columns * sizeof sums[0]);
		for (uint32_t y = row * BLOCK; y < picture->height && y < (row + 1) * BLOCK; y += 2, lines++)
			add_line(picture, y, sums);
		for (uint32_t column = 0; column < columns; column++) {
			uint32_t wide = rest > 0 && column == columns - 1 ? rest : BLOCK;

			*grey++ = (unsigned char)(sums[column] / (lines * wide));
		}
	}
	*width = columns;
	*height = rows;
}
