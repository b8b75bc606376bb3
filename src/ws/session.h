/* SPDX-License-Identifier: ISC */
/* session: one WebSocket connection on the event loop, from its first byte to its lingering end.
 * The service decides what it is for. */
#ifndef ORIEL_WS_SESSION_H
#define ORIEL_WS_SESSION_H

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "ws/handshake.h"

enum {
	SESSION_HEAD_SECONDS = 10,    /* for the whole handshake */
	SESSION_PING_SECONDS = 25,    /* of silence before a ping */
	SESSION_PINGS_MAX = 2,	      /* unanswered pings before the end */
	SESSION_STALL_SECONDS = 20,   /* a client that reads nothing for this long is dropped */
	SESSION_LINGER_SECONDS = 2,   /* for our Close to go out and the client's end to come */
	SESSION_READ_MAX = 64 * 1024, /* bytes per wake-up, then others have a turn */
};

struct session;

/* What a session is for. `world` belongs to the service; `state` is what it keeps for one
 * session. None of these may free a session. */
struct session_service {
	size_t message_max; /* bytes */
	/* The handshake is good: return the state of a new session, or NULL after
	 * handshake_refuse(). */
	void *(*open)(void *world, struct session *session, struct handshake *handshake);
	/* Can you take more messages now? When that changes: session_resume(). */
	bool (*ready)(void *state);
	/* A message, borrowed for the call. */
	void (*message)(void *state, const void *data, size_t length, bool text);
	/* The session ends; `state` is yours to free. */
	void (*close)(void *state);
};

/* What all sessions of a process share; owned by the caller. */
struct session_host {
	struct event_base *base;
	const struct handshake_policy *policy;
	const struct session_service *service;
	void *world;
	size_t open_max;    /* sessions past the handshake; then 503 */
	size_t open, count; /* past the handshake; all */
	LIST_HEAD(session_list, session) sessions;
	void (*gone)(struct session_host *host); /* one has ended */
	unsigned char buffer[SESSION_READ_MAX];
};

/* Take over a connected socket, non-blocking. -1 when out of memory: it is closed. */
int session_new(struct session_host *host, int fd);

/* Close at once, without a Close frame. For the end of the process. */
void session_free(struct session *session);

/* Send one message. It goes out with the loop's next turn. */
void session_send(struct session *session, const void *data, size_t length, bool text);

/* ready() would now say yes. */
void session_resume(struct session *session);

/* Send a Close, or drop the connection when the handshake is not over. False when the session
 * was ending anyway. */
bool session_close(struct session *session, unsigned code, const char *reason);

struct session *session_next(const struct session *session);

#endif
