/* SPDX-License-Identifier: ISC */
/* events: the SSE clients of one camera (GET /events).
 *
 * A client is live, or catching up on what it missed (Last-Event-ID): from the log if that
 * reaches back far enough, otherwise page by page from orield. Live clients share the log's
 * messages. A client that takes nothing is closed; it comes back with Last-Event-ID and misses
 * nothing. */
#ifndef ORIEL_FANOUT_EVENTS_H
#define ORIEL_FANOUT_EVENTS_H

#include <event2/event.h>

#include "fanout/camera.h"
#include "fastcgi/conn.h"
#include "fastcgi/request.h"

enum { EVENTS_KEEPALIVE_S = 15, EVENTS_RETRY_MS = 2000 };

struct events;

/* For `camera` (borrowed), which it watches. NULL: out of memory. */
struct events *events_new(struct event_base *base, struct camera *camera);
void events_free(struct events **events); /* after the clients have gone */

/* conn becomes a client. `resume` is its Last-Event-ID or "". `left` is called with `arg` when
 * it is a client no more. */
void events_begin(struct events *events, struct conn *conn, const char *resume,
    void (*left)(void *arg), void *arg);

/* End all clients, cleanly where a client is not in the middle of a message. */
void events_end(struct events *events);

#endif
