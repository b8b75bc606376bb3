/* SPDX-License-Identifier: ISC */
/* motion_log: the open span of motion: its beginning is in the store's log, its end is not yet.
 *
 * Only the store thread uses it. Its figures are kept as a value in the store, and written every
 * ten seconds. If orield dies, the next start ends the span with the figures from there. */
#ifndef ORIEL_ORIELD_MOTION_LOG_H
#define ORIEL_ORIELD_MOTION_LOG_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cause.h"
#include "store/store.h"

#define MOTION_LOG_VALUE "motion_open" /* its name in the store */

struct motion_figures {
	uint64_t wall_ns;	       /* CLOCK_REALTIME: when these were true, or when it ended */
	double seconds, peak, peak_ts; /* as in the event */
	struct cause reason;	       /* why it ended; "": by itself */
};

struct motion_log {	/* copied, to restore it when a transaction fails */
	int64_t motion; /* number of its beginning; 0: no open span */
	bool over;	/* it ended, but the end is not stored yet */
	bool cut;	/* `known` is incomplete */
	struct motion_figures known;
};

/* The data of `motion_end`. `motion` 0: the beginning has no number. A new reference. */
json_t *motion_log_data(const struct motion_figures *figures, int64_t motion, bool cut);

/* A span begins; the event number `motion` has just been stored. STORE_…, with *why. */
int motion_log_begin(struct motion_log *log, struct store *store, int64_t motion,
    const struct motion_figures *known, struct cause *why);

/* The span goes on, with new figures. STORE_…, with *why. */
int motion_log_goes_on(struct motion_log *log, struct store *store,
    const struct motion_figures *known, struct cause *why);

/* The end is stored. STORE_…, with *why. */
int motion_log_ended(struct motion_log *log, struct store *store, struct cause *why);

/* The span ended, but that is not stored yet. `known` NULL: the last figures are incomplete. */
void motion_log_owe(struct motion_log *log, const struct motion_figures *known);

/* Take the store's value from before (NULL: none). If there is one, that span's end must still be
 * stored. */
void motion_log_found(struct motion_log *log, const char *text, uint64_t wall_ns);

/* Write it into the store, for example into a new database. STORE_…, with *why. */
int motion_log_write(const struct motion_log *log, struct store *store, struct cause *why);

#endif
