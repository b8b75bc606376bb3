/* SPDX-License-Identifier: ISC */
/* encoding: the clips that wait to become movies, of all cameras, one at a time: orield gives the
 * files (clip_movie), the supervisor has the movie made, orield takes it (clip_done). A movie that
 * cannot be made leaves its journal, for another try. */
#ifndef ORIEL_RECORD_ENCODING_H
#define ORIEL_RECORD_ENCODING_H

#include <event2/event.h>
#include <stdbool.h>

#include "client/client.h"

enum { ENCODING_WAITING_MAX = 256 };

struct encoding;

/* Takes `supervisor` over, the socket of supervisor_start(); when that closes, the loop is left.
 * NULL when out of memory. */
struct encoding *encoding_new(struct event_base *base, int supervisor);
void encoding_free(struct encoding **encoding);

/* The clip `name` of the orield that `client` speaks to; it may wait already. False: too many wait,
 * or out of memory. */
bool encoding_add(struct encoding *encoding, struct client *client, const char *name);

/* That orield is not there any more: what waits for it is forgotten; it will tell what is left. */
void encoding_forget(struct encoding *encoding, const struct client *client);

/* Has the supervisor gone? */
bool encoding_is_broken(const struct encoding *encoding);

#endif
