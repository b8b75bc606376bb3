/* SPDX-License-Identifier: ISC */
#include "motion/stationary.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum {
	STATIONARY_MS = 700, /* still for this long: at rest. Shorter than a usual cool-down */
	TAKEN_MS = 3000,     /* still for this long: background. A creeping thing moves sooner */
	MOVED = 2,	     /* so many pixels of a block; one alone is noise */
	COMPANY = 2,	     /* so many changed pixels make a block part of a piece */
};

enum mark { MARK_NONE, MARK_DIFFERS, MARK_SEEN };

bool
stationary_init(struct stationary *stationary, uint32_t width, uint32_t height)
{
	size_t blocks;

	stationary->width = width;
	stationary->height = height;
	stationary->columns = (width + STATIONARY_BLOCK - 1) / STATIONARY_BLOCK;
	stationary->rows = (height + STATIONARY_BLOCK - 1) / STATIONARY_BLOCK;
	blocks = (size_t)stationary->columns * stationary->rows;
	stationary->last = calloc((size_t)width, height);
	stationary->moved_ns = calloc(blocks, sizeof *stationary->moved_ns);
	stationary->marks = calloc(blocks, 1);
	stationary->piece = calloc(blocks, sizeof *stationary->piece);
	return stationary->last != NULL && stationary->moved_ns != NULL &&
	    stationary->marks != NULL && stationary->piece != NULL;
}

void
stationary_deinit(struct stationary *stationary)
{
	free(stationary->last);
	free(stationary->moved_ns);
	free(stationary->marks);
	free(stationary->piece);
	*stationary = (struct stationary){ 0 };
}

/* ---- blocks ---------------------------------------------------------- */

struct block {
	uint32_t x, y, width, height; /* pixels */
};

static struct block
rest_block(const struct stationary *stationary, uint32_t number)
{
	uint32_t x = number % stationary->columns * STATIONARY_BLOCK,
		 y = number / stationary->columns * STATIONARY_BLOCK;

	return (struct block){ x, y,
		stationary->width - x < STATIONARY_BLOCK ? stationary->width - x : STATIONARY_BLOCK,
		stationary->height - y < STATIONARY_BLOCK ? stationary->height - y
							  : STATIONARY_BLOCK };
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
stationary_look(
    struct stationary *stationary, const unsigned char *picture, unsigned noise, uint64_t mono_ns)
{
	for (uint32_t number = 0; number < stationary->columns * stationary->rows; number++) {
		struct block block = rest_block(stationary, number);

		if (block_differences(
			&block, picture, stationary->last, stationary->width, (int)noise) < MOVED)
			continue;
		block_copy(&block, stationary->last, picture, stationary->width);
		stationary->moved_ns[number] = mono_ns;
	}
}

/* ---- pieces ---------------------------------------------------------- */

static void
rest_mark(struct stationary *stationary, const unsigned char *changed, size_t stride)
{
	for (uint32_t number = 0; number < stationary->columns * stationary->rows; number++) {
		struct block block = rest_block(stationary, number);
		unsigned count = 0;

		for (uint32_t y = block.y; y < block.y + block.height; y++)
			for (uint32_t x = block.x; x < block.x + block.width; x++)
				count += changed[y * stride + x];
		stationary->marks[number] = count >= COMPANY ? MARK_DIFFERS : MARK_NONE;
	}
}

/* Put the blocks that are connected with `first`, and itself, into stationary->piece. Returns how
 * many. *moved_ns: when one of them last moved. */
static uint32_t
rest_gather(struct stationary *stationary, uint32_t first, uint64_t *moved_ns)
{
	uint32_t count = 0;

	stationary->marks[first] = MARK_SEEN;
	stationary->piece[count++] = first;
	*moved_ns = 0;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t column = stationary->piece[i] % stationary->columns,
			 row = stationary->piece[i] / stationary->columns;

		if (stationary->moved_ns[stationary->piece[i]] > *moved_ns)
			*moved_ns = stationary->moved_ns[stationary->piece[i]];
		for (uint32_t y = row > 0 ? row - 1 : 0; y <= row + 1 && y < stationary->rows; y++)
			for (uint32_t x = column > 0 ? column - 1 : 0;
			     x <= column + 1 && x < stationary->columns; x++)
				if (stationary->marks[y * stationary->columns + x] ==
				    MARK_DIFFERS) {
					stationary->marks[y * stationary->columns + x] = MARK_SEEN;
					stationary->piece[count++] = y * stationary->columns + x;
				}
	}
	return count;
}

static void
rest_clear_block(
    const struct stationary *stationary, uint32_t number, unsigned char *changed, size_t stride)
{
	struct block block = rest_block(stationary, number);

	for (uint32_t y = block.y; y < block.y + block.height; y++)
		memset(changed + y * stride + block.x, 0, block.width);
}

static void
stationary_take_block(const struct stationary *stationary, uint32_t number,
    struct background *background, const unsigned char *picture)
{
	struct block block = rest_block(stationary, number);

	for (uint32_t y = block.y; y < block.y + block.height; y++)
		background_take(background, block.x, y, block.width,
		    picture + (size_t)y * stationary->width + block.x);
}

void
stationary_take(struct stationary *stationary, struct background *background,
    const unsigned char *picture, unsigned char *changed, size_t stride, uint64_t mono_ns)
{
	uint64_t moved_ns;
	uint32_t count;

	rest_mark(stationary, changed, stride);
	for (uint32_t first = 0; first < stationary->columns * stationary->rows; first++) {
		if (stationary->marks[first] != MARK_DIFFERS)
			continue;
		count = rest_gather(stationary, first, &moved_ns);
		if (mono_ns < moved_ns + STATIONARY_MS * CLOCK_MS)
			continue;
		for (uint32_t i = 0; i < count; i++) {
			rest_clear_block(stationary, stationary->piece[i], changed, stride);
			if (mono_ns >= moved_ns + TAKEN_MS * CLOCK_MS)
				stationary_take_block(
				    stationary, stationary->piece[i], background, picture);
		}
	}
}
