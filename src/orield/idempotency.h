/* SPDX-License-Identifier: ISC */
/* idempotency: a change that is asked for again, with the same id, is not made twice.
 *
 * Who had no answer cannot know whether it was made, and asks again. While the first one is
 * under way the second waits for its reply. Once it was made its reply is given again, for
 * IDEMPOTENCY_SECONDS, when the id is one that nobody else has (a string of at least
 * IDEMPOTENCY_ID_SURE bytes) or when the first reply may not have arrived: it took longer than
 * IDEMPOTENCY_LATE_MS, or who asked had gone. What was refused is not remembered: nothing was
 * done. */
#ifndef ORIEL_ORIELD_IDEMPOTENCY_H
#define ORIEL_ORIELD_IDEMPOTENCY_H

#include "orield/peer.h"

enum {
	IDEMPOTENCY_SECONDS = 600,
	IDEMPOTENCY_ID_SURE = 16,
	IDEMPOTENCY_LATE_MS = 1000,
	IDEMPOTENCY_BYTES = 1 << 20, /* of commands and replies; then the oldest are forgotten */
};

struct idempotency;

/* NULL when out of memory. */
struct idempotency *idempotency_new(void);
void idempotency_free(struct idempotency **idempotency); /* all calls must have been answered */

/* A change (its id taken out). True: it is a repetition, and its call is taken care of. */
bool idempotency_take(struct idempotency *idempotency, struct call *call, const json_t *command);

#endif
