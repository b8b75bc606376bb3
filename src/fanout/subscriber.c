/* SPDX-License-Identifier: ISC */
#include "fanout/events_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "fanout/events.h"
#include "fastcgi/record.h"
#include "http/reply.h"
#include "protocol/events.h"
#include "protocol/reasons.h"

enum { BATCH = 16 }; /* messages per write */

/* ---- life ------------------------------------------------------------ */

static void
subscriber_free(struct subscriber *subscriber)
{
	struct events *events = subscriber->events;

	TAILQ_REMOVE(&events->list, subscriber, next);
	camera_count(events->camera, CAMERA_EVENTS, -1);
	if (TAILQ_EMPTY(&events->list)) {
		event_del(events->keepalive);
		camera_want_pulse(events->camera, false);
	}
	subscriber->left(subscriber->arg);
	free(subscriber->own);
	free(subscriber);
}

void
subscriber_close(struct subscriber *subscriber)
{
	struct conn *conn = subscriber->conn;

	subscriber_free(subscriber);
	conn_close(conn);
}

/* Add bytes for this client alone; false (and closed) when memory is short. */
bool
subscriber_add(struct subscriber *subscriber, const void *bytes, size_t length)
{
	size_t left = subscriber->own_length - subscriber->own_at;
	unsigned char *grown = malloc(left + length);

	if (grown == NULL) {
		subscriber_close(subscriber);
		return false;
	}
	if (left > 0)
		memcpy(grown, subscriber->own + subscriber->own_at, left);
	memcpy(grown + left, bytes, length);
	free(subscriber->own);
	subscriber->own = grown;
	subscriber->own_at = 0;
	subscriber->own_length = (uint32_t)(left + length);
	return true;
}

bool
subscriber_add_message(struct subscriber *subscriber, struct sse_message *message)
{
	bool added = true;

	if (message != NULL)
		added = subscriber_add(subscriber, message->bytes, message->length);
	free(message);
	return added;
}

/* ---- sending --------------------------------------------------------- */

/* Does a live client want this message? Events that it got from a page come again in the log,
 * and orield may repeat itself: nobody gets an event twice. */
static bool
subscriber_wants(const struct subscriber *subscriber, const struct sse_message *message)
{
	return message->id == 0 || message->id > subscriber->last;
}

/* The parts of the next write; *end is the serial after them. -1: too far behind. */
static int
subscriber_gather(struct subscriber *subscriber, struct iovec parts[BATCH], uint64_t *end)
{
	const struct sse_log *log = &subscriber->events->log;
	uint64_t stop = subscriber->phase == SUBSCRIBER_LIVE ? log->next : subscriber->serial;
	int count = 0;

	if (subscriber->own_length > 0)
		parts[count++] = (struct iovec){ subscriber->own + subscriber->own_at,
			subscriber->own_length - subscriber->own_at };
	for (*end = subscriber->serial; *end < stop && count < BATCH; ++*end) {
		const struct sse_message *message = sse_log_get(log, *end);
		uint32_t skip = *end == subscriber->serial ? subscriber->offset : 0;

		if (message == NULL)
			return -1;
		if (skip > 0 || subscriber_wants(subscriber, message))
			parts[count++] = (struct iovec){ (void *)(message->bytes + skip),
				message->length - skip };
	}
	return count;
}

/* `sent` bytes of the gathered parts are out: move on. */
static void
subscriber_advance(struct subscriber *subscriber, size_t sent, uint64_t end)
{
	const struct sse_log *log = &subscriber->events->log;

	if (subscriber->own_length > 0) {
		size_t own = subscriber->own_length - subscriber->own_at;

		own = own < sent ? own : sent;
		subscriber->own_at += (uint32_t)own;
		sent -= own;
		if (subscriber->own_at < subscriber->own_length)
			return;
		free(subscriber->own);
		subscriber->own = NULL;
		subscriber->own_at = subscriber->own_length = 0;
	}
	for (; subscriber->serial < end; subscriber->serial++, subscriber->offset = 0) {
		const struct sse_message *message = sse_log_get(log, subscriber->serial);
		size_t rest = message->length - subscriber->offset;

		if (subscriber->offset == 0 && !subscriber_wants(subscriber, message))
			continue;
		if (sent < rest) {
			subscriber->offset += (uint32_t)sent;
			return;
		}
		sent -= rest;
		if (message->id > subscriber->last)
			subscriber->last = message->id;
	}
}

/* Send all that is there for this client. False when it has been closed. */
bool
subscriber_push(struct subscriber *subscriber)
{
	struct iovec parts[BATCH];
	uint64_t end;
	int count;

	while (!subscriber->blocked && (count = subscriber_gather(subscriber, parts, &end)) != 0) {
		size_t length = 0;
		ssize_t sent = count > 0 ? conn_write(subscriber->conn, parts, count) : -1;

		if (sent == -1) {
			subscriber_close(subscriber);
			return false;
		}
		for (int i = 0; i < count; i++)
			length += parts[i].iov_len;
		subscriber->blocked = (size_t)sent < length;
		subscriber_advance(subscriber, (size_t)sent, end);
	}
	/* Perhaps it had all of the gathered messages already. */
	if (!subscriber->blocked && subscriber->phase == SUBSCRIBER_LIVE)
		subscriber->serial = subscriber->events->log.next;
	return true;
}

/* ---- catching up ----------------------------------------------------- */

static json_t *
events_state(struct events *events, bool gap)
{
	const json_t *known = camera_state(events->camera);
	json_t *state = known != NULL ? json_copy((json_t *)known) : json_object();
	struct cause why;

	if (!camera_connected(events->camera)) {
		json_object_set_new(state, "online", json_false());
		cause_reason(&why, &reason_no_daemon);
		reason_put(state, "reason", &why);
	} else if (camera_is_offline(events->camera, &why)) {
		json_object_set_new(state, "online", json_false());
		reason_put(state, "reason", &why);
	}
	if (gap)
		json_object_set_new(state, "gap", json_true());
	return state;
}

struct sse_message *
subscribers_state(struct events *events, bool gap)
{
	json_t *state = events_state(events, gap);
	struct sse_message *message = sse_event(event_name(EVENT_STATE), 0, state);

	json_decref(state);
	return message;
}

/* It has what it missed: now the state, and from here on live. */
bool
subscriber_go_live(struct subscriber *subscriber)
{
	struct events *events = subscriber->events;

	subscriber->phase = SUBSCRIBER_LIVE;
	subscriber->serial = events->log.next;
	subscriber->offset = 0;
	if (subscriber->last < events->log.newest)
		subscriber->last = events->log.newest;
	return subscriber_add_message(subscriber, subscribers_state(events, subscriber->gap)) &&
	    subscriber_push(subscriber);
}

/* Everything after subscriber->last is in the log: give it the numbered events. */
bool
subscriber_take_log(struct subscriber *subscriber)
{
	const struct sse_log *log = &subscriber->events->log;

	for (uint64_t serial = sse_log_find(log, subscriber->last); serial < log->next; serial++) {
		const struct sse_message *message = sse_log_get(log, serial);

		if (message == NULL || message->id <= subscriber->last)
			continue;
		if (!subscriber_add(subscriber, message->bytes, message->length))
			return false;
		subscriber->last = message->id;
	}
	return subscriber_go_live(subscriber);
}

static void
subscriber_writable(struct conn *conn, void *arg)
{
	struct subscriber *subscriber = arg;
	struct events *events = subscriber->events;

	(void)conn;
	subscriber->blocked = false;
	if (subscriber_push(subscriber) && subscriber->phase == SUBSCRIBER_WAITING)
		subscribers_ask(events);
}

static void
subscriber_gone(struct conn *conn, void *arg)
{
	(void)conn;
	subscriber_free(arg);
}

static const struct conn_user subscriber_user = { subscriber_writable, subscriber_gone };

static bool
subscriber_add_head(struct subscriber *subscriber)
{
	unsigned char bytes[1100];
	struct reply_head head;
	char retry[32];
	int length;

	reply_begin(&head, subscriber->conn, 200);
	reply_add(&head, "Content-Type: text/event-stream");
	reply_add(&head, "Cache-Control: no-cache");
	reply_add(&head, "X-Accel-Buffering: no");
	reply_end_head(&head);
	length = snprintf(retry, sizeof retry, "retry: %d\n\n", EVENTS_RETRY_MS);
	memcpy(head.text + head.used, retry, (size_t)length);
	return subscriber_add(subscriber, bytes,
	    (size_t)(record_wrap(bytes, head.text, head.used + (size_t)length) - bytes));
}

/* The first bytes: headers, then either the state now, or what was missed. */
static void
subscriber_start(struct subscriber *subscriber, const char *resume)
{
	struct events *events = subscriber->events;
	enum sse_resume how = sse_resume_parse(resume, &subscriber->last);

	if (!subscriber_add_head(subscriber))
		return;
	if (how != SSE_AFTER) {
		subscriber->last = 0;
		subscriber->gap = how == SSE_UNKNOWN;
		subscriber->fresh = camera_settling(events->camera);
		if (subscriber->fresh)
			subscriber_push(subscriber);
		else
			subscriber_go_live(subscriber);
	} else if (camera_connected(events->camera) && subscriber->last >= events->log.base &&
	    subscriber->last <= events->log.newest)
		subscriber_take_log(subscriber);
	else if (subscriber_push(subscriber))
		subscribers_ask(events);
}

void
subscriber_new(struct events *events, struct conn *conn, const char *resume,
    void (*left)(void *arg), void *arg)
{
	struct subscriber *subscriber = calloc(1, sizeof *subscriber);

	if (subscriber == NULL) {
		left(arg);
		reply_error(conn, 503, &reason_out_of_memory);
		return;
	}
	subscriber->events = events;
	subscriber->conn = conn;
	subscriber->left = left;
	subscriber->arg = arg;
	TAILQ_INSERT_TAIL(&events->list, subscriber, next);
	conn_take(conn, &subscriber_user, subscriber);
	camera_count(events->camera, CAMERA_EVENTS, 1);
	camera_want_pulse(events->camera, true);
	subscriber_start(subscriber, resume);
}
