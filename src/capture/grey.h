/* SPDX-License-Identifier: ISC */
/* grey: the small grey picture for motion, made from a raw picture's luma. */
#ifndef ORIEL_CAPTURE_GREY_H
#define ORIEL_CAPTURE_GREY_H

#include <stdint.h>

#include "base/picture.h"

/* Bytes that grey_shrink needs for a picture of that size. */
uint32_t grey_size(uint32_t width, uint32_t height);

/* The mean brightness of each 8x8 block (of every other line), lines packed. The size
 * is that of jpeg_decode_grey8: a partial block at the right or lower edge is a pixel
 * too. Only for pictures that passed jpeg_check_raw. */
void grey_shrink(
    const struct picture *picture, unsigned char *grey, uint32_t *width, uint32_t *height);

/* Turn such a picture by `orientation` (1..8, see jpeg/exif.h). `to` has as many bytes.
 * A quarter turn swaps *width and *height. */
void grey_turn(const unsigned char *from, uint32_t *width, uint32_t *height, unsigned orientation,
    unsigned char *to);

#endif
