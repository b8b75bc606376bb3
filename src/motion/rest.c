/* SPDX-License-Identifier: ISC */
#include "motion/rest.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum {
	REST_MS = 700, /* still for so long is at rest: less than any cool-down one would choose */
	TAKEN_MS = 3000, /* and for so long it is the scene: what creeps moves again before */
	MOVED = 2,	 /* pixels of a block; one alone is noise */
	COMPANY = 2,	 /* changed pixels of a block that make it part of a piece */
};

enum mark { MARK_NONE, MARK_DIFFERS, MARK_SEEN };

bool
rest_init(struct rest *rest, uint32_t width, uint32_t height)
{
	size_t blocks;

	rest->width = width;
	rest->height = height;
	rest->columns = (width + REST_BLOCK - 1) / REST_BLOCK;
	rest->rows = (height + REST_BLOCK - 1) / REST_BLOCK;
	blocks = (size_t)rest->columns * rest->rows;
	rest->last = calloc((size_t)width, height);
	rest->moved_ns = calloc(blocks, sizeof *rest->moved_ns);
	rest->marks = calloc(blocks, 1);
	rest->piece = calloc(blocks, sizeof *rest->piece);
	return rest->last != NULL && rest->moved_ns != NULL && rest->marks != NULL &&
	    rest->piece != NULL;
}

void
rest_deinit(struct rest *rest)
{
	free(rest->last);
	free(rest->moved_ns);
	free(rest->marks);
	free(rest->piece);
	*rest = (struct rest){ 0 };
}

/* ---- blocks ------------------------------------------------------------------------------ */

struct block {
	uint32_t x, y, width, height; /* pixels */
};

static struct block
rest_block(const struct rest *rest, uint32_t number)
{
	uint32_t x = number % rest->columns * REST_BLOCK, y = number / rest->columns * REST_BLOCK;

	return (struct block){ x, y, rest->width - x < REST_BLOCK ? rest->width - x : REST_BLOCK,
		rest->height - y < REST_BLOCK ? rest->height - y : REST_BLOCK };
}

static unsigned
block_differences(const struct block *block, const unsigned char *a, const unsigned char *b,
    size_t stride, int noise)
{
	unsigned count = 0;

	for (uint32_t y = block->y; y < block->y + block->height; y++)
		for (size_t x = y * stride + block->x; x < y * stride + block->x + block->width;
		     x++)
			count += abs(a[x] - b[x]) > noise;
	return count;
}

static void
block_copy(const struct block *block, unsigned char *to, const unsigned char *from, size_t stride)
{
	for (uint32_t y = block->y; y < block->y + block->height; y++)
		memcpy(to + y * stride + block->x, from + y * stride + block->x, block->width);
}

void
rest_look(struct rest *rest, const unsigned char *picture, unsigned noise, uint64_t mono_ns)
{
	for (uint32_t number = 0; number < rest->columns * rest->rows; number++) {
		struct block block = rest_block(rest, number);

		if (block_differences(&block, picture, rest->last, rest->width, (int)noise) < MOVED)
			continue;
		block_copy(&block, rest->last, picture, rest->width);
		rest->moved_ns[number] = mono_ns;
	}
}

/* ---- pieces ------------------------------------------------------------------------------- */

static void
rest_mark(struct rest *rest, const unsigned char *changed, size_t stride)
{
	for (uint32_t number = 0; number < rest->columns * rest->rows; number++) {
		struct block block = rest_block(rest, number);
		unsigned count = 0;

		for (uint32_t y = block.y; y < block.y + block.height; y++)
			for (uint32_t x = block.x; x < block.x + block.width; x++)
				count += changed[y * stride + x];
		rest->marks[number] = count >= COMPANY ? MARK_DIFFERS : MARK_NONE;
	}
}

/* The blocks that hang together with the first, itself included, in rest->piece: how many.
 * *moved_ns: when one of them moved last. */
static uint32_t
rest_gather(struct rest *rest, uint32_t first, uint64_t *moved_ns)
{
	uint32_t count = 0;

	rest->marks[first] = MARK_SEEN;
	rest->piece[count++] = first;
	*moved_ns = 0;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t column = rest->piece[i] % rest->columns,
			 row = rest->piece[i] / rest->columns;

		if (rest->moved_ns[rest->piece[i]] > *moved_ns)
			*moved_ns = rest->moved_ns[rest->piece[i]];
		for (uint32_t y = row > 0 ? row - 1 : 0; y <= row + 1 && y < rest->rows; y++)
			for (uint32_t x = column > 0 ? column - 1 : 0;
			     x <= column + 1 && x < rest->columns; x++)
				if (rest->marks[y * rest->columns + x] == MARK_DIFFERS) {
					rest->marks[y * rest->columns + x] = MARK_SEEN;
					rest->piece[count++] = y * rest->columns + x;
				}
	}
	return count;
}

static void
rest_clear_block(const struct rest *rest, uint32_t number, unsigned char *changed, size_t stride)
{
	struct block block = rest_block(rest, number);

	for (uint32_t y = block.y; y < block.y + block.height; y++)
		memset(changed + y * stride + block.x, 0, block.width);
}

static void
rest_take_block(const struct rest *rest, uint32_t number, struct background *background,
    const unsigned char *picture)
{
	struct block block = rest_block(rest, number);

	for (uint32_t y = block.y; y < block.y + block.height; y++)
		background_take(background, block.x, y, block.width,
		    picture + (size_t)y * rest->width + block.x);
}

void
rest_take(struct rest *rest, struct background *background, const unsigned char *picture,
    unsigned char *changed, size_t stride, uint64_t mono_ns)
{
	uint64_t moved_ns;
	uint32_t count;

	rest_mark(rest, changed, stride);
	for (uint32_t first = 0; first < rest->columns * rest->rows; first++) {
		if (rest->marks[first] != MARK_DIFFERS)
			continue;
		count = rest_gather(rest, first, &moved_ns);
		if (mono_ns < moved_ns + REST_MS * CLOCK_MS)
			continue;
		for (uint32_t i = 0; i < count; i++) {
			rest_clear_block(rest, rest->piece[i], changed, stride);
			if (mono_ns >= moved_ns + TAKEN_MS * CLOCK_MS)
				rest_take_block(rest, rest->piece[i], background, picture);
		}
	}
}
