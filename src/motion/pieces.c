/* SPDX-License-Identifier: ISC */
#include "motion/pieces.h"

#include <stdlib.h>
#include <string.h>

enum {
	LEAST = 3,   /* pixels; fewer are noise */
	SMALL = 400, /* a part of the picture: below it a piece must have been there before, */
	BEFORE = 2,  /* with this part of its pixels */
};

struct piece {
	uint32_t count, before;
	struct pieces_sum around; /* its box */
};

bool
pieces_init(struct pieces *pieces, uint32_t width, uint32_t height)
{
	size_t size = (size_t)width * height;

	pieces->width = width;
	pieces->height = height;
	pieces->before = calloc(size, 1);
	pieces->stack = calloc(size, sizeof *pieces->stack);
	return pieces->before != NULL && pieces->stack != NULL;
}

void
pieces_deinit(struct pieces *pieces)
{
	free(pieces->before);
	free(pieces->stack);
	*pieces = (struct pieces){ 0 };
}

static void
piece_add(struct piece *piece, uint32_t x, uint32_t y, bool before)
{
	struct pieces_sum *around = &piece->around;

	piece->count++;
	piece->before += before;
	around->left = x < around->left ? x : around->left;
	around->right = x >= around->right ? x + 1 : around->right;
	around->top = y < around->top ? y : around->top;
	around->bottom = y >= around->bottom ? y + 1 : around->bottom;
}

/* The piece of the pixel at `first`; its pixels are 2 afterwards. */
static struct piece
piece_gather(struct pieces *pieces, unsigned char *changed, size_t stride, uint32_t first)
{
	struct piece piece = { .around = { .left = pieces->width, .top = pieces->height } };
	uint32_t *stack = pieces->stack, width = pieces->width, depth = 0;

	changed[first / width * stride + first % width] = 2;
	stack[depth++] = first;
	while (depth > 0) {
		uint32_t y = stack[--depth] / width, x = stack[depth] % width;

		piece_add(&piece, x, y, pieces->before[y * width + x] != 0);
		for (int down = -1; down <= 1; down++)
			for (int across = -1; across <= 1; across++) {
				unsigned char *pixel = changed +
				    (ptrdiff_t)stride * ((ptrdiff_t)y + down) + x + across;

				if (*pixel != 1)
					continue;
				*pixel = 2;
				stack[depth++] = (uint32_t)((int64_t)width * (y + down) + x +
				    across);
			}
	}
	return piece;
}

static bool
piece_counts(const struct piece *piece, uint32_t area)
{
	return piece->count >= LEAST &&
	    (piece->count >= area / SMALL || piece->before * BEFORE >= piece->count);
}

static void
sum_add(struct pieces_sum *sum, const struct piece *piece)
{
	const struct pieces_sum *around = &piece->around;

	if (sum->count == 0)
		*sum = *around;
	sum->left = around->left < sum->left ? around->left : sum->left;
	sum->right = around->right > sum->right ? around->right : sum->right;
	sum->top = around->top < sum->top ? around->top : sum->top;
	sum->bottom = around->bottom > sum->bottom ? around->bottom : sum->bottom;
	sum->count += piece->count;
}

struct pieces_sum
pieces_count(struct pieces *pieces, unsigned char *changed, size_t stride)
{
	struct pieces_sum sum = { 0 };
	struct piece piece;

	for (uint32_t y = 0; y < pieces->height; y++)
		for (uint32_t x = 0; x < pieces->width; x++) {
			if (changed[y * stride + x] != 1)
				continue;
			piece = piece_gather(pieces, changed, stride, y * pieces->width + x);
			if (piece_counts(&piece, pieces->width * pieces->height))
				sum_add(&sum, &piece);
		}
	for (uint32_t y = 0; y < pieces->height; y++) {
		memcpy(pieces->before + (size_t)y * pieces->width, changed + y * stride,
		    pieces->width);
		memset(changed + y * stride, 0, pieces->width);
	}
	return sum;
}
