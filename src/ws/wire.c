/* SPDX-License-Identifier: ISC */
#include "ws/wire.h"

#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wslay/wslay.h>

struct wire {
	const struct wire_hooks *hooks;
	void *arg;
	struct evbuffer *out;
	wslay_event_context_ptr wslay;
	bool closed;
	const uint8_t *in; /* what wire_feed was given and wslay has not taken */
	size_t in_length;
	/* The message being put together. Done here and not by wslay, which spends
	 * some 100 bytes on a fragment even if that holds a single byte. */
	size_t message_max;
	bool in_control; /* the frame coming in is a control frame */
	uint8_t *message;
	size_t length, size;
};

/* Put all that is queued into `out`. */
static void
wire_flush(struct wire *wire)
{
	if (wire->closed)
		return;
	if (wslay_event_send(wire->wslay) != 0 || wslay_event_get_close_sent(wire->wslay))
		wire->closed = true;
}

/* A Close in place of the one that wslay would send: `out` ends with a whole frame. */
static void
wire_close_raw(struct wire *wire, unsigned code)
{
	const uint8_t frame[] = { 0x80 | WSLAY_CONNECTION_CLOSE, 2, (uint8_t)(code >> 8),
		(uint8_t)code };

	evbuffer_add(wire->out, frame, sizeof frame);
	wire->closed = true;
}

/* ---- messages -------------------------------------------------------------- */

static bool
wire_reserve(struct wire *wire, size_t more)
{
	size_t size = wire->size > 0 ? wire->size : 256;
	uint8_t *bigger;

	while (size < wire->length + more)
		size *= 2;
	if (size == wire->size)
		return true;
	bigger = realloc(wire->message, size);
	if (bigger == NULL)
		return false;
	wire->message = bigger;
	wire->size = size;
	return true;
}

/* An idle client shall cost next to nothing. */
static void
wire_drop_message(struct wire *wire)
{
	free(wire->message);
	wire->message = NULL;
	wire->length = wire->size = 0;
}

static void
wire_fail(struct wire *wire, unsigned code, const char *reason)
{
	wslay_event_shutdown_read(wire->wslay);
	wire_close(wire, code, reason);
}

/* ---- wslay's callbacks -------------------------------------------------------- */

static ssize_t
on_recv(wslay_event_context_ptr wslay, uint8_t *buffer, size_t size, int flags, void *arg)
{
	struct wire *wire = arg;
	size_t length = wire->in_length;

	(void)flags;
	if (length > WIRE_PIECE)
		length = WIRE_PIECE;
	if (length > size)
		length = size;
	if (length == 0 || evbuffer_get_length(wire->out) > WIRE_OUT_MAX ||
	    !wire->hooks->ready(wire->arg)) {
		wslay_event_set_error(wslay, WSLAY_ERR_WOULDBLOCK);
		return -1;
	}
	memcpy(buffer, wire->in, length);
	wire->in += length;
	wire->in_length -= length;
	return (ssize_t)length;
}

static ssize_t
on_send(wslay_event_context_ptr wslay, const uint8_t *data, size_t length, int flags, void *arg)
{
	struct wire *wire = arg;

	(void)flags;
	if (evbuffer_add(wire->out, data, length) == 0)
		return (ssize_t)length;
	wslay_event_set_error(wslay, WSLAY_ERR_CALLBACK_FAILURE);
	return -1;
}

/* How long a message may be is checked here, before a byte of it is kept; and a
 * Close with half a code, which wslay lets pass (RFC 6455 section 5.5.1). */
static void
on_frame_start(wslay_event_context_ptr wslay,
    const struct wslay_event_on_frame_recv_start_arg *frame, void *arg)
{
	struct wire *wire = arg;

	(void)wslay;
	wire->in_control = wslay_is_ctrl_frame(frame->opcode);
	if (!wire->in_control && frame->payload_length > wire->message_max - wire->length)
		wire_fail(wire, WIRE_TOO_BIG, "message too big");
	if (frame->opcode == WSLAY_CONNECTION_CLOSE && frame->payload_length == 1)
		wire_fail(wire, WIRE_PROTOCOL_ERROR, "");
}

static void
on_frame_chunk(wslay_event_context_ptr wslay,
    const struct wslay_event_on_frame_recv_chunk_arg *chunk, void *arg)
{
	struct wire *wire = arg;

	(void)wslay;
	if (wire->in_control || wire->closed || chunk->data_length == 0)
		return;
	if (!wire_reserve(wire, chunk->data_length)) {
		wire_fail(wire, WIRE_INTERNAL_ERROR, "out of memory");
		return;
	}
	memcpy(wire->message + wire->length, chunk->data, chunk->data_length);
	wire->length += chunk->data_length;
}

static bool
is_utf8(const void *bytes, size_t length)
{
	json_t *string = json_stringn(bytes, length); /* takes nothing else */

	json_decref(string);
	return string != NULL;
}

static void
on_message(
    wslay_event_context_ptr wslay, const struct wslay_event_on_msg_recv_arg *message, void *arg)
{
	struct wire *wire = arg;

	(void)wslay;
	/* wslay leaves out the first two bytes of each piece, not of the whole. */
	if (message->opcode == WSLAY_CONNECTION_CLOSE && !wire->closed && message->msg_length > 2 &&
	    !is_utf8(message->msg + 2, message->msg_length - 2))
		wire_close_raw(wire, WIRE_NOT_UTF8);
	if (!wslay_is_ctrl_frame(message->opcode) && !wire->closed) {
		wire->hooks->message(
		    wire->arg, wire->message, wire->length, message->opcode == WSLAY_TEXT_FRAME);
		wire_drop_message(wire);
	}
	/* Now: a violation later in the same bytes would else put its Close before
	 * the answer. */
	wire_flush(wire);
}

/* ---- for the session ------------------------------------------------------------ */

struct wire *
wire_new(const struct wire_hooks *hooks, void *arg, size_t message_max, struct evbuffer *out)
{
	static const struct wslay_event_callbacks callbacks = {
		.recv_callback = on_recv,
		.send_callback = on_send,
		.on_frame_recv_start_callback = on_frame_start,
		.on_frame_recv_chunk_callback = on_frame_chunk,
		.on_msg_recv_callback = on_message,
	};
	struct wire *wire = calloc(1, sizeof *wire);

	if (wire == NULL)
		return NULL;
	*wire = (struct wire){ .hooks = hooks, .arg = arg, .out = out, .message_max = message_max };
	if (wslay_event_context_server_init(&wire->wslay, &callbacks, wire) != 0) {
		free(wire);
		return NULL;
	}
	wslay_event_config_set_no_buffering(wire->wslay, 1);
	return wire;
}

void
wire_free(struct wire **wire)
{
	struct wire *gone = *wire;

	if (gone == NULL)
		return;
	wslay_event_context_free(gone->wslay);
	free(gone->message);
	free(gone);
	*wire = NULL;
}

size_t
wire_feed(struct wire *wire, const void *data, size_t length)
{
	if (wire->closed)
		return length;
	wire->in = data;
	wire->in_length = length;
	/* For a bad frame header wslay has a Close without a code queued, where RFC 6455
	 * section 7.1.7 wants 1002. */
	if (wslay_event_recv(wire->wslay) == 0)
		wire_flush(wire);
	else if (!wire->closed)
		wire_close_raw(wire, WIRE_PROTOCOL_ERROR);
	return wire->closed ? length : length - wire->in_length;
}

void
wire_send(struct wire *wire, const void *data, size_t length, bool text)
{
	struct wslay_event_msg message = { text ? WSLAY_TEXT_FRAME : WSLAY_BINARY_FRAME, data,
		length };

	if (wire->closed)
		return;
	if (wslay_event_queue_msg(wire->wslay, &message) == WSLAY_ERR_NOMEM)
		wire->closed = true;
	wire_flush(wire);
}

void
wire_ping(struct wire *wire)
{
	struct wslay_event_msg ping = { WSLAY_PING, NULL, 0 };

	if (wire->closed)
		return;
	wslay_event_queue_msg(wire->wslay, &ping);
	wire_flush(wire);
}

void
wire_close(struct wire *wire, unsigned code, const char *reason)
{
	if (wire->closed)
		return;
	wslay_event_queue_close(
	    wire->wslay, (uint16_t)code, (const uint8_t *)reason, strlen(reason));
	wire_flush(wire);
	wire->closed = true; /* even without memory for the Close */
}

bool
wire_closed(const struct wire *wire)
{
	return wire->closed;
}
