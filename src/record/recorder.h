/* SPDX-License-Identifier: ISC */
/* recorder: one camera: takes each frame out of its ring, holds those of the last seconds, and when
 * orield says so (motion, `record`) has them and what follows written into a journal that orield
 * gives. What is written goes to `encoding`. */
#ifndef ORIEL_RECORD_RECORDER_H
#define ORIEL_RECORD_RECORDER_H

#include <event2/event.h>

#include "record/encoding.h"

struct recorder;

/* For the camera `name` (valid), whether its orield is there or not. NULL when out of memory. */
struct recorder *recorder_new(
    struct event_base *base, const char *run_dir, const char *name, struct encoding *encoding);

/* What is being written is synced and left as it is: cut. Clears *recorder. */
void recorder_free(struct recorder **recorder);

const char *recorder_name(const struct recorder *recorder);

/* Once a second: what ends although no frame comes. */
void recorder_tick(struct recorder *recorder);

#endif
