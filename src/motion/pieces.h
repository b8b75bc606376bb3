/* SPDX-License-Identifier: ISC */
/* pieces: the changed pixels that hang together, and which of them count.
 *
 * What moves is a piece that was there a moment ago too, perhaps a little beside. A small
 * piece that was not (a drop of rain, a snow flake, an insect, noise) does not count. */
#ifndef ORIEL_MOTION_PIECES_H
#define ORIEL_MOTION_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pieces {
	uint32_t width, height;
	unsigned char *before; /* 1 = had changed in the picture before */
	uint32_t *stack;       /* the pixels of one piece */
};

struct pieces_sum {
	uint32_t count;			   /* pixels of all pieces that count */
	uint32_t left, top, right, bottom; /* around them; right and bottom are beyond */
};

/* false: out of memory. The caller sets all to 0 before; deinit may be called in any state. */
bool pieces_init(struct pieces *pieces, uint32_t width, uint32_t height);
void pieces_deinit(struct pieces *pieces);

/* `changed`: the first pixel of a picture, 1 where it changed, `stride` from line to line, in
 * a border of one pixel of 0. Cleared afterwards. */
struct pieces_sum pieces_count(struct pieces *pieces, unsigned char *changed, size_t stride);

#endif
