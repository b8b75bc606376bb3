/* SPDX-License-Identifier: ISC */
#include "base/picture.h"

static const char *const pixel_names[PIXEL_FORMATS] = {
	[PIXEL_MJPEG] = "mjpeg",
	[PIXEL_YUYV] = "yuyv",
	[PIXEL_UYVY] = "uyvy",
	[PIXEL_NV12] = "nv12",
	[PIXEL_YUV420] = "yuv420",
	[PIXEL_GREY] = "grey",
	[PIXEL_RGB24] = "rgb24",
};

const char *
pixel_format_name(enum pixel_format format)
{
	return pixel_names[format];
}

uint32_t
picture_columns(const struct picture *picture)
{
	bool packed = picture->format == PIXEL_YUYV || picture->format == PIXEL_UYVY;
	bool odd = picture->width % 2 == 1 && picture->width > 1;

	return picture->width - (packed && odd && picture->stride < 2 * picture->width + 2);
}
