/* SPDX-License-Identifier: ISC */
/* check: is this a JPEG we dare to serve? And the repair of what cameras leave
 * out. Plain byte walking, no library; every input is hostile.
 *
 * What a browser's decoder (libjpeg-turbo) shows, if need be with a warning, is
 * taken: the same rules stand here, so that nothing has to be decoded. What is
 * none, what no browser shows, and what says of itself what cannot be true or
 * what takes more than a bounded time and memory to decode, is refused. */
#ifndef ORIEL_JPEG_CHECK_H
#define ORIEL_JPEG_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cause.h"

enum {
	JPEG_SIDE_MOST = 65500,		/* libjpeg's JPEG_MAX_DIMENSION */
	JPEG_PIXELS_MOST = 8192 * 8192, /* a browser takes 4 bytes for each */
	JPEG_SCANS_MOST = 64,		/* a camera has 1 to 10; each costs a pass */
	JPEG_DECODE_MOST = 40 << 20,	/* bytes of coefficients, where several scans give them */
};

struct jpeg_shape {
	uint32_t width, height; /* as coded, in the frame header */
	unsigned orientation;	/* how it is to be turned, see jpeg/exif.h; 1 = as it is */
	/* Offsets. The last of the SOI in a row, the first marker behind it, the end: behind
	 * EOI, where there is one. Padding behind that is not counted. */
	uint32_t begin, body, end;
	uint32_t dht_at; /* where missing Huffman tables belong: before all others */
	bool has_dht, has_eoi;
	bool doubtful; /* damaged, or without EOI: whether it is whole the decoder must say */
};

/* Walk the markers of T.81 (ITU-T T.81 annex B), passing over what libjpeg's
 * next_marker passes over: SOI, segments whose lengths agree, one SOF of at most
 * JPEG_PIXELS_MOST pixels, scans with their tables and enough data for so many
 * blocks, EOI. A picture that has all its scans and only lacks its EOI is taken too,
 * as doubtful (see jpeg_decode_whole). -1 with *why. */
int jpeg_check(
    const unsigned char *jpeg, uint32_t length, struct jpeg_shape *shape, struct cause *why);

/* The length of the picture once repaired. */
uint32_t jpeg_repaired_length(const struct jpeg_shape *shape);

/* Copy to out (jpeg_repaired_length bytes) from SOI to EOI, with the default
 * Huffman tables (T.81 annex K.3) put in where the camera left some out, as
 * MJPEG-in-AVI does. What is there stays, byte for byte. */
void jpeg_repair(const unsigned char *jpeg, const struct jpeg_shape *shape, unsigned char *out);

#endif
