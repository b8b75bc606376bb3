/* SPDX-License-Identifier: ISC */
/* exif: the little that we need from a JPEG's application segments. Every byte is hostile, and
 * nothing outside `length` is read. */
#ifndef ORIEL_JPEG_EXIF_H
#define ORIEL_JPEG_EXIF_H

#include <stdbool.h>
#include <stdint.h>

/* How to turn a picture for people: 1..8 as in Exif 2.3 (CIPA DC-008, tag 0112H), 1 = not at
 * all. `data` is what APP1 holds after its length. False: it is no Exif. We believe what
 * browsers believe: one SHORT in IFD0 of the first Exif. */
bool exif_orientation(const unsigned char *data, uint32_t length, unsigned *orientation);

/* How many pictures follow each other, this one included and first, by the index of the
 * Multi-Picture Format (CIPA DC-007, tag B001H). `data` is what APP2 holds; 0: no such index. */
unsigned mpf_pictures(const unsigned char *data, uint32_t length);

/* Does this orientation exchange width and height? */
static inline bool
exif_swaps(unsigned orientation)
{
	return orientation >= 5;
}

#endif
