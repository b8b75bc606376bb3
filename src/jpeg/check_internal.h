/* SPDX-License-Identifier: ISC */
/* check_internal: the walk through a JPEG: its markers (check.c), the segments that define what
 * follows (check_segments.c), its scans (check_scans.c). Each returns -1 with *walk->why.
 *
 * Section, table and figure numbers are those of ITU-T T.81 (1992). */
#ifndef ORIEL_JPEG_CHECK_INTERNAL_H
#define ORIEL_JPEG_CHECK_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "jpeg/check.h"

enum { /* second byte of a marker, table B.1 */
	TEM = 0x01,
	SOF0 = 0xc0,
	SOF2 = 0xc2,
	DHT = 0xc4,
	JPG = 0xc8,
	DAC = 0xcc,
	SOF15 = 0xcf,
	RST0 = 0xd0,
	RST7 = 0xd7,
	SOI = 0xd8,
	EOI = 0xd9,
	SOS = 0xda,
	DQT = 0xdb,
	DNL = 0xdc,
	DRI = 0xdd,
	DHP = 0xde,
	EXP = 0xdf,
	APP0 = 0xe0,
	APP1 = 0xe1,
	APP15 = 0xef,
	COM = 0xfe,
};
enum {
	COMPONENTS_MOST = 4,
	TABLES = 4,
	CODES_MOST = 256,
	BLOCK = 8,
	MCU_BLOCKS_MOST = 10,  /* B.2.3 */
	BLOCK_MEMORY = 64 * 2, /* bytes of a block's coefficients while scans gather them */
};

struct component {
	unsigned id, h, v, table; /* sampling factors, quantisation table */
	uint64_t blocks;
	uint64_t known; /* coefficients that are complete to the last bit, a bit each */
};

struct walk {
	const unsigned char *jpeg;
	uint32_t length, at; /* at <= length always */
	struct jpeg_shape *shape;
	struct cause *why;
	unsigned frame, count; /* the SOF seen, its number of components; 0 = none yet */
	struct component components[COMPONENTS_MOST];
	unsigned scans;
	bool restarts;
	unsigned quantisation;	  /* tables defined, a bit each */
	unsigned huffman, spoilt; /* … bit 4 * class + number; those that no decoder takes */
	bool turned;		  /* the first Exif segment has been read */
};

struct segment { /* what follows a marker and its length */
	const unsigned char *data;
	uint32_t length;
};

int walk_truncated(struct walk *walk);

int walk_frame(struct walk *walk, unsigned marker, const struct segment *segment);
int walk_quantisation(struct walk *walk, const struct segment *segment);
int walk_huffman(struct walk *walk, const struct segment *segment);

/* The header of a scan, and its data up to the next marker. */
int walk_scan(struct walk *walk, const struct segment *segment);

#endif
