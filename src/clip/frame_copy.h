/* SPDX-License-Identifier: ISC */
/* frame: one JPEG frame in memory of its own, shared by who keeps it: what came before an event
 * (preroll.h), and what is being written. */
#ifndef ORIEL_CLIP_FRAME_COPY_H
#define ORIEL_CLIP_FRAME_COPY_H

#include <stdatomic.h>

#include "base/frame.h"

struct frame_copy {
	atomic_uint owners;
	struct frame_info info;
	unsigned char jpeg[]; /* info.length bytes */
};

/* Room for info->length bytes, not filled yet; one owner. NULL when out of memory. */
struct frame_copy *frame_copy_new(const struct frame_info *info);

/* One owner more; any thread. */
struct frame_copy *frame_copy_ref(struct frame_copy *frame);

/* One owner less: the last one frees it. Clears *frame. */
void frame_copy_unref(struct frame_copy **frame);

#endif
