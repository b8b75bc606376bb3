/* SPDX-License-Identifier: ISC */
/* stationary: parts of the picture that differ from the background but lie still.
 *
 * Examples: a shadow that stays, a thing put down, a filter that swung in. A piece that has come to
 * rest is no motion any more. Soon it becomes background, long before the average would follow. A
 * thing that creeps has an edge that moves, so its whole piece is not at rest. Works on blocks of
 * STATIONARY_BLOCK x STATIONARY_BLOCK pixels. */
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
	unsigned char *last;	/* the pixels of each block when it last moved */
	uint64_t *moved_ns;	/* when that was */
	unsigned char *marks;	/* of each block: differs, or is in a piece already */
	uint32_t *piece;	/* the blocks of one piece */
};

/* The caller sets all to 0 before. False: out of memory. Deinit may be called in any state. */
bool stationary_init(struct stationary *stationary, uint32_t width, uint32_t height);
void stationary_deinit(struct stationary *stationary);

/* Look at the next picture. A block has moved if two of its pixels differ by more than `noise`
 * levels from the block as it last moved. */
void stationary_look(
    struct stationary *stationary, const unsigned char *picture, unsigned noise, uint64_t mono_ns);

/* Clear in `changed` each piece that lies still. A piece that has been still for some seconds
 * becomes background. `changed`: the picture's first pixel; lines are `stride` apart. */
void stationary_take(struct stationary *stationary, struct background *background,
    const unsigned char *picture, unsigned char *changed, size_t stride, uint64_t mono_ns);

#endif
