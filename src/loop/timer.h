/* SPDX-License-Identifier: ISC */
/* timer: times of libevent in nanoseconds, as base/clock.h has them. */
#ifndef ORIEL_LOOP_TIMER_H
#define ORIEL_LOOP_TIMER_H

#include <event2/event.h>
#include <stdint.h>

#include "base/clock.h"

/* event_add(3) with a timeout of `ns`, rounded up to a whole microsecond: a timer goes off once
 * then, one with EV_PERSIST each time that long has passed; one that runs begins anew. 0, or -1
 * when out of memory, as it was when `event` is NULL. */
int timer_start(struct event *event, uint64_t ns);

/* The same, to go off at that time of clock_mono_ns(): at once, from the loop, when it has been. */
int timer_start_at(struct event *event, uint64_t mono_ns);

/* Leave the loop after so long. */
void timer_end_loop(struct event_base *base, uint64_t ns);

#endif
