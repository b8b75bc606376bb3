/* SPDX-License-Identifier: ISC */
/* framing: the frames of one WebSocket (RFC 6455 section 5), server side. Bytes in and bytes out;
 * no I/O. wslay does the work; only framing.c includes it.
 *
 * Whatever is sent is encoded into `out` at once. So its length is all that waits, an answer
 * cannot be overtaken by a Close, and it holds only whole frames. */
#ifndef ORIEL_WS_FRAMING_H
#define ORIEL_WS_FRAMING_H

#include <event2/buffer.h>
#include <stdbool.h>
#include <stddef.h>

enum {
	/* While more than this waits to go out, nothing more is taken in: a flood of pings whose
	 * pongs nobody reads would fill the memory. */
	FRAMING_OUT_MAX = 64 * 1024,
	/* wslay gets pieces of this size, and `ready` is asked between two. */
	FRAMING_PIECE = 256,
	/* This many messages can come after `ready` said yes: the smallest frame of a client has
	 * 6 bytes. */
	FRAMING_BURST = FRAMING_PIECE / 6 + 1,
};

/* Status codes (RFC 6455 section 7.4.1) */
enum {
	FRAMING_GOING_AWAY = 1001,
	FRAMING_PROTOCOL_ERROR = 1002,
	FRAMING_NOT_UTF8 = 1007,
	FRAMING_TOO_BIG = 1009,
	FRAMING_INTERNAL_ERROR = 1011,
	FRAMING_LOGGED_OUT = 4401, /* ours: as 401 is in HTTP */
};

struct framing;

struct framing_hooks {
	/* A whole message, borrowed for the call; text is valid UTF-8. */
	void (*message)(void *arg, const void *data, size_t length, bool text);
	/* Can you take more messages now? */
	bool (*ready)(void *arg);
};

/* `hooks` and `out` must outlive the framing. NULL when out of memory. */
struct framing *framing_new(
    const struct framing_hooks *hooks, void *arg, size_t message_max, struct evbuffer *out);
void framing_free(struct framing **framing);

/* Take in the client's bytes. Returns how many were used: fewer when ready() said no or too much
 * waits in `out`; offer the rest again later. A closed connection uses, and ignores, all of
 * them. */
size_t framing_feed(struct framing *framing, const void *data, size_t length);

/* Send a message, a ping, a Close. Nothing is sent after a Close. */
void framing_send(struct framing *framing, const void *data, size_t length, bool text);
void framing_ping(struct framing *framing);
void framing_close(struct framing *framing, unsigned code, const char *reason);

/* Our Close is in `out`, if there was memory for it: nothing will follow. */
bool framing_closed(const struct framing *framing);

#endif
