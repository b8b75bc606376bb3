/* SPDX-License-Identifier: ISC */
#include "ws/framing.h"

#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wslay/wslay.h>

struct framing {
	const struct framing_hooks *hooks;
	void *arg;
	struct evbuffer *out;
	wslay_event_context_ptr wslay;
	bool closed;
	const uint8_t *in; /* the bytes of framing_feed() that wslay has not taken */
	size_t in_length;
	/* The message being put together. wslay would spend some 100 bytes on each fragment,
	 * even one of a single byte. */
	size_t message_max;
	bool in_control; /* the incoming frame is a control frame */
	uint8_t *message;
	size_t length, size;
};

/* Put all that is queued into `out`. */
static void
framing_flush(struct framing *framing)
{
	if (framing->closed)
		return;
	if (wslay_event_send(framing->wslay) != 0 || wslay_event_get_close_sent(framing->wslay))
		framing->closed = true;
}

/* Send a Close instead of wslay's own; `out` ends with a whole frame. */
static void
framing_close_raw(struct framing *framing, unsigned code)
{
	const uint8_t frame[] = { 0x80 | WSLAY_CONNECTION_CLOSE, 2, (uint8_t)(code >> 8),
		(uint8_t)code };

	evbuffer_add(framing->out, frame, sizeof frame);
	framing->closed = true;
}

/* ---- messages -------------------------------------------------------- */

static bool
framing_reserve(struct framing *framing, size_t more)
{
	size_t size = framing->size > 0 ? framing->size : 256;
	uint8_t *bigger;

	while (size < framing->length + more)
		size *= 2;
	if (size == framing->size)
		return true;
	bigger = realloc(framing->message, size);
	if (bigger == NULL)
		return false;
	framing->message = bigger;
	framing->size = size;
	return true;
}

/* An idle client should cost next to nothing. */
static void
framing_drop_message(struct framing *framing)
{
	free(framing->message);
	framing->message = NULL;
	framing->length = framing->size = 0;
}

static void
framing_fail(struct framing *framing, unsigned code, const char *reason)
{
	wslay_event_shutdown_read(framing->wslay);
	framing_close(framing, code, reason);
}

/* ---- wslay's callbacks ----------------------------------------------- */

static ssize_t
framing_recv(wslay_event_context_ptr wslay, uint8_t *buffer, size_t size, int flags, void *arg)
{
	struct framing *framing = arg;
	size_t length = framing->in_length;

	(void)flags;
	if (length > FRAMING_PIECE)
		length = FRAMING_PIECE;
	if (length > size)
		length = size;
	if (length == 0 || evbuffer_get_length(framing->out) > FRAMING_OUT_MAX ||
	    !framing->hooks->ready(framing->arg)) {
		wslay_event_set_error(wslay, WSLAY_ERR_WOULDBLOCK);
		return -1;
	}
	memcpy(buffer, framing->in, length);
	framing->in += length;
	framing->in_length -= length;
	return (ssize_t)length;
}

static ssize_t
framing_write(
    wslay_event_context_ptr wslay, const uint8_t *data, size_t length, int flags, void *arg)
{
	struct framing *framing = arg;

	(void)flags;
	if (evbuffer_add(framing->out, data, length) == 0)
		return (ssize_t)length;
	wslay_event_set_error(wslay, WSLAY_ERR_CALLBACK_FAILURE);
	return -1;
}

/* Check the length of a message before a byte of it is kept. Also refuse a Close with half a
 * code, which wslay accepts (RFC 6455 section 5.5.1). */
static void
on_frame_start(wslay_event_context_ptr wslay,
    const struct wslay_event_on_frame_recv_start_arg *frame, void *arg)
{
	struct framing *framing = arg;

	(void)wslay;
	framing->in_control = wslay_is_ctrl_frame(frame->opcode);
	if (!framing->in_control && frame->payload_length > framing->message_max - framing->length)
		framing_fail(framing, FRAMING_TOO_BIG, "message too big");
	if (frame->opcode == WSLAY_CONNECTION_CLOSE && frame->payload_length == 1)
		framing_fail(framing, FRAMING_PROTOCOL_ERROR, "");
}

static void
on_frame_chunk(wslay_event_context_ptr wslay,
    const struct wslay_event_on_frame_recv_chunk_arg *chunk, void *arg)
{
	struct framing *framing = arg;

	(void)wslay;
	if (framing->in_control || framing->closed || chunk->data_length == 0)
		return;
	if (!framing_reserve(framing, chunk->data_length)) {
		framing_fail(framing, FRAMING_INTERNAL_ERROR, "out of memory");
		return;
	}
	memcpy(framing->message + framing->length, chunk->data, chunk->data_length);
	framing->length += chunk->data_length;
}

static bool
is_utf8(const void *bytes, size_t length)
{
	json_t *string = json_stringn(bytes, length); /* takes only valid UTF-8 */

	json_decref(string);
	return string != NULL;
}

static void
framing_arrived(
    wslay_event_context_ptr wslay, const struct wslay_event_on_msg_recv_arg *message, void *arg)
{
	struct framing *framing = arg;

	(void)wslay;
	/* wslay skips the first two bytes of each piece, not of the whole. */
	if (message->opcode == WSLAY_CONNECTION_CLOSE && !framing->closed &&
	    message->msg_length > 2 && !is_utf8(message->msg + 2, message->msg_length - 2))
		framing_close_raw(framing, FRAMING_NOT_UTF8);
	if (!wslay_is_ctrl_frame(message->opcode) && !framing->closed) {
		framing->hooks->message(framing->arg, framing->message, framing->length,
		    message->opcode == WSLAY_TEXT_FRAME);
		framing_drop_message(framing);
	}
	/* Flush now: otherwise a later violation in the same bytes would put its Close before
	 * the answer. */
	framing_flush(framing);
}

/* ---- for the session ------------------------------------------------- */

struct framing *
framing_new(const struct framing_hooks *hooks, void *arg, size_t message_max, struct evbuffer *out)
{
	static const struct wslay_event_callbacks callbacks = {
		.recv_callback = framing_recv,
		.send_callback = framing_write,
		.on_frame_recv_start_callback = on_frame_start,
		.on_frame_recv_chunk_callback = on_frame_chunk,
		.on_msg_recv_callback = framing_arrived,
	};
	struct framing *framing = calloc(1, sizeof *framing);

	if (framing == NULL)
		return NULL;
	*framing = (struct framing){
		.hooks = hooks, .arg = arg, .out = out, .message_max = message_max
	};
	if (wslay_event_context_server_init(&framing->wslay, &callbacks, framing) != 0) {
		free(framing);
		return NULL;
	}
	wslay_event_config_set_no_buffering(framing->wslay, 1);
	return framing;
}

void
framing_free(struct framing **framing)
{
	struct framing *gone = *framing;

	if (gone == NULL)
		return;
	wslay_event_context_free(gone->wslay);
	free(gone->message);
	free(gone);
	*framing = NULL;
}

size_t
framing_feed(struct framing *framing, const void *data, size_t length)
{
	if (framing->closed)
		return length;
	framing->in = data;
	framing->in_length = length;
	/* For a bad frame header wslay queues a Close without a code, but RFC 6455 section 7.1.7
	 * wants 1002. */
	if (wslay_event_recv(framing->wslay) == 0)
		framing_flush(framing);
	else if (!framing->closed)
		framing_close_raw(framing, FRAMING_PROTOCOL_ERROR);
	return framing->closed ? length : length - framing->in_length;
}

void
framing_send(struct framing *framing, const void *data, size_t length, bool text)
{
	struct wslay_event_msg message = { text ? WSLAY_TEXT_FRAME : WSLAY_BINARY_FRAME, data,
		length };

	if (framing->closed)
		return;
	if (wslay_event_queue_msg(framing->wslay, &message) == WSLAY_ERR_NOMEM)
		framing->closed = true;
	framing_flush(framing);
}

void
framing_ping(struct framing *framing)
{
	struct wslay_event_msg ping = { WSLAY_PING, NULL, 0 };

	if (framing->closed)
		return;
	wslay_event_queue_msg(framing->wslay, &ping);
	framing_flush(framing);
}

void
framing_close(struct framing *framing, unsigned code, const char *reason)
{
	if (framing->closed)
		return;
	wslay_event_queue_close(
	    framing->wslay, (uint16_t)code, (const uint8_t *)reason, strlen(reason));
	framing_flush(framing);
	framing->closed = true; /* even without memory for the Close */
}

bool
framing_closed(const struct framing *framing)
{
	return framing->closed;
}
