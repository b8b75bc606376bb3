/* SPDX-License-Identifier: ISC */
/* peer: one connection to the control socket. Lines in, one reply a command in
 * their order, event lines in between, descriptors with a reply's first byte. The
 * reply to a command with a tag ("#17 {…}") has it too, and does not wait for those
 * before it: a disk that is slow holds up only what needs the disk.
 *
 * Everything is bounded: a line, the commands not yet answered and the replies not yet
 * taken (then no more is read from it: it waits for itself), the events (a subscriber
 * that does not read is dropped). Nothing here blocks, and no call frees a peer: one
 * that has to go does so from the loop. */
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
	PEER_PENDING_MAX = 1024, /* commands waiting for their reply */
	PEER_OUTPUT_PAUSE =
	    1 << 19,		   /* bytes unread, or kept free for replies: it may ask no more */
	PEER_OUTPUT_MAX = 1 << 21, /* bytes a subscriber may leave unread */
	PEER_TURN = 32,		   /* commands in one go; then others have their turn */
};

struct peer_hooks {
	/* A command: exactly one call_reply, now or later. `command` is borrowed. */
	void (*command)(void *arg, struct call *call, json_t *command);
	void (*drained)(void *arg, struct peer *peer); /* all output has been taken */
	void (*gone)(void *arg, struct peer *peer);    /* about to be freed */
};

enum peer_kind { PEER_STREAM, PEER_EVENTS, PEER_CONTROL, PEER_KINDS };

struct peer {
	LIST_ENTRY(peer) next; /* the list of whoever made it */

	/* What the connection asked for; the commands' to keep. */
	unsigned viewers[PEER_KINDS];
	bool subscribed, pulse;
	bool recorder;		     /* writes the clips of this camera */
	bool attached;		     /* wants the ring, whether there is one yet or not */
	bool live;		     /* has all events of the past; false while catching up */
	int64_t replayed;	     /* number of the newest event of the past it was sent */
	struct publisher_page *page; /* of the past, on its way from the store */
	int bell;		     /* eventfd, -1 = none */

	struct peer_wire *wire;
};

/* Takes `fd` over. NULL when out of memory (fd is closed). */
struct peer *peer_new(struct event_base *base, int fd, const struct peer_hooks *hooks, void *arg);
void peer_free(struct peer **peer);

/* One line of JSON without its newline. */
void peer_send(struct peer *peer, const char *line, size_t length);
bool peer_has_output(const struct peer *peer);

/* Tell it and hang up once it has read that. */
void peer_refuse(struct peer *peer, const struct reason *reason);
void peer_refuse_why(struct peer *peer, const struct cause *why);

/* Who asked; NULL when it has gone meanwhile. */
struct peer *call_peer(const struct call *call);

/* What the command had for an "id", borrowed; NULL: none. */
const json_t *call_id(const struct call *call);

/* The reply may have so many bytes, which is more than most have: the peer asks no more
 * than it has room for. */
void call_keep_room(struct call *call, size_t bytes);

/* `witness` is shown the reply (borrowed, without its id) when it is made; `heard`: the
 * peer is still there. */
typedef void call_witness(void *arg, const json_t *reply, bool heard);
void call_show(struct call *call, call_witness *witness, void *arg);

/* Answer. Steals `reply`; ends the call. */
void call_reply(struct call *call, json_t *reply);

/* It was wrong to ask: {"error": …, "code": …}. A cause without a reason is a bad argument. */
void call_error(struct call *call, const struct reason *reason);
void call_error_why(struct call *call, const struct cause *why);

/* It cannot be done now: {"ok": false, "reason": …, "code": …}. */
void call_refuse(struct call *call, const struct reason *reason);
void call_refuse_why(struct call *call, const struct cause *why);

/* The same with descriptors, -1 from the first that there is not, which are taken over and closed
 * once sent. */
void call_reply_fds(struct call *call, json_t *reply, const int fds[LINES_FDS]);

#endif
