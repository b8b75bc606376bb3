/* SPDX-License-Identifier: ISC */
/* The scans: what they may hold, and where their data ends. */
#include <string.h>

#include "jpeg/check_internal.h"

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

int
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
