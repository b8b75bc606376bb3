/* SPDX-License-Identifier: ISC */
#include "jpeg/check.h"

#include <string.h>

/* Section, table and figure numbers are those of ITU-T T.81 (1992). */

enum {				/* second byte of a marker, table B.1 */
	SOF0 = 0xc0, SOF2 = 0xc2, DHT = 0xc4, JPG = 0xc8, DAC = 0xcc, SOF15 = 0xcf,
	RST0 = 0xd0, RST7 = 0xd7, SOI = 0xd8, EOI = 0xd9, SOS = 0xda, DQT = 0xdb,
	DNL = 0xdc, DRI = 0xdd, DHP = 0xde, EXP = 0xdf, APP0 = 0xe0, APP15 = 0xef, COM = 0xfe,
};
enum { SIZE_MOST = 65500, COMPONENTS_MOST = 4, CODES_MOST = 256 };

struct walk {
	const unsigned char *jpeg;
	uint32_t length, at;		/* at <= length always */
	struct jpeg_shape *shape;
	struct cause *why;
	unsigned frame, components;	/* the SOF seen, how many components it has; 0 = none yet */
	unsigned scans;
	unsigned wanted_tables, tables;	/* quantisation tables, a bit each: asked for, defined */
};

struct segment {			/* what follows a marker and its length */
	const unsigned char *data;
	uint32_t length;
};

static int
walk_truncated(struct walk *walk)
{
	return cause_set(walk->why, "truncated at %u bytes", walk->length);
}

/* The next marker: FF, fill bytes FF (B.1.1.2), its code. */
static int
walk_marker(struct walk *walk)
{
	if (walk->at == walk->length)
		return walk_truncated(walk);
	if (walk->jpeg[walk->at] != 0xff)
		return cause_set(walk->why, "no marker at byte %u", walk->at);
	while (walk->at < walk->length && walk->jpeg[walk->at] == 0xff)
		walk->at++;
	if (walk->at == walk->length)
		return walk_truncated(walk);
	return walk->jpeg[walk->at++];
}

static int
walk_segment(struct walk *walk, struct segment *segment)
{
	const unsigned char *head = walk->jpeg + walk->at;
	uint32_t left = walk->length - walk->at, length;

	if (left < 2)
		return walk_truncated(walk);
	length = (uint32_t)head[0] << 8 | head[1];
	if (length < 2)
		return cause_set(walk->why, "a segment of %u bytes at byte %u", length, walk->at);
	if (length > left)
		return walk_truncated(walk);
	segment->data = head + 2;
	segment->length = length - 2;
	walk->at += length;
	return 0;
}

/* B.2.2, figure B.3: precision, lines, samples a line, components. */
static int
walk_frame(struct walk *walk, unsigned marker, const struct segment *segment)
{
	const unsigned char *data = segment->data;

	if (walk->frame != 0)
		return cause_set(walk->why, "two frame headers");
	if (segment->length < 6 || data[5] < 1 || data[5] > COMPONENTS_MOST ||
	    segment->length != 6 + 3u * data[5] || data[0] != 8)
		return cause_set(walk->why, "a bad frame header");
	walk->shape->height = (uint32_t)data[1] << 8 | data[2];
	walk->shape->width = (uint32_t)data[3] << 8 | data[4];
	if (walk->shape->width < 1 || walk->shape->width > SIZE_MOST ||
	    walk->shape->height < 1 || walk->shape->height > SIZE_MOST)
		return cause_set(walk->why, "%ux%u is out of range",
		    walk->shape->width, walk->shape->height);
	walk->frame = marker;
	walk->components = data[5];
	for (unsigned i = 0; i < walk->components; i++) {
		unsigned sampling = data[7 + 3 * i], table = data[8 + 3 * i];

		if (sampling >> 4 < 1 || sampling >> 4 > 4 || (sampling & 15) < 1 ||
		    (sampling & 15) > 4 || table > 3)
			return cause_set(walk->why, "a bad frame header");
		walk->wanted_tables |= 1u << table;
	}
	return 0;
}

/* B.2.4.1: tables of 64 values of 8 or 16 bits. */
static int
walk_quantisation(struct walk *walk, const struct segment *segment)
{
	uint32_t at = 0;

	while (at < segment->length) {
		unsigned head = segment->data[at];

		if (head >> 4 > 1 || (head & 15) > 3)
			break;
		walk->tables |= 1u << (head & 15);
		at += 1 + 64 * (1 + (head >> 4));
	}
	if (at != segment->length || at == 0)
		return cause_set(walk->why, "a bad quantisation table");
	return 0;
}

/* B.2.4.2: class and number, 16 counts of codes, so many values. */
static int
walk_huffman(struct walk *walk, const struct segment *segment)
{
	uint32_t at = 0;

	while (segment->length - at >= 17) {
		uint32_t codes = 0;

		if (segment->data[at] >> 4 > 1 || (segment->data[at] & 15) > 3)
			break;
		for (unsigned i = 1; i <= 16; i++)
			codes += segment->data[at + i];
		if (codes > CODES_MOST || codes > segment->length - at - 17)
			break;
		at += 17 + codes;
	}
	if (at != segment->length || at == 0)
		return cause_set(walk->why, "a bad Huffman table");
	if (walk->scans == 0)
		walk->shape->has_dht = true;
	return 0;
}

/* B.2.3: may a scan begin here? */
static int
walk_scan(struct walk *walk, const struct segment *segment)
{
	if (walk->frame == 0)
		return cause_set(walk->why, "a scan before the frame header");
	if (segment->length < 1 || segment->data[0] < 1 || segment->data[0] > walk->components ||
	    segment->length != 4 + 2u * segment->data[0])
		return cause_set(walk->why, "a bad scan header");
	if ((walk->wanted_tables & ~walk->tables) != 0)
		return cause_set(walk->why, "no quantisation table");
	/* Annex K.3's tables have no codes for what progressive scans say. */
	if (!walk->shape->has_dht && walk->frame == SOF2)
		return cause_set(walk->why, "no Huffman table");
	return 0;
}

/* Over entropy-coded data (B.1.1.5) to the marker that ends it: FF 00 is a data
 * byte, restart markers belong to the data. */
static int
walk_entropy(struct walk *walk)
{
	uint32_t begin = walk->at;

	for (;;) {
		const unsigned char *mark = memchr(walk->jpeg + walk->at, 0xff,
		    walk->length - walk->at);
		uint32_t at;

		if (mark == NULL)
			return walk_truncated(walk);
		at = (uint32_t)(mark - walk->jpeg);
		if (at + 1 == walk->length)
			return walk_truncated(walk);
		if (mark[1] == 0xff) {
			walk->at = at + 1;
		} else if (mark[1] == 0x00 || (mark[1] >= RST0 && mark[1] <= RST7)) {
			walk->at = at + 2;
		} else {
			walk->at = at;
			break;
		}
	}
	if (walk->at == begin)
		return cause_set(walk->why, "an empty scan");
	return 0;
}

/* One marker segment. Coded otherwise than by sequential or progressive Huffman:
 * no browser takes it. */
static int
walk_next(struct walk *walk, unsigned marker)
{
	uint32_t marker_at = walk->at - 2;
	struct segment segment = { 0 };

	if (marker == DAC || marker == JPG || marker == DHP || marker == EXP ||
	    (marker > SOF2 && marker <= SOF15 && marker != DHT))
		return cause_set(walk->why, "a kind of JPEG browsers cannot show (marker %02X)", marker);
	if (marker < SOF0 || (marker >= RST0 && marker <= EOI) || (marker > APP15 && marker != COM))
		return cause_set(walk->why, "marker %02X out of place", marker);
	if (walk_segment(walk, &segment) == -1)
		return -1;
	switch (marker) {
	case DHT:
		return walk_huffman(walk, &segment);
	case DQT:
		return walk_quantisation(walk, &segment);
	case DRI:
		if (segment.length != 2)
			return cause_set(walk->why, "a bad restart interval");
		return 0;
	case SOS:
		if (walk_scan(walk, &segment) == -1)
			return -1;
		if (walk->scans++ == 0)
			walk->shape->dht_at = marker_at;
		return walk_entropy(walk);
	default:
		return marker <= SOF2 ? walk_frame(walk, marker, &segment) : 0;
	}
}

int
jpeg_check(const unsigned char *jpeg, uint32_t length, struct jpeg_shape *shape, struct cause *why)
{
	struct walk walk = { .jpeg = jpeg, .length = length, .at = 2, .shape = shape, .why = why };

	*shape = (struct jpeg_shape){ 0 };
	if (length < 2 || jpeg[0] != 0xff || jpeg[1] != SOI)
		return cause_set(why, "not a JPEG: it does not begin with FF D8");
	for (;;) {
		int marker = walk_marker(&walk);

		if (marker == EOI)
			break;
		if (marker == -1 || walk_next(&walk, (unsigned)marker) == -1)
			return -1;
	}
	if (walk.scans == 0)
		return cause_set(why, "a JPEG without a picture");
	shape->length = walk.at;
	return 0;
}

/* ---- repair ---------------------------------------------------------------- */

/* The typical tables of annex K.3 as one DHT segment: tables K.3 to K.6. */
static const unsigned char dht[] = {
	0xff, DHT, 0x01, 0xa2,
	/* luminance DC, K.3 */
	0x00, 0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0,
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
	/* luminance AC, K.5 */
	0x10, 0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7d,
	0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61, 0x07,
	0x22, 0x71, 0x14, 0x32, 0x81, 0x91, 0xa1, 0x08, 0x23, 0x42, 0xb1, 0xc1, 0x15, 0x52, 0xd1, 0xf0,
	0x24, 0x33, 0x62, 0x72, 0x82, 0x09, 0x0a, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x25, 0x26, 0x27, 0x28,
	0x29, 0x2a, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49,
	0x4a, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5a, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69,
	0x6a, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7a, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89,
	0x8a, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9a, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7,
	0xa8, 0xa9, 0xaa, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7, 0xb8, 0xb9, 0xba, 0xc2, 0xc3, 0xc4, 0xc5,
	0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda, 0xe1, 0xe2,
	0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8,
	0xf9, 0xfa,
	/* chrominance DC, K.4 */
	0x01, 0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0,
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
	/* chrominance AC, K.6 */
	0x11, 0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 0x77,
	0x00, 0x01, 0x02, 0x03, 0x11, 0x04, 0x05, 0x21, 0x31, 0x06, 0x12, 0x41, 0x51, 0x07, 0x61, 0x71,
	0x13, 0x22, 0x32, 0x81, 0x08, 0x14, 0x42, 0x91, 0xa1, 0xb1, 0xc1, 0x09, 0x23, 0x33, 0x52, 0xf0,
	0x15, 0x62, 0x72, 0xd1, 0x0a, 0x16, 0x24, 0x34, 0xe1, 0x25, 0xf1, 0x17, 0x18, 0x19, 0x1a, 0x26,
	0x27, 0x28, 0x29, 0x2a, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48,
	0x49, 0x4a, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5a, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68,
	0x69, 0x6a, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7a, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87,
	0x88, 0x89, 0x8a, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9a, 0xa2, 0xa3, 0xa4, 0xa5,
	0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7, 0xb8, 0xb9, 0xba, 0xc2, 0xc3,
	0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda,
	0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8,
	0xf9, 0xfa,
};
_Static_assert(sizeof dht == 2 + 0x1a2, "the segment's length is in its head");

uint32_t
jpeg_repaired_length(const struct jpeg_shape *shape)
{
	return shape->length + (shape->has_dht ? 0 : (uint32_t)sizeof dht);
}

void
jpeg_repair(const unsigned char *jpeg, const struct jpeg_shape *shape, unsigned char *out)
{
	uint32_t split = shape->has_dht ? shape->length : shape->dht_at;

	memcpy(out, jpeg, split);
	if (shape->has_dht)
		return;
	memcpy(out + split, dht, sizeof dht);
	memcpy(out + split + sizeof dht, jpeg + split, shape->length - split);
}
