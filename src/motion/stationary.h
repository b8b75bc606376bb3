/* SPDX-License-Identifier: ISC */
/* stationary: which parts of the picture that differ from the background lie still.
 *
 * A shadow that stays, a thing put down, a filter that swung in: what differs as one piece
 * and has come to rest is no motion any more, and soon the background, long before an
 * average would have caught up. What creeps has an edge that moves, and so the whole piece
 * is none of these. Works on blocks of STATIONARY_BLOCK x STATIONARY_BLOCK pixels. */
#ifndef ORIEL_MOTION_STATIONARY_H
#define ORIEL_MOTION_STATIONARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "motion/background.h"

enum { STATIONARY_BLOCK = 8 };

struct stationary {
	uint32_t width, height; /* of the picture */
	uint32_t columns, rows; /* of blocks */
	unsigned char *last;	/* each block as it was when it moved last */
	uint64_t *moved_ns;	/* when that was */
	unsigned char *marks;	/* what is known of each block: differs, is looked at */
	uint32_t *piece;	/* the blocks of one piece */
};

/* false: out of memory. The caller sets all to 0 before; deinit may be called in any state. */
bool stationary_init(struct stationary *stationary, uint32_t width, uint32_t height);
void stationary_deinit(struct stationary *stationary);

/* Look at the next picture: a block has moved where two of its pixels differ by more than
 * `noise` levels from when it moved last. */
void stationary_look(
    struct stationary *stationary, const unsigned char *picture, unsigned noise, uint64_t mono_ns);

/* Take each piece of changed pixels that lies still off the changed ones, and into the
 * background when it has for some seconds. `changed`: the picture's first pixel, `stride` from line
 * to line. */
void stationary_take(struct stationary *stationary, struct background *background,
    const unsigned char *picture, unsigned char *changed, size_t stride, uint64_t mono_ns);

#endif
