/* SPDX-License-Identifier: ISC */
/* recorder: one camera. It copies the frames out of the ring and holds those of the last seconds.
 * When orield says so (motion, `record`), it writes them and the next ones into a journal that
 * orield gives. A finished journal goes to `encoding`. */
#ifndef ORIEL_RECORD_RECORDER_H
#define ORIEL_RECORD_RECORDER_H

#include <event2/event.h>

#include "record/encoding.h"

struct recorder;

/* For the camera `name` (valid); its orield need not be running. NULL when out of memory. */
struct recorder *recorder_new(
    struct event_base *base, const char *run_dir, const char *name, struct encoding *encoding);

/* Syncs the journal that is being written, and leaves it without an end: its clip is cut. Clears
 * *recorder. */
void recorder_free(struct recorder **recorder);

const char *recorder_name(const struct recorder *recorder);

/* Call once a second: ends a recording even if no frame comes. */
void recorder_tick(struct recorder *recorder);

#endif
