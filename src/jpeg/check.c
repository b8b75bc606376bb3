/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "jpeg/check_internal.h"
#include "jpeg/exif.h"

int
walk_truncated(struct walk *walk)
{
	return cause_set(walk->why, "truncated at %u bytes", walk->length);
}

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
