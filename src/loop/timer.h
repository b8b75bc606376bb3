/* SPDX-License-Identifier: ISC */
/* timer: libevent's timers in nanoseconds, as base/clock.h has them. */
#ifndef ORIEL_LOOP_TIMER_H
#define ORIEL_LOOP_TIMER_H

#include <event2/event.h>
#include <stdint.h>

#include "base/clock.h"

/* event_add(3) with a timeout of `ns`, rounded up to a whole microsecond. The timer fires once,
 * or with EV_PERSIST each time that `ns` have passed. A running timer starts again. 0, or -1
 * when out of memory or when `event` is NULL (an earlier lack of memory). */
int timer_start(struct event *event, uint64_t ns);

/* The same for a time of clock_mono_ns(). If it has passed, the timer fires at once, from the
 * loop. */
int timer_start_at(struct event *event, uint64_t mono_ns);

/* Leave the loop after so long. */
void timer_end_loop(struct event_base *base, uint64_t ns);

#endif
