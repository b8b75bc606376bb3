/* SPDX-License-Identifier: ISC */
/* peer_internal: what a connection and its commands share. For peer.c and call.c only. */
#ifndef ORIEL_ORIELD_PEER_INTERNAL_H
#define ORIEL_ORIELD_PEER_INTERNAL_H

#include "orield/peer.h"

enum { CALL_TAG_SIZE = 24 }; /* "#", up to 20 digits, " " */

struct call {
	TAILQ_ENTRY(call) next;
	struct peer *peer;	 /* NULL when it is gone */
	json_t *id;		 /* goes back in the reply; NULL = none */
	char tag[CALL_TAG_SIZE]; /* goes before the reply; "": the reply waits for its turn */
	size_t room;		 /* bytes kept free for the reply */
	char *line;		 /* the reply when it is ready, and the lines behind it */
	size_t length;
	int fds[LINES_FDS];    /* sent with the reply; -1 = none */
	call_witness *witness; /* called with the reply; may be NULL */
	void *witness_arg;
};
TAILQ_HEAD(call_list, call);

struct peer_wire {
	struct lines *lines;
	const struct peer_hooks *hooks;
	void *arg;
	struct event *readable, *writable, *closing;
	size_t held; /* bytes of replies that wait for their turn, and lines behind them */
	size_t room; /* bytes kept free for replies to come */
	struct call_list calls;
	unsigned pending;
	bool refused; /* only its last line is still sent */
	bool ended;   /* no more commands: close it when all is answered and sent */
	bool dead;    /* close it now */
	bool full;    /* not read from until it has taken its replies */
};

/* ---- peer.c ---------------------------------------------------------- */

void peer_kill(struct peer *peer);
void peer_put(struct peer *peer, const char *tag, const char *line, size_t length);

/* A reply was made or sent: read on, if reading was stopped. */
void peer_go_on(struct peer *peer);

/* ---- call.c ---------------------------------------------------------- */

/* A new command of `peer`; NULL when out of memory. */
struct call *call_new(struct peer *peer);
void call_free(struct call *call);

/* The length of the tag at the line's beginning ("#17 "); 0: none. */
size_t call_tag_length(const char *line, size_t length);

/* Take the id out of the command; false when it is none. */
int call_take_id(struct call *call, json_t *command, struct cause *why);

/* Append a line to a reply that waits for earlier ones. */
void call_hold(struct call *call, const char *line, size_t length);

#endif
