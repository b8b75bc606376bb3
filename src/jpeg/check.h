/* SPDX-License-Identifier: ISC */
/* check: is this a JPEG we dare to serve? And the repair of what cameras leave
 * out. Plain byte walking, no library; every input is hostile. */
#ifndef ORIEL_JPEG_CHECK_H
#define ORIEL_JPEG_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cause.h"

struct jpeg_shape {
	uint32_t width, height;
	uint32_t length;	/* bytes up to and with EOI: padding behind it is not counted */
	uint32_t dht_at;	/* where missing Huffman tables belong (before SOS) */
	bool has_dht;
};

/* Walk the markers of T.81 (ITU-T T.81 annex B): SOI, segments whose lengths
 * agree, one SOF with 1..65500 sizes, SOS, entropy-coded data, EOI within
 * `length` (padding behind EOI is cut off). -1 with *why: truncated, garbage. */
int jpeg_check(const unsigned char *jpeg, uint32_t length, struct jpeg_shape *shape, struct cause *why);

/* The length of the picture once repaired. */
uint32_t jpeg_repaired_length(const struct jpeg_shape *shape);

/* Copy to out (jpeg_repaired_length bytes), with the default Huffman tables
 * (T.81 annex K.3) put in where the camera left them out, as MJPEG-in-AVI does. */
void jpeg_repair(const unsigned char *jpeg, const struct jpeg_shape *shape, unsigned char *out);

#endif
