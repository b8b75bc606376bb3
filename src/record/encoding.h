/* SPDX-License-Identifier: ISC */
/* encoding: the queue of clips of all cameras that are to become movies, one at a time. orield
 * gives the files (clip_movie), the supervisor has the movie made, and orield takes it (clip_done).
 * If that fails, the journal stays for another try. */
#ifndef ORIEL_RECORD_ENCODING_H
#define ORIEL_RECORD_ENCODING_H

#include <event2/event.h>
#include <stdbool.h>

#include "client/client.h"

enum { ENCODING_WAITING_MAX = 256 };

struct encoding;

/* Takes over `supervisor`, the socket of supervisor_start(). When it closes, the event loop ends.
 * NULL when out of memory. */
struct encoding *encoding_new(struct event_base *base, int supervisor);
void encoding_free(struct encoding **encoding);

/* Queue the clip `name` of the orield that `client` speaks to, unless it is queued already. False:
 * too many wait, or out of memory. */
bool encoding_add(struct encoding *encoding, struct client *client, const char *name);

/* That orield is gone: forget its clips. When it is back, it lists those that have no movie. */
void encoding_forget(struct encoding *encoding, const struct client *client);

/* Has the supervisor gone? */
bool encoding_is_broken(const struct encoding *encoding);

#endif
