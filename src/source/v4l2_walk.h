/* SPDX-License-Identifier: ISC */
/* v4l2_walk: through the formats, sizes and rates that a driver lists. */
#ifndef ORIEL_SOURCE_V4L2_WALK_H
#define ORIEL_SOURCE_V4L2_WALK_H

#include "source/v4l2_device.h"

enum { BEST_WIDTH = 1280, BEST_HEIGHT = 720, BEST_FPS = 30 }; /* when nothing is asked for */

struct v4l2_walk {
	int fd;
	unsigned calls;
};

typedef void v4l2_rate(void *arg, struct v4l2_fract interval);
typedef void v4l2_size(void *arg, uint32_t width, uint32_t height);

/* The next format is in *is; false: there is none. Between calls is->index is counted up. */
bool v4l2_walk_format(struct v4l2_walk *walker, struct v4l2_fmtdesc *is);

/* Calls `each` with every size of a format, or once with what is wished for when the driver has no
 * list. A range is represented by its size nearest to that. */
void v4l2_walk_sizes(struct v4l2_walk *walker, uint32_t fourcc, const struct source_request *wanted,
    v4l2_size *each, void *arg);

/* Calls `each` with every rate of a size, or once with 0/0 when there are none. A range is
 * represented by its ends and by the requested rate. */
void v4l2_walk_rates(struct v4l2_walk *walker, uint32_t fourcc, uint32_t width, uint32_t height,
    uint32_t fps, v4l2_rate *each, void *arg);

/* Frames a second; 0: the driver does not say. */
double v4l2_fps(struct v4l2_fract interval);

#endif
