/* SPDX-License-Identifier: ISC */
/* repeat: a change that is asked for again, with the same id, is not made twice.
 *
 * Who had no answer cannot know whether it was made, and asks again. While the first one is
 * under way the second waits for its reply. Once it was made its reply is given again, for
 * REPEAT_SECONDS, when the id is one that nobody else has (a string of at least
 * REPEAT_ID_SURE bytes) or when the first reply may not have arrived: it took longer than
 * REPEAT_LATE_MS, or who asked had gone. What was refused is not remembered: nothing was done. */
#ifndef ORIEL_ORIELD_REPEAT_H
#define ORIEL_ORIELD_REPEAT_H

#include "orield/peer.h"

enum {
	REPEAT_SECONDS = 600,
	REPEAT_ID_SURE = 16,
	REPEAT_LATE_MS = 1000,
	REPEAT_BYTES = 1 << 20, /* of commands and replies; then the oldest are forgotten */
};

struct repeats;

/* NULL when out of memory. */
struct repeats *repeats_new(void);
void repeats_free(struct repeats **repeats); /* all tickets must have been answered */

/* A change (its id taken out). True: it is a repetition, and its ticket is taken care of. */
bool repeats_take(struct repeats *repeats, struct ticket *ticket, const json_t *command);

#endif
