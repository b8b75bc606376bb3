/* SPDX-License-Identifier: ISC */
/* wall_timer: a time of the wall clock, which people set and summer time does not touch.
 *
 * It goes off at that time, also when the machine slept meanwhile, and whenever somebody sets the
 * clock: then what was worked out from it is worked out anew. */
#ifndef ORIEL_LOOP_WALL_TIMER_H
#define ORIEL_LOOP_WALL_TIMER_H

#include <event2/event.h>
#include <time.h>

struct wall_timer;

/* NULL when out of memory or descriptors. */
struct wall_timer *wall_timer_new(struct event_base *base, void (*due)(void *arg), void *arg);
void wall_timer_free(struct wall_timer **timer);

/* At `when`, in place of the time that was said before: at once, from the loop, when that has been.
 * -1: only when the clock is set, as it is from the beginning. */
void wall_timer_start(struct wall_timer *timer, time_t when);

#endif
