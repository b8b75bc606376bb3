/* SPDX-License-Identifier: ISC */
#include "clip/shot.h"

#include <stdlib.h>

struct shot *
shot_new(const struct frame_info *info)
{
	struct shot *shot = malloc(sizeof *shot + info->length);

	if (shot == NULL)
		return NULL;
	atomic_init(&shot->owners, 1);
	shot->info = *info;
	return shot;
}

struct shot *
shot_keep(struct shot *shot)
{
	atomic_fetch_add_explicit(&shot->owners, 1, memory_order_relaxed);
	return shot;
}

void
shot_drop(struct shot **shot)
{
	if (*shot != NULL &&
	    atomic_fetch_sub_explicit(&(*shot)->owners, 1, memory_order_acq_rel) == 1)
		free(*shot);
	*shot = NULL;
}
