/* SPDX-License-Identifier: ISC */
#include "clip/preroll.h"

#include <stdlib.h>

static void
preroll_drop_oldest(struct preroll *preroll)
{
	struct shot **oldest = &preroll->shots[preroll->first];

	preroll->bytes -= (*oldest)->info.length;
	shot_drop(oldest);
	preroll->first = (preroll->first + 1) % preroll->room;
	preroll->count--;
}

struct shot *
preroll_at(const struct preroll *preroll, size_t index)
{
	if (index >= preroll->count)
		return NULL;
	return preroll->shots[(preroll->first + index) % preroll->room];
}

static int
preroll_grow(struct preroll *preroll)
{
	size_t room = preroll->room * 2 + 32;
	struct shot **shots = malloc(room * sizeof(struct shot *));

	if (shots == NULL)
		return -1;
	for (size_t i = 0; i < preroll->count; i++)
		shots[i] = preroll_at(preroll, i);
	free(preroll->shots);
	preroll->shots = shots;
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
preroll_add(struct preroll *preroll, struct shot *shot, const struct preroll_limits *limits)
{
	if (preroll->count == preroll->room && preroll_grow(preroll) == -1)
		return -1;
	preroll->shots[(preroll->first + preroll->count++) % preroll->room] = shot_keep(shot);
	preroll->bytes += shot->info.length;
	preroll_trim(preroll, limits);
	return 0;
}

void
preroll_clear(struct preroll *preroll)
{
	while (preroll->count > 0)
		preroll_drop_oldest(preroll);
	free(preroll->shots);
	*preroll = (struct preroll){ .shots = NULL };
}
