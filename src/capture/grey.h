/* SPDX-License-Identifier: ISC */
/* grey: what motion looks at, straight from a raw picture's luma. */
#ifndef ORIEL_CAPTURE_GREY_H
#define ORIEL_CAPTURE_GREY_H

#include <stdint.h>

#include "base/picture.h"

/* Bytes that grey_shrink needs for a picture of that size. */
uint32_t grey_size(uint32_t width, uint32_t height);

/* The mean brightness of each 8x8 block (every other line is looked at), lines
 * packed: as large as jpeg_decode_grey8 makes it, a partial block at the right
 * or lower edge being a pixel too. Raw formats only; the picture is whole. */
void grey_shrink(const struct picture *picture, unsigned char *grey,
	uint32_t *width, uint32_t *height);

#endif
