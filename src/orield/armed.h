/* SPDX-License-Identifier: ISC */
/* armed: whether motion counts now, by the settings `armed` and `schedule`. */
#ifndef ORIEL_ORIELD_ARMED_H
#define ORIEL_ORIELD_ARMED_H

#include <event2/event.h>
#include <stdbool.h>
#include <time.h>

#include "base/options.h"

struct armed;

/* Calls `changed` from the loop when time has changed armed_now() or armed_until(). NULL when out
 * of memory. */
struct armed *armed_new(struct event_base *base, void (*changed)(void *arg), void *arg);
void armed_free(struct armed **armed);

/* Take the settings; does not call `changed`. Until the first call it is not armed. */
void armed_set(struct armed *armed, const struct options *options);

bool armed_now(const struct armed *armed);

/* When the schedule next changes armed_now(); -1: never. */
time_t armed_until(const struct armed *armed);

#endif
