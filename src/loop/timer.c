/* SPDX-License-Identifier: ISC */
#include "loop/timer.h"

#include <stddef.h>

enum { US_A_SECOND = 1000000, NS_A_US = 1000 };

static struct timeval
timer_span(uint64_t ns)
{
	uint64_t us = ns / NS_A_US + (ns % NS_A_US != 0);

	return (struct timeval){ .tv_sec = (time_t)(us / US_A_SECOND),
		.tv_usec = (suseconds_t)(us % US_A_SECOND) };
}

int
timer_start(struct event *event, uint64_t ns)
{
	struct timeval span = timer_span(ns);

	return event != NULL ? event_add(event, &span) : -1;
}

int
timer_start_at(struct event *event, uint64_t mono_ns)
{
	uint64_t now = clock_mono_ns();

	return timer_start(event, mono_ns > now ? mono_ns - now : 0);
}

void
timer_end_loop(struct event_base *base, uint64_t ns)
{
	struct timeval span = timer_span(ns);

	event_base_loopexit(base, &span);
}
