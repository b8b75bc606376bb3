/* SPDX-License-Identifier: ISC */
#include "fanout/events.h"

#include <stdlib.h>

#include "base/log.h"
#include "fastcgi/record.h"
#include "fanout/events_internal.h"
#include "loop/timer.h"

static void
events_push_all(struct events *events)
{
	struct subscriber *subscriber, *next;

	for (subscriber = TAILQ_FIRST(&events->list); subscriber != NULL; subscriber = next) {
		next = TAILQ_NEXT(subscriber, next);
		/* A blocked client is served when it is not blocked any more. Until then the log
		 * may leave it behind. */
		if (subscriber->phase == SUBSCRIBER_LIVE &&
		    (!subscriber->blocked ||
			sse_log_get(&events->log, subscriber->serial) == NULL)) {
			subscriber->blocked = false;
			subscriber_push(subscriber);
		}
	}
}

static void
events_publish(struct events *events, struct sse_message *message)
{
	if (message == NULL)
		return;
	sse_log_push(&events->log, message);
	if (message->id != 0)
		camera_set_last_event(events->camera, events->log.newest);
	events_push_all(events);
}

/* No memory for event `id`: the log would have a hole and lose it. So all clients must come back
 * and ask. */
static void
events_forget(struct events *events, uint64_t id)
{
	struct subscriber *subscriber;

	log_error("events", "%s: out of memory", camera_name(events->camera));
	sse_log_restart(&events->log, id);
	camera_set_last_event(events->camera, id);
	while ((subscriber = TAILQ_FIRST(&events->list)) != NULL)
		subscriber_close(subscriber);
}

/* The camera has settled: its state is known. */
static void
events_admit(struct events *events)
{
	struct subscriber *subscriber, *next;

	for (subscriber = TAILQ_FIRST(&events->list); subscriber != NULL; subscriber = next) {
		next = TAILQ_NEXT(subscriber, next);
		if (subscriber->fresh) {
			subscriber->fresh = false;
			subscriber_go_live(subscriber);
		}
	}
}

static void
events_news(void *arg, const char *name, uint64_t id, const json_t *data)
{
	struct events *events = arg;
	struct sse_message *message = sse_event(name, id, data);

	if (message == NULL && id != 0)
		events_forget(events, id);
	events_publish(events, message);
}

static void
events_subscribed(void *arg, uint64_t last, bool gap)
{
	struct events *events = arg;
	struct subscriber *subscriber;

	if (!events->primed || gap) {
		sse_log_restart(&events->log, last);
		camera_set_last_event(events->camera, last);
		events->primed = true;
	}
	if (gap)
		TAILQ_FOREACH(subscriber, &events->list, next)
			if (subscriber->phase == SUBSCRIBER_LIVE)
				subscriber->last = last;
	events_publish(events, subscribers_state(events, gap));
	events_admit(events);
	subscribers_ask(events);
}

static void
events_changed(void *arg)
{
	struct events *events = arg;

	if (camera_settling(events->camera))
		return;
	if (!camera_connected(events->camera))
		events_publish(events, subscribers_state(events, false));
	events_admit(events);
}

static void
events_keepalive(evutil_socket_t unused, short what, void *arg)
{
	static const char comment[] = ": keepalive\n\n";
	struct events *events = arg;
	struct subscriber *subscriber, *next;

	(void)unused, (void)what;
	events_publish(events, sse_raw(comment));
	for (subscriber = TAILQ_FIRST(&events->list); subscriber != NULL; subscriber = next) {
		next = TAILQ_NEXT(subscriber, next);
		if (subscriber->phase != SUBSCRIBER_LIVE && !subscriber->blocked &&
		    subscriber_add_message(subscriber, sse_raw(comment)))
			subscriber_push(subscriber);
	}
	subscribers_ask(events); /* in case an answer was lost */
}

static const struct camera_hooks events_hooks = {
	.news = events_news,
	.subscribed = events_subscribed,
	.changed = events_changed,
};

struct events *
events_new(struct event_base *base, struct camera *camera)
{
	struct events *events = calloc(1, sizeof *events);

	if (events == NULL)
		return NULL;
	events->camera = camera;
	TAILQ_INIT(&events->list);
	TAILQ_INIT(&events->pages);
	sse_log_init(&events->log);
	events->keepalive = event_new(base, -1, EV_PERSIST, events_keepalive, events);
	if (events->keepalive == NULL)
		events_free(&events);
	else
		camera_watch(camera, &events_hooks, events);
	return events;
}

void
events_free(struct events **events)
{
	struct events *gone = *events;

	if (gone == NULL)
		return;
	if (gone->keepalive != NULL)
		event_free(gone->keepalive);
	sse_log_deinit(&gone->log);
	free(gone);
	*events = NULL;
}

void
events_begin(struct events *events, struct conn *conn, const char *resume, void (*left)(void *arg),
    void *arg)
{
	subscriber_new(events, conn, resume, left, arg);
	if (!TAILQ_EMPTY(&events->list) && !event_pending(events->keepalive, EV_TIMEOUT, NULL))
		timer_start(events->keepalive, EVENTS_KEEPALIVE_S * CLOCK_S);
}

void
events_end(struct events *events)
{
	struct iovec end = { (void *)record_end, RECORD_END_SIZE };
	struct subscriber *subscriber;

	while ((subscriber = TAILQ_FIRST(&events->list)) != NULL) {
		if (!subscriber->blocked)
			(void)conn_write(subscriber->conn, &end, 1);
		subscriber_close(subscriber);
	}
}
