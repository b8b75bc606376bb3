/* SPDX-License-Identifier: ISC */
/* sse: Server-Sent Events as bytes, and a log of the newest ones.
 *
 * Each message is encoded once, as FastCGI records, for all clients. The log is contiguous: it
 * holds every numbered event after log->base, and in between what has no number (state, pulse,
 * comments). Each message has a serial, its place in this process's log; a client's position is
 * a serial and an offset. */
#ifndef ORIEL_FANOUT_SSE_H
#define ORIEL_FANOUT_SSE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SSE_LOG_SIZE = 256 }; /* messages: a client that is further behind is closed */

struct sse_message {
	uint64_t id; /* the event's number; 0: none */
	size_t length;
	unsigned char bytes[];
};

/* "id:" (unless 0), "event:", "data:" (one line of JSON). NULL: out of memory. */
struct sse_message *sse_event(const char *name, uint64_t id, const json_t *data);

/* Any text that is SSE already, such as a comment. */
struct sse_message *sse_raw(const char *text);

/* What Last-Event-ID says. */
enum sse_resume { SSE_FRESH, SSE_AFTER, SSE_UNKNOWN };

/* SSE_AFTER sets *id. "" is SSE_FRESH; anything but a plain decimal is SSE_UNKNOWN. */
enum sse_resume sse_resume_parse(const char *text, uint64_t *id);

struct sse_log {
	uint64_t next;	 /* serial of the message to come; the first is 1 */
	uint64_t base;	 /* every event after this number is inside */
	uint64_t newest; /* number of the newest event; base when none is inside */
	struct sse_message *slots[SSE_LOG_SIZE]; /* serial % SSE_LOG_SIZE */
};

void sse_log_init(struct sse_log *log);
void sse_log_deinit(struct sse_log *log);

/* Takes the message over. */
void sse_log_push(struct sse_log *log, struct sse_message *message);

/* Forget everything: events after `base` are to come. Serials go on. */
void sse_log_restart(struct sse_log *log, uint64_t base);

/* The message with this serial; NULL when it is not there any more (or not yet). */
const struct sse_message *sse_log_get(const struct sse_log *log, uint64_t serial);

/* Serial of the first event with a number above `id`; log->next when there is none. */
uint64_t sse_log_find(const struct sse_log *log, uint64_t id);

#endif
