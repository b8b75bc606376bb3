/* SPDX-License-Identifier: ISC */
/* exif: the little we want to know of a JPEG's application segments. Every byte
 * is hostile; nothing outside `length` is read, nothing is believed twice. */
#ifndef ORIEL_JPEG_EXIF_H
#define ORIEL_JPEG_EXIF_H

#include <stdbool.h>
#include <stdint.h>

/* How a picture is to be turned for people: 1..8 as in Exif 2.3 (CIPA DC-008, tag
 * 0112H), 1 = as it is. `data` is what APP1 holds behind its length. False: it is no
 * Exif. What browsers believe is believed: one SHORT in IFD0 of the first Exif. */
bool exif_orientation(const unsigned char *data, uint32_t length, unsigned *orientation);

/* How many pictures lie one behind the other, this one first, by the index of the
 * Multi-Picture Format (CIPA DC-007, tag B001H). `data` is what APP2 holds; 0: no
 * such index. */
unsigned mpf_pictures(const unsigned char *data, uint32_t length);

/* Does a picture so turned stand on its side: are width and height exchanged? */
static inline bool
exif_swaps(unsigned orientation)
{
	return orientation >= 5;
}

#endif
