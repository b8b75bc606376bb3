/* SPDX-License-Identifier: ISC */
#include "pictures.h"

#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { STAMP_SIZE = 4 + 38, BLOCK = 16, BITS = 96 }; /* marker, length, "ORIEL <20> <10>" and NUL */

static const struct {
	const char *word;
	uint32_t fourcc;
} formats[] = {
	{ "mjpeg", V4L2_PIX_FMT_MJPEG },
	{ "yuyv", V4L2_PIX_FMT_YUYV },
	{ "uyvy", V4L2_PIX_FMT_UYVY },
	{ "nv12", V4L2_PIX_FMT_NV12 },
	{ "yuv420", V4L2_PIX_FMT_YUV420 },
	{ "grey", V4L2_PIX_FMT_GREY },
	{ "rgb24", V4L2_PIX_FMT_RGB24 },
	{ "h264", V4L2_PIX_FMT_H264 },
};

uint32_t
pictures_fourcc(const char *format)
{
	for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
		if (strcmp(formats[i].word, format) == 0)
			return formats[i].fourcc;
	return 0;
}

/* ---- JPEG ------------------------------------------------------------ */

/* The file is the test's own: every picture has SOI at its begin and EOI right
 * before the next one's SOI or at the end. */
static void
split(struct pictures *pictures, size_t size)
{
	size_t begin = 0;

	for (size_t at = 2; at <= size; at++) {
		const unsigned char *here = pictures->file + at;

		if (at < size &&
		    !(at + 3 <= size && here[-2] == 0xff && here[-1] == 0xd9 && here[0] == 0xff &&
			here[1] == 0xd8 && here[2] == 0xff))
			continue;
		pictures->list = realloc(
		    pictures->list, (pictures->count + 1) * sizeof *pictures->list);
		if (pictures->list == NULL)
			abort();
		pictures->list[pictures->count].at = begin;
		pictures->list[pictures->count++].length = (uint32_t)(at - begin);
		if (at - begin > pictures->longest)
			pictures->longest = (uint32_t)(at - begin);
		begin = at;
	}
}

bool
pictures_load(struct pictures *pictures, const char *path)
{
	int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	struct stat is;
	bool whole = false;

	if (fd == -1)
		return false;
	if (fstat(fd, &is) == 0 && is.st_size > 4) {
		pictures->file = malloc((size_t)is.st_size);
		whole = pictures->file != NULL &&
		    read(fd, pictures->file, (size_t)is.st_size) == is.st_size;
	}
	syscall(SYS_close, fd);
	if (whole)
		split(pictures, (size_t)is.st_size);
	return whole;
}

void
pictures_free(struct pictures *pictures)
{
	free(pictures->file);
	free(pictures->list);
}

static void
put_stamp(unsigned char *buffer, uint64_t mono_ns, uint32_t number)
{
	char text[STAMP_SIZE - 4];

	snprintf(text, sizeof text, "ORIEL %020llu %010u", (unsigned long long)mono_ns, number);
	memcpy(buffer, "\xff\xfe", 2);
	buffer[2] = (STAMP_SIZE - 2) >> 8;
	buffer[3] = (STAMP_SIZE - 2) & 0xff;
	memcpy(buffer + 4, text, sizeof text);
}

bool
pictures_put_jpeg(const struct pictures *pictures, uint32_t number, uint64_t mono_ns,
    unsigned char *buffer, long *picture, uint32_t *length)
{
	unsigned which = pictures->count > 0 ? number % pictures->count : 0;
	bool copied = false;

	if (pictures->count == 0) {
		*length = 0;
		return false;
	}
	if (*picture != (long)which) {
		const unsigned char *jpeg = pictures->file + pictures->list[which].at;

		memcpy(buffer, jpeg, 2);
		memcpy(buffer + 2 + STAMP_SIZE, jpeg + 2, pictures->list[which].length - 2);
		*picture = (long)which;
		copied = true;
	}
	put_stamp(buffer + 2, mono_ns, number);
	*length = pictures->list[which].length + STAMP_SIZE;
	return copied;
}

/* ---- raw ------------------------------------------------------------- */

uint32_t
pictures_stride(uint32_t fourcc, uint32_t width)
{
	switch (fourcc) {
	case V4L2_PIX_FMT_YUYV:
	case V4L2_PIX_FMT_UYVY: return 2 * width;
	case V4L2_PIX_FMT_RGB24: return 3 * width;
	case V4L2_PIX_FMT_MJPEG:
	case V4L2_PIX_FMT_H264: return 0;
	}
	return width;
}

uint32_t
pictures_size(const struct pictures *pictures, uint32_t fourcc, uint32_t width, uint32_t height)
{
	uint32_t line = pictures_stride(fourcc, width);

	switch (fourcc) {
	case V4L2_PIX_FMT_MJPEG:
		return pictures->longest + STAMP_SIZE > 2 * width * height
		    ? pictures->longest + STAMP_SIZE
		    : 2 * width * height;
	case V4L2_PIX_FMT_NV12:
	case V4L2_PIX_FMT_YUV420: return line * height + 2 * ((width + 1) / 2) * ((height + 1) / 2);
	case V4L2_PIX_FMT_H264: return 2 * width * height;
	}
	return line * height;
}

/* The still scene behind the stamp: brightness rises to the right, colour downwards. */
static void
paint(uint32_t fourcc, uint32_t width, uint32_t height, unsigned char *buffer, uint32_t size)
{
	uint32_t line = pictures_stride(fourcc, width), luma = line * height;

	for (uint32_t i = 0; i < luma && i < size; i++) {
		uint32_t x = i % line * width / line, y = i / line;
		bool chroma = (fourcc == V4L2_PIX_FMT_YUYV && i % 2 == 1) ||
		    (fourcc == V4L2_PIX_FMT_UYVY && i % 2 == 0);

		buffer[i] = (unsigned char)(chroma ? 64 + 128 * y / height : 32 + 192 * x / width);
	}
	if (size > luma)
		memset(buffer + luma, 100, size - luma);
}

/* One block of the stamp: luma only, all three samples of RGB. */
static void
put_block(uint32_t fourcc, uint32_t line, unsigned char *at, bool white)
{
	for (int y = 0; y < BLOCK; y++, at += line) {
		if (fourcc == V4L2_PIX_FMT_YUYV || fourcc == V4L2_PIX_FMT_UYVY)
			for (int x = 0; x < BLOCK; x++)
				at[2 * x + (fourcc == V4L2_PIX_FMT_UYVY)] = white ? 235 : 16;
		else
			memset(
			    at, white ? 235 : 16, fourcc == V4L2_PIX_FMT_RGB24 ? 3 * BLOCK : BLOCK);
	}
}

void
pictures_put_raw(uint32_t fourcc, uint32_t width, uint32_t height, uint32_t number,
    uint64_t mono_ns, unsigned char *buffer, long *picture, uint32_t *length)
{
	uint32_t line = pictures_stride(fourcc, width), columns = width / BLOCK;
	uint32_t pixel = width > 0 ? line / width : 1;
	struct pictures none = { 0 };

	*length = pictures_size(&none, fourcc, width, height);
	if (*picture == -1)
		paint(fourcc, width, height, buffer, *length);
	*picture = 0;
	for (uint32_t bit = 0; bit < BITS && (bit / columns + 1) * BLOCK <= height; bit++) {
		bool white = bit < 64 ? mono_ns >> (63 - bit) & 1 : number >> (95 - bit) & 1;

		put_block(fourcc, line,
		    buffer + bit / columns * BLOCK * line + bit % columns * BLOCK * pixel, white);
	}
}
