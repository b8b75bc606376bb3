/* SPDX-License-Identifier: ISC */
/* The events that listeners missed, requested from orield page by page. A page serves all who
 * wait for what is in it. After its page was requested, a listener goes to the end of the list.
 * So a newcomer waits for one page of each of the others at most, however much they have to
 * catch up with. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "fanout/events_internal.h"

enum {
	PAGE_EVENTS = 100, /* requested from orield at a time */
	PAGES_AT_ONCE = 3, /* under way for all clients of a camera: half of the client's lane */
};

/* A request under way. */
struct page {
	TAILQ_ENTRY(page) next;
	struct events *events;
	uint64_t after, base; /* base: the log's base at the request */
};

/* An answer, as the messages that clients get. */
struct page_text {
	size_t count;
	uint64_t ids[PAGE_EVENTS];	/* ascending */
	size_t starts[PAGE_EVENTS + 1]; /* into bytes; [count]: its end */
	unsigned char *bytes;
};

static bool
subscriber_waits(const struct subscriber *subscriber)
{
	return subscriber->phase == SUBSCRIBER_WAITING && !subscriber->blocked &&
	    !subscriber->fresh;
}

/* ---- an answer ------------------------------------------------------- */

/* False when memory is short. Takes the message. */
static bool
page_text_add(struct page_text *text, struct sse_message *message)
{
	size_t at = text->starts[text->count];
	unsigned char *longer = message != NULL ? realloc(text->bytes, at + message->length) : NULL;

	if (longer != NULL) {
		text->bytes = longer;
		memcpy(longer + at, message->bytes, message->length);
		text->ids[text->count] = message->id;
		text->starts[++text->count] = at + message->length;
	}
	free(message);
	return longer != NULL;
}

static bool
page_text_read(struct page_text *text, const json_t *list)
{
	const json_t *event;
	size_t i;

	*text = (struct page_text){ .count = 0 };
	json_array_foreach(list, i, event) {
		const char *type = json_get_text(event, "type");
		long long id;

		if (type == NULL || text->count == PAGE_EVENTS ||
		    !json_get_integer(event, "id", 1, INT64_MAX, &id) ||
		    (text->count > 0 && (uint64_t)id <= text->ids[text->count - 1]))
			continue;
		if (!page_text_add(
			text, sse_event(type, (uint64_t)id, json_object_get(event, "data"))))
			return false;
	}
	return true;
}

/* Give the client what comes after its last event. */
static void
page_give(const struct page *page, const struct page_text *text, struct subscriber *subscriber)
{
	const struct sse_log *log = &page->events->log;
	size_t first = 0;

	while (first < text->count && text->ids[first] <= subscriber->last)
		first++;
	if (first < text->count) {
		if (!subscriber_add(subscriber, text->bytes + text->starts[first],
			text->starts[text->count] - text->starts[first]))
			return;
		subscriber->last = text->ids[text->count - 1];
	}
	/* An empty page: there is nothing between the client's last event and the log's former
	 * base. */
	if (subscriber->last >= log->base || (text->count == 0 && page->base == log->base))
		subscriber_take_log(subscriber);
	else
		subscriber_push(subscriber); /* the next page follows once this one is out */
}

/* Does the page begin before what it needs, and end after what it has? */
static bool
page_serves(
    const struct page *page, const struct page_text *text, const struct subscriber *subscriber)
{
	if (!subscriber_waits(subscriber))
		return false;
	return subscriber->last == page->after ||
	    (text->count > 0 && subscriber->last > page->after &&
		subscriber->last < text->ids[text->count - 1]);
}

/* Give the page to all for whom it was requested. What it says of its first number holds for
 * theirs. */
static void
page_refuse(const struct page *page, void (*refuse)(struct subscriber *subscriber))
{
	struct subscriber *subscriber, *next;

	for (subscriber = TAILQ_FIRST(&page->events->list); subscriber != NULL; subscriber = next) {
		next = TAILQ_NEXT(subscriber, next);
		if (subscriber_waits(subscriber) && subscriber->last == page->after)
			refuse(subscriber);
	}
}

static void
page_gap(struct subscriber *subscriber)
{
	subscriber->gap = true;
	subscriber->last = 0;
	subscriber_go_live(subscriber);
}

static void
page_spread(const struct page *page, const json_t *list)
{
	struct subscriber *subscriber, *next;
	struct page_text text;

	if (!page_text_read(&text, list)) {
		log_error("events", "%s: out of memory", camera_name(page->events->camera));
		page_refuse(page, subscriber_close);
		free(text.bytes);
		return;
	}
	for (subscriber = TAILQ_FIRST(&page->events->list); subscriber != NULL; subscriber = next) {
		next = TAILQ_NEXT(subscriber, next);
		if (page_serves(page, &text, subscriber))
			page_give(page, &text, subscriber);
	}
	free(text.bytes);
}

static void
page_take(const struct page *page, const struct client_reply *reply)
{
	json_t *answer = json_parse_object(reply->line, reply->length);
	const json_t *list = json_object_get(answer, "events");

	if (!json_is_array(list)) {
		log_error("events", "%s: no events: %.*s", camera_name(page->events->camera),
		    (int)reply->length, reply->line);
		page_refuse(page, subscriber_close);
	} else if (json_is_true(json_object_get(answer, "gap")))
		page_refuse(page, page_gap);
	else
		page_spread(page, list);
	json_decref(answer);
}

static void
page_done(void *arg, struct client_reply *reply)
{
	struct page *page = arg;
	struct events *events = page->events;

	TAILQ_REMOVE(&events->pages, page, next);
	events->asking--;
	if (reply->line != NULL)
		page_take(page, reply);
	free(page);
	/* Otherwise the next connection asks, or the next keepalive. */
	if (reply->line != NULL || reply->failure == CLIENT_UNKNOWN)
		subscribers_ask(events);
}

/* ---- a question ------------------------------------------------------ */

static bool
page_ask(struct events *events, uint64_t after)
{
	struct page *page = malloc(sizeof *page);

	if (page == NULL)
		return false;
	*page = (struct page){ .events = events, .after = after, .base = events->log.base };
	/* As an operator, so before the history that viewers ask for: a new listener is waiting. */
	if (camera_ask(events->camera, ROLE_OPERATOR,
		json_pack("{s:s, s:I, s:i}", "cmd", "events", "after", (json_int_t)after, "limit",
		    PAGE_EVENTS),
		page_done, page) == 0) {
		free(page);
		return false;
	}
	TAILQ_INSERT_TAIL(&events->pages, page, next);
	events->asking++;
	return true;
}

/* Will a page under way serve it as well? If numbers are missing, it is requested next. */
static bool
page_is_coming(const struct events *events, uint64_t last)
{
	const struct page *page;

	TAILQ_FOREACH(page, &events->pages, next)
		if (last >= page->after && last - page->after < PAGE_EVENTS)
			return true;
	return false;
}

/* No page is requested for a client that has not taken its last one yet. */
void
subscribers_ask(struct events *events)
{
	struct subscriber *subscriber, *next, *last = TAILQ_LAST(&events->list, subscriber_list);

	if (!camera_connected(events->camera))
		return;
	for (subscriber = TAILQ_FIRST(&events->list); subscriber != NULL; subscriber = next) {
		next = subscriber != last ? TAILQ_NEXT(subscriber, next) : NULL;
		if (events->asking == PAGES_AT_ONCE)
			break;
		if (!subscriber_waits(subscriber) || page_is_coming(events, subscriber->last))
			continue;
		if (!page_ask(events, subscriber->last)) {
			subscriber_close(subscriber);
			continue;
		}
		TAILQ_REMOVE(&events->list, subscriber, next);
		TAILQ_INSERT_TAIL(&events->list, subscriber, next);
	}
}
