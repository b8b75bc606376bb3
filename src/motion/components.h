/* SPDX-License-Identifier: ISC */
/* components: pieces of changed pixels that touch each other, and which pieces count.
 *
 * A moving thing is a piece that was also in the picture before, perhaps a little beside. A small
 * piece that was not (a drop of rain, a snow flake, an insect, noise) does not count. */
#ifndef ORIEL_MOTION_COMPONENTS_H
#define ORIEL_MOTION_COMPONENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct components {
	uint32_t width, height;
	unsigned char *before; /* not 0: changed in the picture before */
	uint32_t *stack;       /* the pixels of one piece */
};

struct components_sum {
	uint32_t count;			   /* pixels of all pieces that count */
	uint32_t left, top, right, bottom; /* box around them; right and bottom are exclusive */
};

/* The caller sets all to 0 before. False: out of memory. Deinit may be called in any state. */
bool components_init(struct components *components, uint32_t width, uint32_t height);
void components_deinit(struct components *components);

/* `changed`: the first pixel of a picture, 1 where it changed. Lines are `stride` apart, and around
 * the picture is a border of one pixel of 0. Clears the picture. */
struct components_sum components_count(
    struct components *components, unsigned char *changed, size_t stride);

#endif
