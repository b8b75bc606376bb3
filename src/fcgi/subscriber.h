/* SPDX-License-Identifier: ISC */
/* subscriber: one SSE client, and what it shares with the others of its camera.
 * For events.c and subscriber.c only. */
#ifndef ORIEL_FCGI_SUBSCRIBER_H
#define ORIEL_FCGI_SUBSCRIBER_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "fcgi/camera.h"
#include "fcgi/conn.h"
#include "fcgi/sse.h"

/* WAITING: for a page or for the daemon; LIVE: follows the log. */
enum subscriber_phase { SUBSCRIBER_WAITING, SUBSCRIBER_ASKING, SUBSCRIBER_LIVE };

/* Memory per client counts. */
struct subscriber {
	TAILQ_ENTRY(subscriber) next;
	struct events *events;
	struct conn *conn;
	unsigned long ask;		/* ASKING: of camera_forget() */
	unsigned char *own;		/* bytes for it alone: they go first */
	uint32_t own_at, own_length;
	uint32_t offset;		/* into the message `serial` */
	uint64_t serial;		/* LIVE: the next to send; ASKING: the log's base then */
	uint64_t last;			/* newest event it has */
	void (*left)(void *arg);
	void *arg;
	unsigned char phase;
	bool blocked, gap;
	bool fresh;			/* WAITING: it missed nothing, the camera settles */
};

struct events {
	struct camera *camera;
	struct event *keepalive;
	TAILQ_HEAD(, subscriber) list;
	unsigned asking;
	bool primed;			/* the log's base is known */
	struct sse_log log;
};

/* conn becomes a client: headers, then the state, or what it missed first. */
void subscriber_new(struct events *events, struct conn *conn, const char *resume,
	void (*left)(void *arg), void *arg);

/* Each returns false when the client has been closed on the way. */
bool subscriber_add_message(struct subscriber *subscriber, struct sse_message *message /* taken */);
bool subscriber_push(struct subscriber *subscriber);	/* send all there is for it */
bool subscriber_go_live(struct subscriber *subscriber);

void subscriber_close(struct subscriber *subscriber);

/* Ask orield for what the waiting ones missed, for a few at a time. */
void subscribers_ask(struct events *events);

/* The state as it is now, as a message; NULL: out of memory. */
struct sse_message *subscribers_state(struct events *events, bool gap);

#endif
