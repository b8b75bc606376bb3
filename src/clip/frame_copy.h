/* SPDX-License-Identifier: ISC */
/* frame_copy: one JPEG frame in memory, with a count of its owners. The frames before an event
 * (preroll.h) and those that wait for the disk are shared. */
#ifndef ORIEL_CLIP_FRAME_COPY_H
#define ORIEL_CLIP_FRAME_COPY_H

#include <stdatomic.h>

#include "base/frame.h"

struct frame_copy {
	atomic_uint owners;
	struct frame_info info;
	unsigned char jpeg[]; /* info.length bytes */
};

/* Room for info->length bytes, not filled; one owner. NULL when out of memory. */
struct frame_copy *frame_copy_new(const struct frame_info *info);

/* Add an owner; any thread. */
struct frame_copy *frame_copy_ref(struct frame_copy *frame);

/* Remove an owner; the last one frees it. Any thread. Clears *frame. */
void frame_copy_unref(struct frame_copy **frame);

#endif
