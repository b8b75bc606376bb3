/* SPDX-License-Identifier: ISC */
/* idempotency: a change that is asked for again, with the same id, is not made twice.
 *
 * A client that got no answer cannot know whether the change was made, and asks again. While the
 * first request is under way, the second waits for its reply. After that the reply is given again,
 * for IDEMPOTENCY_SECONDS, if one of these is true:
 *   - the id is unique: a string of at least IDEMPOTENCY_ID_SURE bytes
 *   - the first reply may be lost: it took longer than IDEMPOTENCY_LATE_MS, or its peer was gone
 * A refusal is not remembered, because nothing was done. */
#ifndef ORIEL_ORIELD_IDEMPOTENCY_H
#define ORIEL_ORIELD_IDEMPOTENCY_H

#include "orield/peer.h"

enum {
	IDEMPOTENCY_SECONDS = 600,
	IDEMPOTENCY_ID_SURE = 16,
	IDEMPOTENCY_LATE_MS = 1000,
	IDEMPOTENCY_BYTES =
	    1 << 20, /* of commands and replies; beyond that the oldest are forgotten */
};

struct idempotency;

/* NULL when out of memory. */
struct idempotency *idempotency_new(void);
void idempotency_free(struct idempotency **idempotency); /* all calls must have been answered */

/* Take a change (without its id). True: it is a repetition, and the call is answered, now or
 * later. */
bool idempotency_take(struct idempotency *idempotency, struct call *call, const json_t *command);

#endif
