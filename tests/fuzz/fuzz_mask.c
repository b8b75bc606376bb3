/* SPDX-License-Identifier: ISC */
/* A motion mask from anywhere, scaled to pictures smaller and larger than it. */
#include <stdlib.h>

#include "motion/mask.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void
scale(const struct mask *mask, uint32_t width, uint32_t height)
{
	unsigned char *look = malloc((size_t)width * height);

	if (mask_scale(mask, width, height, look) > width * height)
		abort();
	free(look);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct mask mask = { 0 };
	struct cause why;

	if (mask_parse(&mask, data, size, &why) == -1)
		return 0;
	scale(&mask, 1, 1);
	scale(&mask, 7, 5);
	scale(&mask, 160, 90);
	mask_deinit(&mask);
	return 0;
}
