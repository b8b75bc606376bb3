/* SPDX-License-Identifier: ISC */
/* picture: one picture as a source delivers it, raw or JPEG, not yet a frame. */
#ifndef ORIEL_BASE_PICTURE_H
#define ORIEL_BASE_PICTURE_H

#include <stdbool.h>
#include <stdint.h>

/* Pixel layouts that the encoder takes, with V4L2's names (kernel:
 * Documentation/userspace-api/media/v4l/pixfmt.rst). */
enum pixel_format {
	PIXEL_MJPEG, /* JPEG images: passed through */
	PIXEL_YUYV,
	PIXEL_UYVY,   /* packed 4:2:2 */
	PIXEL_NV12,   /* 4:2:0, Y plane then interleaved CbCr */
	PIXEL_YUV420, /* 4:2:0, Y, Cb, Cr planes */
	PIXEL_GREY,
	PIXEL_RGB24,
	PIXEL_FORMATS
};

const char *pixel_format_name(enum pixel_format format); /* "mjpeg", "yuyv", … */

/* A picture as it lies in the source's own buffer. */
struct picture {
	enum pixel_format format;
	uint32_t width, height;
	uint32_t stride; /* bytes per line of the first plane; raw formats */
	const unsigned char *data;
	uint32_t length; /* bytes that are valid */
	bool studio;	 /* Y 16..235, CbCr 16..240 (ITU-R BT.601); else 0..255 as in JFIF */
	uint64_t wall_ns,
	    mono_ns; /* when it was captured (the driver's time stamp where it has one) */
};

/* How many columns every line has. Packed 4:2:2 has two pixels in four bytes; where the last
 * pixel of an odd width has only half of them, this is one fewer. Code that needs the last
 * column takes the one before. */
uint32_t picture_columns(const struct picture *picture);

#endif
