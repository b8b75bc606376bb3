/* SPDX-License-Identifier: ISC */
#include "motion/components.h"

#include <stdlib.h>
#include <string.h>

enum {
	LEAST = 3,   /* pixels; fewer are noise */
	SMALL = 400, /* a piece below 1/400 of the picture must have been there before */
	BEFORE = 2,  /* with 1/2 of its pixels */
};

struct piece {
	uint32_t count, before;
	struct components_sum around; /* its box */
};

bool
components_init(struct components *components, uint32_t width, uint32_t height)
{
	size_t size = (size_t)width * height;

	components->width = width;
	components->height = height;
	components->before = calloc(size, 1);
	components->stack = calloc(size, sizeof *components->stack);
	return components->before != NULL && components->stack != NULL;
}

void
components_deinit(struct components *components)
{
	free(components->before);
	free(components->stack);
	*components = (struct components){ 0 };
}

static void
piece_add(struct piece *piece, uint32_t x, uint32_t y, bool before)
{
	struct components_sum *around = &piece->around;

	piece->count++;
	piece->before += before;
	around->left = x < around->left ? x : around->left;
	around->right = x >= around->right ? x + 1 : around->right;
	around->top = y < around->top ? y : around->top;
	around->bottom = y >= around->bottom ? y + 1 : around->bottom;
}

/* The piece of the pixel at `first`. Sets its pixels to 2. */
static struct piece
piece_gather(struct components *components, unsigned char *changed, size_t stride, uint32_t first)
{
	struct piece piece = { .around = { .left = components->width, .top = components->height } };
	uint32_t *stack = components->stack, width = components->width, depth = 0;

	changed[first / width * stride + first % width] = 2;
	stack[depth++] = first;
	while (depth > 0) {
		uint32_t y = stack[--depth] / width, x = stack[depth] % width;

		piece_add(&piece, x, y, components->before[y * width + x] != 0);
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
sum_add(struct components_sum *sum, const struct piece *piece)
{
	const struct components_sum *around = &piece->around;

	if (sum->count == 0)
		*sum = *around;
	sum->left = around->left < sum->left ? around->left : sum->left;
	sum->right = around->right > sum->right ? around->right : sum->right;
	sum->top = around->top < sum->top ? around->top : sum->top;
	sum->bottom = around->bottom > sum->bottom ? around->bottom : sum->bottom;
	sum->count += piece->count;
}

struct components_sum
components_count(struct components *components, unsigned char *changed, size_t stride)
{
	struct components_sum sum = { 0 };
	struct piece piece;

	for (uint32_t y = 0; y < components->height; y++)
		for (uint32_t x = 0; x < components->width; x++) {
			if (changed[y * stride + x] != 1)
				continue;
			piece = piece_gather(
			    components, changed, stride, y * components->width + x);
			if (piece_counts(&piece, components->width * components->height))
				sum_add(&sum, &piece);
		}
	for (uint32_t y = 0; y < components->height; y++) {
		memcpy(components->before + (size_t)y * components->width, changed + y * stride,
		    components->width);
		memset(changed + y * stride, 0, components->width);
	}
	return sum;
}
