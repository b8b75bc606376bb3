/* SPDX-License-Identifier: ISC */
#include "inside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
modes_add(struct camera *camera, const char *text)
{
	struct mode *mode = &camera->modes[camera->mode_count];
	char format[16];

	if (camera->mode_count == MODES ||
	    sscanf(text, "%15[a-z0-9]:%ux%u@%u", format, &mode->width, &mode->height, &mode->fps) !=
		4 ||
	    mode->fps == 0)
		return false;
	mode->fourcc = pictures_fourcc(format);
	camera->mode_count += mode->fourcc != 0;
	return mode->fourcc != 0;
}

static int
invalid(void)
{
	errno = EINVAL;
	return -1;
}

/* The n-th format that no earlier mode has. */
static int
list_format(const struct camera *camera, struct v4l2_fmtdesc *is)
{
	unsigned found = 0;

	if (strcmp(camera->kind, "endless") == 0) {
		is->pixelformat = camera->modes[0].fourcc;
		return 0;
	}
	for (unsigned i = 0; i < camera->mode_count; i++) {
		bool seen = false;

		for (unsigned k = 0; k < i; k++)
			seen |= camera->modes[k].fourcc == camera->modes[i].fourcc;
		if (seen || found++ != is->index)
			continue;
		is->pixelformat = camera->modes[i].fourcc;
		is->flags = is->pixelformat == V4L2_PIX_FMT_MJPEG ? V4L2_FMT_FLAG_COMPRESSED : 0;
		snprintf((char *)is->description, sizeof is->description, "synthetic");
		return 0;
	}
	return invalid();
}

static int
list_size(const struct camera *camera, struct v4l2_frmsizeenum *is)
{
	unsigned found = 0;

	if (strcmp(camera->kind, "endless") == 0) {
		is->type = V4L2_FRMSIZE_TYPE_DISCRETE;
		is->discrete.width = camera->modes[0].width;
		is->discrete.height = camera->modes[0].height;
		return 0;
	}
	for (unsigned i = 0; i < camera->mode_count; i++) {
		const struct mode *mode = &camera->modes[i];
		bool seen = false;

		for (unsigned k = 0; k < i; k++)
			seen |= camera->modes[k].fourcc == mode->fourcc &&
			    camera->modes[k].width == mode->width &&
			    camera->modes[k].height == mode->height;
		if (seen || mode->fourcc != is->pixel_format || found++ != is->index)
			continue;
		is->type = V4L2_FRMSIZE_TYPE_DISCRETE;
		is->discrete.width = mode->width;
		is->discrete.height = mode->height;
		return 0;
	}
	return invalid();
}

static int
list_rate(const struct camera *camera, struct v4l2_frmivalenum *is)
{
	unsigned found = 0;

	if (strcmp(camera->kind, "endless") == 0) {
		is->type = V4L2_FRMIVAL_TYPE_DISCRETE;
		is->discrete = (struct v4l2_fract){ 1, camera->modes[0].fps };
		return 0;
	}
	for (unsigned i = 0; i < camera->mode_count; i++) {
		const struct mode *mode = &camera->modes[i];

		if (mode->fourcc != is->pixel_format || mode->width != is->width ||
		    mode->height != is->height || found++ != is->index)
			continue;
		is->type = V4L2_FRMIVAL_TYPE_DISCRETE;
		is->discrete = (struct v4l2_fract){ 1, mode->fps };
		return 0;
	}
	return invalid();
}

static void
fill_format(const struct camera *camera, const struct mode *mode, struct v4l2_format *format)
{
	struct v4l2_pix_format *pix = &format->fmt.pix;

	*pix = (struct v4l2_pix_format){ .width = mode->width,
		.height = mode->height,
		.pixelformat = mode->fourcc,
		.field = V4L2_FIELD_NONE,
		.colorspace = V4L2_COLORSPACE_SRGB };
	pix->bytesperline = pictures_stride(mode->fourcc, mode->width);
	pix->sizeimage = pictures_size(&camera->pictures, mode->fourcc, mode->width, mode->height);
}

/* The mode nearest to the request: first by format, then by size. */
static const struct mode *
nearest(const struct camera *camera, const struct v4l2_pix_format *wish)
{
	const struct mode *best = NULL;
	long best_miss = 0;

	for (unsigned i = 0; i < camera->mode_count; i++) {
		const struct mode *mode = &camera->modes[i];
		long miss = labs((long)mode->width - (long)wish->width) +
		    labs((long)mode->height - (long)wish->height) +
		    (mode->fourcc != wish->pixelformat ? 1000000 : 0);

		if (best == NULL || miss < best_miss) {
			best = mode;
			best_miss = miss;
		}
	}
	return best;
}

static int
set_format(struct camera *camera, struct v4l2_format *format)
{
	if (strcmp(camera->kind, "busy") == 0 || camera->count > 0) {
		errno = EBUSY;
		return -1;
	}
	camera->mode = *nearest(camera, &format->fmt.pix);
	fill_format(camera, &camera->mode, format);
	return 0;
}

static int
set_rate(struct camera *camera, struct v4l2_streamparm *parm, bool set)
{
	struct v4l2_captureparm *capture = &parm->parm.capture;
	uint32_t wish = set && capture->timeperframe.numerator != 0
	    ? capture->timeperframe.denominator / capture->timeperframe.numerator
	    : camera->mode.fps;
	long best = -1;

	for (unsigned i = 0; i < camera->mode_count; i++) {
		const struct mode *mode = &camera->modes[i];
		long miss = labs((long)mode->fps - (long)wish);

		if (mode->fourcc == camera->mode.fourcc && mode->width == camera->mode.width &&
		    mode->height == camera->mode.height && (best == -1 || miss < best)) {
			camera->mode.fps = mode->fps;
			best = miss;
		}
	}
	capture->capability = V4L2_CAP_TIMEPERFRAME;
	capture->timeperframe = camera->says_ms != 0 ? (struct v4l2_fract){ camera->says_ms, 1000 }
						     : (struct v4l2_fract){ 1, camera->mode.fps };
	capture->readbuffers = 2;
	return 0;
}

int
modes_ioctl(struct camera *camera, unsigned long request, void *arg)
{
	switch (request) {
	case VIDIOC_ENUM_FMT: return list_format(camera, arg);
	case VIDIOC_ENUM_FRAMESIZES: return list_size(camera, arg);
	case VIDIOC_ENUM_FRAMEINTERVALS: return list_rate(camera, arg);
	case VIDIOC_G_FMT: fill_format(camera, &camera->mode, arg); return 0;
	case VIDIOC_TRY_FMT:
		fill_format(camera, nearest(camera, &((struct v4l2_format *)arg)->fmt.pix), arg);
		return 0;
	case VIDIOC_S_FMT: return set_format(camera, arg);
	case VIDIOC_G_PARM: return set_rate(camera, arg, false);
	case VIDIOC_S_PARM: return set_rate(camera, arg, true);
	}
	errno = ENOTTY;
	return -1;
}
