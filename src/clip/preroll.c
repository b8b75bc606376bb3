/* SPDX-License-Identifier: ISC */
#include "clip/preroll.h"

#include <stdlib.h>

static void
preroll_drop_oldest(struct preroll *preroll)
{
	struct frame_copy **oldest = &preroll->frames[preroll->first];

	preroll->bytes -= (*oldest)->info.length;
	frame_copy_unref(oldest);
	preroll->first = (preroll->first + 1) % preroll->room;
	preroll->count--;
}

struct frame_copy *
preroll_at(const struct preroll *preroll, size_t index)
{
	if (index >= preroll->count)
		return NULL;
	return preroll->frames[(preroll->first + index) % preroll->room];
}

static int
preroll_grow(struct preroll *preroll)
{
	size_t room = preroll->room * 2 + 32;
	struct frame_copy **frames = malloc(room * sizeof(struct frame_copy *));

	if (frames == NULL)
		return -1;
	for (size_t i = 0; i < preroll->count; i++)
		frames[i] = preroll_at(preroll, i);
	free(preroll->frames);
	preroll->frames = frames;
	preroll->room = room;
	preroll->first = 0;
	return 0;
}

static void
preroll_trim(struct preroll *preroll, const struct preroll_limits *limits)
{
	uint64_t newest = preroll_at(preroll, preroll->count - 1)->info.mono_ns;

	while (preroll->count > 1 &&
	    (preroll->bytes > limits->bytes ||
		preroll_at(preroll, 0)->info.mono_ns + limits->ns < newest))
		preroll_drop_oldest(preroll);
}

int
preroll_add(struct preroll *preroll, struct frame_copy *frame, const struct preroll_limits *limits)
{
	if (preroll->count == preroll->room && preroll_grow(preroll) == -1)
		return -1;
	preroll->frames[(preroll->first + preroll->count++) % preroll->room] = frame_copy_ref(
	    frame);
	preroll->bytes += frame->info.length;
	preroll_trim(preroll, limits);
	return 0;
}

void
preroll_clear(struct preroll *preroll)
{
	while (preroll->count > 0)
		preroll_drop_oldest(preroll);
	free(preroll->frames);
	*preroll = (struct preroll){ .frames = NULL };
}
