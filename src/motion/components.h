/* SPDX-License-Identifier: ISC */
/* components: the changed pixels that hang together, and which of them count.
 *
 * What moves is a piece that was there a moment ago too, perhaps a little beside. A small
 * piece that was not (a drop of rain, a snow flake, an insect, noise) does not count. */
#ifndef ORIEL_MOTION_COMPONENTS_H
#define ORIEL_MOTION_COMPONENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct components {
	uint32_t width, height;
	unsigned char *before; /* 1 = had changed in the picture before */
	uint32_t *stack;       /* the pixels of one piece */
};

struct components_sum {
	uint32_t count;			   /* pixels of all pieces that count */
	uint32_t left, top, right, bottom; /* around them; right and bottom are beyond */
};

/* false: out of memory. The caller sets all to 0 before; deinit may be called in any state. */
bool components_init(struct components *components, uint32_t width, uint32_t height);
void components_deinit(struct components *components);

/* `changed`: the first pixel of a picture, 1 where it changed, `stride` from line to line, in
 * a border of one pixel of 0. Cleared afterwards. */
struct components_sum components_count(
    struct components *components, unsigned char *changed, size_t stride);

#endif
