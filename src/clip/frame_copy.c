/* SPDX-License-Identifier: ISC */
#include "clip/frame_copy.h"

#include <stdlib.h>

struct frame_copy *
frame_copy_new(const struct frame_info *info)
{
	struct frame_copy *frame = malloc(sizeof *frame + info->length);

	if (frame == NULL)
		return NULL;
	atomic_init(&frame->owners, 1);
	frame->info = *info;
	return frame;
}

struct frame_copy *
frame_copy_ref(struct frame_copy *frame)
{
	atomic_fetch_add_explicit(&frame->owners, 1, memory_order_relaxed);
	return frame;
}

void
frame_copy_unref(struct frame_copy **frame)
{
	if (*frame != NULL &&
	    atomic_fetch_sub_explicit(&(*frame)->owners, 1, memory_order_acq_rel) == 1)
		free(*frame);
	*frame = NULL;
}
