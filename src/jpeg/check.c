/* SPDX-License-Identifier: ISC */
#include "jpeg/check.h"

#include <string.h>

#include "jpeg/exif.h"

/* Section, table and figure numbers are those of ITU-T T.81 (1992). */

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

static int
walk_truncated(struct walk *walk)
{
	return cause_set(walk->why, "truncated at %u bytes", walk->length);
}

/* ---- segments -------------------------------------------------------- */

static uint32_t
ceil_div(uint32_t n, uint32_t by)
{
	return (n + by - 1) / by;
}

/* B.2.2: the components. */
static int
frame_components(struct walk *walk, const unsigned char *data)
{
	unsigned h_most = 1, v_most = 1;

	for (unsigned i = 0; i < walk->count; i++, data += 3) {
		struct component *is = &walk->components[i];

		*is = (struct component){ data[0], data[1] >> 4, data[1] & 15, data[2], 0, 0 };
		if (is->h < 1 || is->h > 4 || is->v < 1 || is->v > 4 || is->table >= TABLES)
			return cause_set(walk->why, "a bad frame header");
		h_most = is->h > h_most ? is->h : h_most;
		v_most = is->v > v_most ? is->v : v_most;
	}
	for (unsigned i = 0; i < walk->count; i++) {
		struct component *is = &walk->components[i];

		if (h_most % is->h != 0 || v_most % is->v != 0)
			return cause_set(walk->why, "a sampling that browsers cannot show");
		is->blocks = (uint64_t)ceil_div(
				 ceil_div(walk->shape->width * is->h, h_most), BLOCK) *
		    ceil_div(ceil_div(walk->shape->height * is->v, v_most), BLOCK);
	}
	return 0;
}

/* B.2.2, figure B.3: precision, lines, samples a line, components. */
static int
walk_frame(struct walk *walk, unsigned marker, const struct segment *segment)
{
	const unsigned char *data = segment->data;
	struct jpeg_shape *shape = walk->shape;

	if (walk->frame != 0)
		return cause_set(walk->why, "two frame headers");
	if (segment->length < 6 || segment->length != 6 + 3u * data[5])
		return cause_set(walk->why, "a bad frame header");
	if (data[0] != 8)
		return cause_set(walk->why, "%u bits a sample: browsers show 8", data[0]);
	if (data[5] != 1 && data[5] != 3 && data[5] != COMPONENTS_MOST)
		return cause_set(walk->why, "%u components: browsers show 1, 3 or 4", data[5]);
	shape->height = (uint32_t)data[1] << 8 | data[2];
	shape->width = (uint32_t)data[3] << 8 | data[4];
	if (shape->width < 1 || shape->width > JPEG_SIDE_MOST || shape->height < 1 ||
	    shape->height > JPEG_SIDE_MOST ||
	    (uint64_t)shape->width * shape->height > JPEG_PIXELS_MOST)
		return cause_set(walk->why, "%ux%u is out of range", shape->width, shape->height);
	walk->frame = marker;
	walk->count = data[5];
	return frame_components(walk, data + 6);
}

/* B.2.4.1: tables of 64 values of 8 or 16 bits. */
static int
walk_quantisation(struct walk *walk, const struct segment *segment)
{
	uint32_t at = 0;

	while (at < segment->length) {
		unsigned head = segment->data[at];

		if (head >> 4 > 1 || (head & 15) >= TABLES)
			break;
		walk->quantisation |= 1u << (head & 15);
		at += 1 + 64 * (1 + (head >> 4));
	}
	if (at != segment->length)
		return cause_set(walk->why, "a bad quantisation table");
	return 0;
}

/* Annex C: codes are assigned in order, and none is all ones. F.1.2.1: a difference has at most
 * 15 bits. Decoders refuse other tables once they are used. */
static bool
is_spoilt(const unsigned char *table)
{
	uint32_t code = 0, last = 0, total = 0;

	for (unsigned i = 1; i <= 16; i++)
		if (table[i] != 0)
			last = i;
	for (unsigned i = 1; i <= last; i++, code <<= 1) {
		total += table[i];
		code += table[i];
		if (code >= 1u << i)
			return true;
	}
	for (uint32_t i = 0; i < total && table[0] >> 4 == 0; i++)
		if (table[17 + i] > 15)
			return true;
	return false;
}

/* B.2.4.2: class and number, 16 counts of codes, and as many values. */
static int
walk_huffman(struct walk *walk, const struct segment *segment)
{
	uint32_t at = 0;

	while (segment->length - at >= 17) {
		const unsigned char *table = segment->data + at;
		uint32_t codes = 0, bit;

		if (table[0] >> 4 > 1 || (table[0] & 15) >= TABLES)
			break;
		for (unsigned i = 1; i <= 16; i++)
			codes += table[i];
		if (codes > CODES_MOST || codes > segment->length - at - 17)
			break;
		bit = 1u << (4 * (table[0] >> 4) + (table[0] & 15));
		walk->huffman |= bit;
		walk->spoilt = is_spoilt(table) ? walk->spoilt | bit : walk->spoilt & ~bit;
		at += 17 + codes;
	}
	if (at != segment->length)
		return cause_set(walk->why, "a bad Huffman table");
	return 0;
}

/* ---- scans ----------------------------------------------------------- */

struct scan {			 /* B.2.3 */
	unsigned count, members; /* `members`: components, a bit each */
	unsigned first, last, high, low;
	unsigned tables; /* Huffman tables it uses, bits as in walk->huffman */
	unsigned mcu_blocks;
	uint64_t blocks;
};

/* G.1.1.1.1: the part of the coefficients that a progressive scan may give. */
static bool
is_progression(const struct scan *scan)
{
	if (scan->first == 0 ? scan->last != 0
			     : scan->last < scan->first || scan->last > 63 || scan->count != 1)
		return false;
	return scan->low <= 13 && (scan->high == 0 || scan->high == scan->low + 1);
}

/* One component of the scan: its number, its tables. */
static int
scan_add(struct walk *walk, struct scan *scan, unsigned id, unsigned tables)
{
	unsigned i = 0, dc = 0, ac = 0;

	while (i < walk->count && (walk->components[i].id != id || scan->members >> i & 1))
		i++;
	if (i == walk->count)
		return cause_set(walk->why, "a bad scan header");
	if (!(walk->quantisation >> walk->components[i].table & 1))
		return cause_set(walk->why, "no quantisation table");
	if (walk->frame != SOF2 || (scan->first == 0 && scan->high == 0))
		dc = 1u << (tables >> 4);
	if (walk->frame != SOF2 || scan->first > 0)
		ac = 1u << (tables & 15);
	if ((dc | ac) >= 1u << TABLES)
		return cause_set(walk->why, "no Huffman table");
	scan->tables |= dc | ac << TABLES;
	scan->members |= 1u << i;
	scan->mcu_blocks += walk->components[i].h * walk->components[i].v;
	scan->blocks += walk->components[i].blocks;
	return 0;
}

/* Where the Huffman tables of the scan come from: they are defined, or those of annex K.3, which
 * have no codes for progressive scans. */
static int
scan_tables(struct walk *walk, const struct scan *scan)
{
	unsigned missing = scan->tables & ~walk->huffman;

	if (scan->tables & walk->huffman & walk->spoilt)
		return cause_set(walk->why, "a bad Huffman table");
	if (missing & ~0x33u || (missing != 0 && walk->frame == SOF2))
		return cause_set(walk->why, "no Huffman table");
	if (missing != 0)
		walk->shape->has_dht = false;
	return 0;
}

/* Several scans are gathered in memory before they are shown, every block of every component. */
static int
scan_memory(struct walk *walk, const struct scan *scan)
{
	uint64_t memory = 0;

	if (++walk->scans > JPEG_SCANS_MOST)
		return cause_set(walk->why, "more than %d scans", JPEG_SCANS_MOST);
	for (unsigned i = 0; i < walk->count; i++)
		memory += walk->components[i].blocks * BLOCK_MEMORY;
	if ((walk->frame == SOF2 || scan->count < walk->count) && memory > JPEG_DECODE_MOST)
		return cause_set(walk->why,
		    "%ux%u in several scans takes %u MiB to decode, more than %d",
		    walk->shape->width, walk->shape->height, (unsigned)(memory >> 20),
		    JPEG_DECODE_MOST >> 20);
	return 0;
}

/* Each block begins with a code of at least one bit for its mean, and a sequential block ends
 * with another. Later scans may skip many blocks with one code. Half of that is enough: cameras
 * may be some bits short in the last row. */
static uint32_t
scan_least(const struct walk *walk, const struct scan *scan)
{
	uint64_t bits = walk->frame != SOF2 ? 2 * scan->blocks
	    : scan->first == 0		    ? scan->blocks
					    : 0;

	return (uint32_t)(bits / 8 / 2);
}

/* May a scan begin here? */
static int
scan_read(struct walk *walk, const struct segment *segment, struct scan *scan)
{
	const unsigned char *data = segment->data, *tail;

	if (walk->frame == 0)
		return cause_set(walk->why, "a scan before the frame header");
	if (segment->length < 1 || data[0] < 1 || data[0] > walk->count ||
	    segment->length != 4 + 2u * data[0])
		return cause_set(walk->why, "a bad scan header");
	tail = data + 1 + 2 * (size_t)data[0];
	*scan = (struct scan){ .count = data[0],
		.first = tail[0],
		.last = tail[1],
		.high = tail[2] >> 4,
		.low = tail[2] & 15 };
	for (unsigned i = 0; i < scan->count; i++)
		if (scan_add(walk, scan, data[1 + 2 * i], data[2 + 2 * i]) == -1)
			return -1;
	if ((walk->frame == SOF2 && !is_progression(scan)) ||
	    (scan->count > 1 && scan->mcu_blocks > MCU_BLOCKS_MOST))
		return cause_set(walk->why, "a bad scan header");
	return scan_tables(walk, scan) == -1 ? -1 : scan_memory(walk, scan);
}

/* Go over the data of a scan (B.1.1.5) to the marker that ends it, or to the end of everything.
 * FF 00 is a data byte. Restart markers belong to the data, and decoders that look for one skip
 * what is no marker. */
static int
scan_data(struct walk *walk, uint32_t least)
{
	uint32_t begin = walk->at;

	for (;;) {
		const unsigned char *mark = memchr(
		    walk->jpeg + walk->at, 0xff, walk->length - walk->at);

		walk->at = mark != NULL ? (uint32_t)(mark - walk->jpeg) : walk->length;
		if (walk->length - walk->at < 2)
			break;
		if (mark[1] == 0xff)
			walk->at += 1;
		else if (mark[1] == 0x00 || (mark[1] >= RST0 && mark[1] <= RST7))
			walk->at += 2;
		else if (walk->restarts && mark[1] < SOF0) {
			walk->at += 2;
			walk->shape->doubtful = true;
		} else
			break;
	}
	if (walk->at == begin)
		return walk->length - walk->at < 2 ? walk_truncated(walk)
						   : cause_set(walk->why, "an empty scan");
	if (walk->at - begin < least)
		return cause_set(walk->why, "%u bytes of data are too few for %ux%u",
		    walk->at - begin, walk->shape->width, walk->shape->height);
	return 0;
}

static int
walk_scan(struct walk *walk, const struct segment *segment)
{
	struct scan scan = { 0 };
	uint64_t all = ~UINT64_C(0);

	if (scan_read(walk, segment, &scan) == -1 || scan_data(walk, scan_least(walk, &scan)) == -1)
		return -1;
	if (walk->frame == SOF2)
		all = scan.low == 0 ? all >> (63 - scan.last) & all << scan.first : 0;
	for (unsigned i = 0; i < walk->count; i++)
		if (scan.members >> i & 1)
			walk->components[i].known |= all;
	return 0;
}

/* ---- markers --------------------------------------------------------- */

/* The next marker: FF, fill bytes FF (B.1.1.2), its code. Anything else before it is skipped, as
 * is FF 00. 0: there is none. */
static unsigned
walk_marker(struct walk *walk)
{
	while (walk->at < walk->length) {
		const unsigned char *mark = memchr(
		    walk->jpeg + walk->at, 0xff, walk->length - walk->at);

		walk->at = mark != NULL ? (uint32_t)(mark - walk->jpeg) : walk->length;
		while (walk->at < walk->length && walk->jpeg[walk->at] == 0xff)
			walk->at++;
		if (walk->at < walk->length && walk->jpeg[walk->at++] != 0x00)
			return walk->jpeg[walk->at - 1];
	}
	return 0;
}

/* Decoders ignore a length that is too small in a segment that they skip. */
static bool
is_passed_over(unsigned marker)
{
	return (marker >= APP0 && marker <= APP15) || marker == COM || marker == DNL;
}

static int
walk_segment(struct walk *walk, unsigned marker, struct segment *segment)
{
	const unsigned char *head = walk->jpeg + walk->at;
	uint32_t left = walk->length - walk->at, length;

	if (left < 2)
		return walk_truncated(walk);
	length = (uint32_t)head[0] << 8 | head[1];
	if (length < 2 && is_passed_over(marker))
		length = 2;
	if (length < 2)
		return cause_set(walk->why, "a segment of %u bytes at byte %u", length, walk->at);
	if (length > left)
		return walk_truncated(walk);
	segment->data = head + 2;
	segment->length = length - 2;
	walk->at += length;
	return 0;
}

/* One marker segment. Browsers show only sequential and progressive Huffman coding. */
static int
walk_next(struct walk *walk, unsigned marker)
{
	uint32_t marker_at = walk->at - 2;
	struct jpeg_shape *shape = walk->shape;
	struct segment segment = { 0 };

	if (marker == TEM || (marker >= RST0 && marker <= RST7))
		return 0;
	if (marker == DAC || marker == JPG || marker == DHP || marker == EXP ||
	    (marker > SOF2 && marker <= SOF15 && marker != DHT))
		return cause_set(
		    walk->why, "a kind of JPEG browsers cannot show (marker %02X)", marker);
	if (marker < SOF0 || (marker > APP15 && marker != COM))
		return cause_set(walk->why, "marker %02X out of place", marker);
	if (walk_segment(walk, marker, &segment) == -1)
		return -1;
	if (shape->dht_at == 0 && (marker == DHT || marker == SOS))
		shape->dht_at = marker_at;
	switch (marker) {
	case DHT: return walk_huffman(walk, &segment);
	case DQT: return walk_quantisation(walk, &segment);
	case DRI:
		if (segment.length != 2)
			return cause_set(walk->why, "a bad restart interval");
		walk->restarts = (segment.data[0] | segment.data[1]) != 0;
		return 0;
	case SOS: return walk_scan(walk, &segment);
	case APP1:
		if (!walk->turned)
			walk->turned = exif_orientation(
			    segment.data, segment.length, &shape->orientation);
		return 0;
	default: return marker <= SOF2 ? walk_frame(walk, marker, &segment) : 0;
	}
}

/* A picture begins after this SOI, whatever was before it. */
static void
walk_begin(struct walk *walk)
{
	*walk = (struct walk){ .jpeg = walk->jpeg,
		.length = walk->length,
		.at = walk->at,
		.shape = walk->shape,
		.why = walk->why };
	*walk->shape = (struct jpeg_shape){
		.begin = walk->at - 2, .has_dht = true, .orientation = 1
	};
}

/* Has the whole picture come, as far as one can say without decoding it? */
static bool
walk_complete(const struct walk *walk)
{
	for (unsigned i = 0; i < walk->count; i++)
		if (walk->components[i].known != ~UINT64_C(0))
			return false;
	return walk->count > 0;
}

/* There is no EOI: the data is over at `end`, where the next picture begins, or something that
 * does not belong to this one. */
static int
walk_end_open(struct walk *walk, uint32_t end)
{
	while (
	    end > walk->shape->body && walk->jpeg[end - 1] == 0x00 && walk->jpeg[end - 2] != 0xff)
		end--; /* padding */
	walk->shape->end = end;
	walk->shape->doubtful = true;
	return 0;
}

int
jpeg_check(const unsigned char *jpeg, uint32_t length, struct jpeg_shape *shape, struct cause *why)
{
	struct walk walk = { .jpeg = jpeg, .length = length, .shape = shape, .why = why };
	unsigned marker;

	do
		marker = walk_marker(&walk);
	while (marker != 0 && marker != SOI);
	if (marker == 0)
		return cause_set(why, "not a JPEG: there is no FF D8 in it");
	walk_begin(&walk);
	for (;;) {
		uint32_t end;

		marker = walk_marker(&walk);
		end = marker == 0 ? walk.length : walk.at - 2;
		if (marker == 0 || (marker == SOI && walk.scans > 0))
			return walk_complete(&walk) ? walk_end_open(&walk, end)
						    : walk_truncated(&walk);
		if (marker == SOI) {
			walk_begin(&walk);
			continue;
		}
		if (shape->body == 0)
			shape->body = end;
		if (marker == EOI)
			break;
		if (marker == SOS && walk.frame != SOF2 && walk_complete(&walk))
			return walk_end_open(&walk, end);
		if (walk_next(&walk, marker) == -1)
			return marker != SOS && walk_complete(&walk) ? walk_end_open(&walk, end)
								     : -1;
	}
	if (walk.scans == 0)
		return cause_set(why, "a JPEG without a picture");
	shape->end = walk.at;
	shape->has_eoi = true;
	return 0;
}
