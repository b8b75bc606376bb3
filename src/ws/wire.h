/* SPDX-License-Identifier: ISC */
/* wire: the frames of one WebSocket (RFC 6455 section 5), server side. Bytes in
 * and bytes out; no I/O. wslay does the work; it is seen in wire.c alone.
 *
 * Whatever is sent is encoded into `out` at once, so its length is all that waits,
 * an answer can't be overtaken by a Close, and there are only whole frames in it. */
#ifndef ORIEL_WS_WIRE_H
#define ORIEL_WS_WIRE_H

#include <event2/buffer.h>
#include <stdbool.h>
#include <stddef.h>

enum {
	/* Nothing more is taken in while more than this waits to go out: a flood of
	 * pings whose pongs nobody reads would else fill the memory. */
	WIRE_OUT_MAX = 64 * 1024,
	/* wslay is fed in pieces of so many bytes, and `ready` is asked between two. */
	WIRE_PIECE = 256,
	/* So many messages can come after `ready` said yes: the smallest frame of a
	 * client has 6 bytes. */
	WIRE_BURST = WIRE_PIECE / 6 + 1,
};

/* Status codes (RFC 6455 section 7.4.1) */
enum {
	WIRE_GOING_AWAY = 1001,
	WIRE_PROTOCOL_ERROR = 1002,
	WIRE_NOT_UTF8 = 1007,
	WIRE_TOO_BIG = 1009,
	WIRE_INTERNAL_ERROR = 1011,
	WIRE_LOGGED_OUT = 4401, /* ours: as 401 is in HTTP */
};

struct wire;

struct wire_hooks {
	/* A whole message, borrowed for the call; text is valid UTF-8. */
	void (*message)(void *arg, const void *data, size_t length, bool text);
	/* Can you take more messages now? */
	bool (*ready)(void *arg);
};

/* `hooks` and `out` must outlive the wire. NULL when out of memory. */
struct wire *wire_new(
    const struct wire_hooks *hooks, void *arg, size_t message_max, struct evbuffer *out);
void wire_free(struct wire **wire);

/* Take in what the client sent. Returns how many of the bytes were used: fewer
 * when ready() said no or too much waits in `out`; offer the rest again later.
 * A closed wire uses, and ignores, all of them. */
size_t wire_feed(struct wire *wire, const void *data, size_t length);

/* Send a message, a ping, a Close. Nothing is sent once the wire is closed. */
void wire_send(struct wire *wire, const void *data, size_t length, bool text);
void wire_ping(struct wire *wire);
void wire_close(struct wire *wire, unsigned code, const char *reason);

/* A Close of ours is in `out`, if there was memory for it: nothing will follow. */
bool wire_closed(const struct wire *wire);

#endif
