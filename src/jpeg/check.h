/* SPDX-License-Identifier: ISC */
/* check: is this a JPEG that we dare to serve? And the repair of what cameras leave out. Plain byte
 * walking, no library; every input is hostile.
 *
 * A picture that a browser's decoder (libjpeg-turbo) shows, if need be with a warning, is taken.
 * The same rules stand here, so that nothing has to be decoded. These are refused: what is no
 * JPEG, what no browser shows, what states impossible things about itself, and what takes more
 * than a bounded time and memory to decode. */
#ifndef ORIEL_JPEG_CHECK_H
#define ORIEL_JPEG_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cause.h"

enum {
	JPEG_SIDE_MOST = 65500,		/* libjpeg's JPEG_MAX_DIMENSION */
	JPEG_PIXELS_MOST = 8192 * 8192, /* a browser takes 4 bytes for each */
	JPEG_SCANS_MOST = 64,		/* a camera has 1 to 10; each costs a pass */
	JPEG_DECODE_MOST = 40 << 20,	/* bytes of coefficients of pictures with several scans */
};

struct jpeg_shape {
	uint32_t width, height; /* as coded, in the frame header */
	unsigned orientation;	/* how to turn it, see jpeg/exif.h; 1 = not at all */
	/* Offsets of the last SOI in a row, of the first marker after it, and of the end: after
	 * EOI, where there is one. Padding after that is not counted. */
	uint32_t begin, body, end;
	uint32_t dht_at; /* where missing Huffman tables belong: before all others */
	bool has_dht, has_eoi;
	bool doubtful; /* damaged, or without EOI: only the decoder can say whether it is whole */
};

/* Walk the markers (ITU-T T.81 annex B), skipping what libjpeg's next_marker skips: SOI,
 * segments whose lengths agree, one SOF of at most JPEG_PIXELS_MOST pixels, scans with their
 * tables and enough data for so many blocks, EOI. A picture that has all its scans and lacks
 * only its EOI is taken too, as doubtful (see jpeg_decode_whole). -1 with *why. */
int jpeg_check(
    const unsigned char *jpeg, uint32_t length, struct jpeg_shape *shape, struct cause *why);

/* The length of the picture once repaired. */
uint32_t jpeg_repaired_length(const struct jpeg_shape *shape);

/* Copy to out (jpeg_repaired_length bytes) from SOI to EOI. Adds the default Huffman tables
 * (T.81 annex K.3) that the camera left out, as MJPEG-in-AVI does. All other bytes stay as they
 * are. */
void jpeg_repair(const unsigned char *jpeg, const struct jpeg_shape *shape, unsigned char *out);

#endif
