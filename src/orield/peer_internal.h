/* SPDX-License-Identifier: ISC */
/* peer_internal: what a connection and the commands that came by it know of each other.
 * For peer.c and call.c only. */
#ifndef ORIEL_ORIELD_PEER_INTERNAL_H
#define ORIEL_ORIELD_PEER_INTERNAL_H

#include "orield/peer.h"

enum { CALL_TAG_SIZE = 24 }; /* "#", up to 20 digits, " " */

struct call {
	TAILQ_ENTRY(call) next;
	struct peer *peer;	 /* NULL once it has gone */
	json_t *id;		 /* goes back in the reply; NULL = none */
	char tag[CALL_TAG_SIZE]; /* goes before the reply; "": the reply waits for its turn */
	size_t room;		 /* bytes kept free for the reply */
	char *line;		 /* the reply, once it is known, and what is to follow it */
	size_t length;
	int fds[LINES_FDS];    /* to go with it; -1 = none */
	call_witness *witness; /* is shown the reply; may be NULL */
	void *witness_arg;
};
TAILQ_HEAD(call_list, call);

struct peer_wire {
	struct lines *lines;
	const struct peer_hooks *hooks;
	void *arg;
	struct event *readable, *writable, *closing;
	size_t held; /* bytes of replies, and lines behind them, that wait for their turn */
	size_t room; /* bytes kept free for replies to come */
	struct call_list calls;
	unsigned pending;
	bool refused; /* nothing happens for it any more but the last words */
	bool ended;   /* no more commands: go when all is answered and sent */
	bool dead;    /* go now */
	bool full;    /* not read from until what it asked for has been taken */
};

/* ---- peer.c ---------------------------------------------------------- */

void peer_kill(struct peer *peer);
void peer_put(struct peer *peer, const char *tag, const char *line, size_t length);

/* Something was answered, or taken: read on, if that was waited for. */
void peer_go_on(struct peer *peer);

/* ---- call.c ---------------------------------------------------------- */

/* A command has come by `peer`; NULL when out of memory. */
struct call *call_new(struct peer *peer);
void call_free(struct call *call);

/* How long is the tag that a line begins with ("#17 ")? 0: there is none. */
size_t call_tag_length(const char *line, size_t length);

/* Take the id out of the command; false when it is none. */
int call_take_id(struct call *call, json_t *command, struct cause *why);

/* Behind the line of a call that waits for those before it. */
void call_hold(struct call *call, const char *line, size_t length);

#endif
