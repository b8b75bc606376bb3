/* SPDX-License-Identifier: ISC */
/* shot: one JPEG frame in memory of its own, shared by who keeps it: what came before an event
 * (preroll.h), and what is being written. */
#ifndef ORIEL_CLIP_SHOT_H
#define ORIEL_CLIP_SHOT_H

#include <stdatomic.h>

#include "base/frame.h"

struct shot {
	atomic_uint owners;
	struct frame_info info;
	unsigned char jpeg[]; /* info.length bytes */
};

/* Room for info->length bytes, not filled yet; one owner. NULL when out of memory. */
struct shot *shot_new(const struct frame_info *info);

/* One owner more; any thread. */
struct shot *shot_keep(struct shot *shot);

/* One owner less: the last one frees it. Clears *shot. */
void shot_drop(struct shot **shot);

#endif
