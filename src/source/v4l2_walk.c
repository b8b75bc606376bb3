/* SPDX-License-Identifier: ISC */
#include "source/v4l2_walk.h"

enum {
	ENUM_MOST = 256,   /* entries of a list, in case a driver never ends it */
	CALLS_MOST = 1024, /* in all: 3 s at 3 ms per call; the richest cameras need 500 */
};

double
v4l2_fps(struct v4l2_fract interval)
{
	return interval.numerator != 0 ? (double)interval.denominator / interval.numerator : 0;
}

static bool
ask(struct v4l2_walk *walker, unsigned long request, void *arg)
{
	return walker->calls++ < CALLS_MOST && v4l2_ioctl(walker->fd, request, arg) == 0;
}

void
v4l2_walk_rates(struct v4l2_walk *walker, uint32_t fourcc, uint32_t width, uint32_t height,
    uint32_t fps, v4l2_rate *each, void *arg)
{
	struct v4l2_frmivalenum is = { .pixel_format = fourcc, .width = width, .height = height };

	for (; is.index < ENUM_MOST && ask(walker, VIDIOC_ENUM_FRAMEINTERVALS, &is); is.index++) {
		struct v4l2_fract wanted = { 1, fps != 0 ? fps : BEST_FPS };

		if (is.type == V4L2_FRMIVAL_TYPE_DISCRETE) {
			each(arg, is.discrete);
			continue;
		}
		each(arg, is.stepwise.min);
		each(arg, is.stepwise.max);
		if (v4l2_fps(wanted) < v4l2_fps(is.stepwise.min) &&
		    v4l2_fps(wanted) > v4l2_fps(is.stepwise.max))
			each(arg, wanted);
		return;
	}
	if (is.index == 0)
		each(arg, (struct v4l2_fract){ 0, 0 });
}

/* The value of a range nearest to `wanted`. */
static uint32_t
in_steps(uint32_t wanted, uint32_t least, uint32_t most, uint32_t step)
{
	if (wanted <= least || most <= least)
		return least;
	if (wanted > most)
		wanted = most;
	return step > 1 ? least + (wanted - least) / step * step : wanted;
}

void
v4l2_walk_sizes(struct v4l2_walk *walker, uint32_t fourcc, const struct source_request *wanted,
    v4l2_size *each, void *arg)
{
	struct v4l2_frmsizeenum is = { .pixel_format = fourcc };
	uint32_t width = wanted->width != 0 ? wanted->width : BEST_WIDTH;
	uint32_t height = wanted->height != 0 ? wanted->height : BEST_HEIGHT;

	for (; is.index < ENUM_MOST && ask(walker, VIDIOC_ENUM_FRAMESIZES, &is); is.index++) {
		const struct v4l2_frmsize_stepwise *range = &is.stepwise;

		if (is.type == V4L2_FRMSIZE_TYPE_DISCRETE) {
			each(arg, is.discrete.width, is.discrete.height);
			continue;
		}
		each(arg, in_steps(width, range->min_width, range->max_width, range->step_width),
		    in_steps(height, range->min_height, range->max_height, range->step_height));
		return;
	}
	if (is.index == 0) /* the driver has no list: ask and see */
		each(arg, width, height);
}

bool
v4l2_walk_format(struct v4l2_walk *walker, struct v4l2_fmtdesc *is)
{
	is->type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	return is->index < ENUM_MOST && ask(walker, VIDIOC_ENUM_FMT, is);
}
