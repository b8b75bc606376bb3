/* SPDX-License-Identifier: ISC */
/* armed: whether motion counts now, as the settings `armed` and `schedule` say. */
#ifndef ORIEL_ORIELD_ARMED_H
#define ORIEL_ORIELD_ARMED_H

#include <event2/event.h>
#include <stdbool.h>
#include <time.h>

#include "base/options.h"

struct armed;

/* `changed` is called from the loop when time has changed what it says. NULL when out of memory. */
struct armed *armed_new(struct event_base *base, void (*changed)(void *arg), void *arg);
void armed_free(struct armed **armed);

/* Take the settings; does not call `changed`. Before that it is not armed. */
void armed_set(struct armed *armed, const struct options *options);

bool armed_now(const struct armed *armed);

/* When the schedule changes that; -1: it does not. */
time_t armed_until(const struct armed *armed);

#endif
