/* SPDX-License-Identifier: ISC */
/* events_internal: one SSE client (a subscriber), and what it shares with the others of its camera.
 * For events.c, subscriber.c and catchup.c only. */
#ifndef ORIEL_FANOUT_EVENTS_INTERNAL_H
#define ORIEL_FANOUT_EVENTS_INTERNAL_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "fanout/camera.h"
#include "fastcgi/conn.h"
#include "fanout/sse.h"

/* WAITING: for a page (catchup.c) or for the daemon; LIVE: follows the log. */
enum subscriber_phase { SUBSCRIBER_WAITING, SUBSCRIBER_LIVE };

/* Memory per client counts. */
struct subscriber {
	TAILQ_ENTRY(subscriber) next;
	struct events *events;
	struct conn *conn;
	unsigned char *own; /* bytes for it alone, sent first */
	uint32_t own_at, own_length;
	uint32_t offset; /* into the message `serial` */
	uint64_t serial; /* LIVE: the next to send */
	uint64_t last;	 /* newest event it has */
	void (*left)(void *arg);
	void *arg;
	unsigned char phase;
	bool blocked, gap;
	bool fresh; /* WAITING: it missed nothing, the camera settles */
};

TAILQ_HEAD(subscriber_list, subscriber);
TAILQ_HEAD(page_list, page);

struct events {
	struct camera *camera;
	struct event *keepalive;
	struct subscriber_list list;
	struct page_list pages; /* requested from orield */
	unsigned asking;	/* how many */
	bool primed;		/* the log's base is known */
	struct sse_log log;
};

/* conn becomes a client: it gets headers, then the state, or first what it missed. */
void subscriber_new(struct events *events, struct conn *conn, const char *resume,
    void (*left)(void *arg), void *arg);

/* Each returns false when the client has been closed by it. */
bool subscriber_add_message(struct subscriber *subscriber, struct sse_message *message /* taken */);
bool subscriber_add(struct subscriber *subscriber, const void *bytes, size_t length);
bool subscriber_push(struct subscriber *subscriber); /* send all that is there for it */
bool subscriber_go_live(struct subscriber *subscriber);
bool subscriber_take_log(struct subscriber *subscriber); /* what it missed is in the log */

void subscriber_close(struct subscriber *subscriber);

/* Request what the waiting clients missed from orield, a few pages at a time: catchup.c. Not
 * during a walk over the list: it changes the list's order. */
void subscribers_ask(struct events *events);

/* The state as it is now, as a message; NULL: out of memory. */
struct sse_message *subscribers_state(struct events *events, bool gap);

#endif
