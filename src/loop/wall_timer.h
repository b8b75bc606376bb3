/* SPDX-License-Identifier: ISC */
/* wall_timer: a timer for a time of the wall clock, which people set and summer time does not
 * touch.
 *
 * It fires at that time, even when the machine slept meanwhile, and whenever somebody sets the
 * clock: then everything computed from it must be computed again. */
#ifndef ORIEL_LOOP_WALL_TIMER_H
#define ORIEL_LOOP_WALL_TIMER_H

#include <event2/event.h>
#include <time.h>

struct wall_timer;

/* NULL when out of memory or descriptors. */
struct wall_timer *wall_timer_new(struct event_base *base, void (*due)(void *arg), void *arg);
void wall_timer_free(struct wall_timer **timer);

/* Fire at `when` instead of the former time; at once, from the loop, if it has passed. -1: only
 * when the clock is set, as at the beginning. */
void wall_timer_start(struct wall_timer *timer, time_t when);

#endif
