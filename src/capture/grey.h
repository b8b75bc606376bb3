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
 * or lower edge being a pixel too. Only for what jpeg_check_raw has taken. */
void grey_shrink(
    const struct picture *picture, unsigned char *grey, uint32_t *width, uint32_t *height);

/* Turn such a picture as `orientation` (1..8, see jpeg/exif.h) says. `to` has as many
 * bytes; width and height are exchanged where it then stands on its side. */
void grey_turn(const unsigned char *from, uint32_t *width, uint32_t *height, unsigned orientation,
    unsigned char *to);

#endif
