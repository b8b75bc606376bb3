/* SPDX-License-Identifier: ISC */
/* preroll: the frames of the last seconds, in memory. They are bounded in time and in bytes: the
 * oldest go first. */
#ifndef ORIEL_CLIP_PREROLL_H
#define ORIEL_CLIP_PREROLL_H

#include <stddef.h>
#include <stdint.h>

#include "clip/frame_copy.h"

struct preroll {		    /* the caller's storage, all zero before its first use */
	struct frame_copy **frames; /* a circle of `room`, `count` from `first` on */
	size_t room, first, count;
	uint64_t bytes;
};

struct preroll_limits {
	uint64_t ns;	/* a frame this much older than the newest goes */
	uint64_t bytes; /* of all JPEGs together; the newest frame always stays */
};

/* Add the newest frame; takes its own reference (frame_copy_ref). -1 when out of memory. */
int preroll_add(
    struct preroll *preroll, struct frame_copy *frame, const struct preroll_limits *limits);

/* The frame at `index`, borrowed; 0 is the oldest. NULL behind the newest. */
struct frame_copy *preroll_at(const struct preroll *preroll, size_t index);

/* Drop all frames. Callable from any state. */
void preroll_clear(struct preroll *preroll);

#endif
