/* SPDX-License-Identifier: ISC */
/* peer: one connection to the control socket. Lines come in; each command gets one reply,
 * in the order of the commands; event lines go out between replies. Descriptors go with the
 * first byte of a reply. If a command has a tag ("#17 {…}"), its reply has it too, and does
 * not wait for earlier replies: so a slow disk delays only what needs the disk.
 *
 * All is bounded: a line, the commands not answered yet, the replies not read yet (beyond
 * that, we stop reading from the peer), and the events (a subscriber that does not read is
 * dropped). Nothing here blocks, and no function but peer_free() frees a peer: the loop
 * does that later. */
#ifndef ORIEL_ORIELD_PEER_H
#define ORIEL_ORIELD_PEER_H

#include <event2/event.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/cause.h"
#include "lines/lines.h"

struct peer;
struct call; /* a command that waits for its reply */

enum {
	PEER_PENDING_MAX = 1024,     /* commands waiting for their reply */
	PEER_OUTPUT_PAUSE = 1 << 19, /* bytes unread or kept free: then we read no commands */
	PEER_OUTPUT_MAX = 1 << 21,   /* bytes a subscriber may leave unread */
	PEER_TURN = 32,		     /* commands in one turn; then other peers have theirs */
};

struct peer_hooks {
	/* A command: exactly one call_reply, now or later. `command` is borrowed. */
	void (*command)(void *arg, struct call *call, json_t *command);
	void (*drained)(void *arg, struct peer *peer); /* all output has been sent */
	void (*gone)(void *arg, struct peer *peer);    /* about to be freed */
};

enum peer_kind { PEER_STREAM, PEER_EVENTS, PEER_CONTROL, PEER_KINDS };

struct peer {
	LIST_ENTRY(peer) next; /* in the list of its owner */

	/* What the connection asked for; set by the commands. */
	unsigned viewers[PEER_KINDS];
	bool subscribed, pulse;
	bool recorder;		     /* writes the clips of this camera */
	bool attached;		     /* wants the ring, even if there is none yet */
	bool live;		     /* was sent all past events; false while catching up */
	int64_t replayed;	     /* number of the newest past event that it was sent */
	struct publisher_page *page; /* of past events, asked of the store */
	int bell;		     /* eventfd, -1 = none */

	struct peer_wire *wire;
};

/* Takes over `fd`. NULL when out of memory; then fd is closed. */
struct peer *peer_new(struct event_base *base, int fd, const struct peer_hooks *hooks, void *arg);
void peer_free(struct peer **peer);

/* Send one line of JSON, given without its newline. */
void peer_send(struct peer *peer, const char *line, size_t length);
bool peer_has_output(const struct peer *peer);

/* Send the reason as an error, and hang up when it is sent. */
void peer_refuse(struct peer *peer, const struct reason *reason);
void peer_refuse_why(struct peer *peer, const struct cause *why);

/* The peer that asked; NULL when it is gone. */
struct peer *call_peer(const struct call *call);

/* The command's "id", borrowed; NULL: none. */
const json_t *call_id(const struct call *call);

/* Keep room for a long reply, of up to `bytes`. The peer's commands are read only while there
 * is room for their replies. */
void call_keep_room(struct call *call, size_t bytes);

/* Have `witness` called with the reply (borrowed, without its id) when it is made. `heard`:
 * the peer is still there. */
typedef void call_witness(void *arg, const json_t *reply, bool heard);
void call_show(struct call *call, call_witness *witness, void *arg);

/* Answer the call, and end it. Steals `reply`. */
void call_reply(struct call *call, json_t *reply);

/* Answer that the command is wrong: {"error": …, "code": …}. A cause without a reason is a bad
 * argument. */
void call_error(struct call *call, const struct reason *reason);
void call_error_why(struct call *call, const struct cause *why);

/* Answer that it cannot be done now: {"ok": false, "reason": …, "code": …}. */
void call_refuse(struct call *call, const struct reason *reason);
void call_refuse_why(struct call *call, const struct cause *why);

/* As call_reply(), with descriptors; unused places at the end are -1. They are taken over, and
 * closed when sent. */
void call_reply_fds(struct call *call, json_t *reply, const int fds[LINES_FDS]);

#endif
