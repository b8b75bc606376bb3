/* SPDX-License-Identifier: ISC */
/* mask: where to look for motion, from a grey PGM (pgm(5), P5). */
#ifndef ORIEL_MOTION_MASK_H
#define ORIEL_MOTION_MASK_H

#include <stddef.h>
#include <stdint.h>

#include "base/cause.h"

struct mask {
	uint32_t width, height; /* 0 = no mask: look everywhere */
	unsigned char *pixels;	/* 0 = do not look */
};

/* 8 bits a pixel, at most 8192 x 8192. -1 with *why; then *mask is not changed. */
int mask_load(struct mask *mask, const char *path, struct cause *why);
int mask_parse(struct mask *mask, const unsigned char *file, size_t length, struct cause *why);

void mask_deinit(struct mask *mask);

/* look[width * height]: 1 where the mask's nearest pixel is not black, else 0.
 * Returns how many are 1. */
uint32_t mask_scale(const struct mask *mask, uint32_t width, uint32_t height, unsigned char *look);

#endif
