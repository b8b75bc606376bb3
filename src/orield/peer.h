/* SPDX-License-Identifier: ISC */
/* peer: one connection to the control socket. Lines in, one reply a command in
 * their order, event lines in between, descriptors with a reply's first byte.
 *
 * Everything is bounded: a line, the commands not yet answered (then we stop
 * reading), the output (a peer that does not read is dropped). Nothing here
 * blocks, and no call frees a peer: one that has to go does so from the loop. */
#ifndef ORIEL_ORIELD_PEER_H
#define ORIEL_ORIELD_PEER_H

#include <event2/event.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct peer;
struct ticket;		/* a command that waits for its reply */

enum {
	PEER_PENDING_MAX = 256,		/* commands waiting for their reply */
	PEER_OUTPUT_MAX = 1 << 20,	/* bytes a peer may leave unread */
	PEER_TURN = 32,			/* commands in one go; then others have their turn */
};

struct peer_hooks {
	/* A command: exactly one ticket_reply, now or later. `command` is borrowed. */
	void (*command)(void *arg, struct ticket *ticket, json_t *command);
	void (*drained)(void *arg, struct peer *peer);	/* all output has been taken */
	void (*gone)(void *arg, struct peer *peer);	/* about to be freed */
};

enum peer_kind { PEER_STREAM, PEER_EVENTS, PEER_CONTROL, PEER_KINDS };

struct peer {
	LIST_ENTRY(peer) next;		/* the list of whoever made it */

	/* What the connection asked for; the commands' to keep. */
	unsigned viewers[PEER_KINDS];
	bool subscribed, pulse;
	bool attached;			/* wants the ring, whether there is one yet or not */
	bool live;			/* has all events of the past; false while catching up */
	int64_t replayed;		/* number of the newest event of the past it was sent */
	struct feed_page *page;		/* of the past, on its way from the store */
	int bell;			/* eventfd, -1 = none */

	struct peer_wire *wire;
};

/* Takes `fd` over. NULL when out of memory (fd is closed). */
struct peer *peer_new(struct event_base *base, int fd, const struct peer_hooks *hooks, void *arg);
void peer_free(struct peer **peer);

/* One line of JSON without its newline. */
void peer_send(struct peer *peer, const char *line, size_t length);
bool peer_has_output(const struct peer *peer);

/* Tell it and hang up once it has read that. */
void peer_refuse(struct peer *peer, const char *error);

/* Who asked; NULL when it has gone meanwhile. */
struct peer *ticket_peer(const struct ticket *ticket);

/* Answer. Steals `reply`; ends the ticket. */
void ticket_reply(struct ticket *ticket, json_t *reply);
void ticket_error(struct ticket *ticket, const char *error);		/* {"error": …} */
void ticket_refuse(struct ticket *ticket, const char *reason);	/* {"ok": false, "reason": …} */

/* The same with two descriptors, which are taken over and closed once sent. */
void ticket_reply_fds(struct ticket *ticket, json_t *reply, const int fds[2]);

#endif
