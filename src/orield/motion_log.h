/* SPDX-License-Identifier: ISC */
/* motion_log: the span of motion whose beginning is in the store's log and whose end is not.
 *
 * The store thread's own. What is known of it is kept as a value of the store, and brought up to
 * date every ten seconds: a span that was open when orield died is closed at the next start, with
 * as much as is known. */
#ifndef ORIEL_ORIELD_MOTION_LOG_H
#define ORIEL_ORIELD_MOTION_LOG_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cause.h"
#include "store/store.h"

#define MOTION_LOG_VALUE "motion_open" /* its name in the store */

struct motion_figures {
	uint64_t wall_ns; /* when that was known; of an end: when it ended. CLOCK_REALTIME */
	double seconds, peak, peak_ts; /* as the event has them */
	struct cause reason;	       /* why it ended; "": by itself */
};

struct motion_log {	/* copied, to go back when a transaction fails */
	int64_t motion; /* number of its beginning; 0: there is none */
	bool over;	/* it ended, and that could not be stored: its end is owed */
	bool cut;	/* `known` is not all of it */
	struct motion_figures known;
};

/* The data of a `motion_end`. `motion` 0: its beginning has no number. A new reference. */
json_t *motion_log_data(const struct motion_figures *figures, int64_t motion, bool cut);

/* Event `motion` has just been stored, and is a beginning. */
int motion_log_begin(struct motion_log *log, struct store *store, int64_t motion,
    const struct motion_figures *known, struct cause *why);

/* It goes on: more is known. */
int motion_log_goes_on(struct motion_log *log, struct store *store,
    const struct motion_figures *known, struct cause *why);

/* Its end is stored. */
int motion_log_ended(struct motion_log *log, struct store *store, struct cause *why);

/* It ended, and that could not be stored. `known` NULL: what is known is not all. */
void motion_log_owe(struct motion_log *log, const struct motion_figures *known);

/* The store's value as found at the opening, NULL when there is none: a span is owed its end. */
void motion_log_found(struct motion_log *log, const char *text, uint64_t wall_ns);

/* Write it into a database that was made anew. */
int motion_log_write(const struct motion_log *log, struct store *store, struct cause *why);

#endif
