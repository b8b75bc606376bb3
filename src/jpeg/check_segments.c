/* SPDX-License-Identifier: ISC */
/* What a picture is made of: its frame, its tables. */
#include "jpeg/check_internal.h"

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
int
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
int
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
int
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
