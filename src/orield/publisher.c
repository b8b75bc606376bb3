/* SPDX-License-Identifier: ISC */
#include "orield/publisher.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "loop/timer.h"
#include "protocol/events.h"
#include "protocol/reasons.h"

enum { PAGE_EVENTS = 256, PAGE_BYTES = 1 << 18, STATE_PAUSE_MS = 50, PULSE_MS = 1000 };

/* A page of past events that a peer waits for. */
struct publisher_page {
	struct peer *peer; /* NULL once it has gone */
};

/* A subscription that waits for the store. */
struct publisher_request {
	struct publisher *publisher;
	struct call *call;
	int64_t after;
	int pulse;
};

/* ---- publishing ------------------------------------------------------ */

static bool
wants_now(const struct peer *peer)
{
	return peer->subscribed;
}

static bool
wants_numbered(const struct peer *peer)
{
	return peer->subscribed && peer->live;
}

static bool
wants_ring(const struct peer *peer)
{
	return peer->attached;
}

static bool
wants_record(const struct peer *peer)
{
	return peer->recorder;
}

void
publisher_hang_up(struct publisher *publisher, const struct reason *reason)
{
	for (struct peer *peer = control_server_first(publisher->peers); peer != NULL;
	     peer = control_server_next(peer))
		if (peer->subscribed)
			peer_refuse(peer, reason);
}

static void
publisher_line(
    struct publisher *publisher, const json_t *line, bool (*wants)(const struct peer *peer))
{
	char *text = json_line(line);

	if (text == NULL) {
		log_error("publisher", "out of memory for an event; who listens has to ask again");
		publisher_hang_up(publisher, &reason_out_of_memory);
		return;
	}
	for (struct peer *peer = control_server_first(publisher->peers); peer != NULL;
	     peer = control_server_next(peer))
		if (wants(peer))
			peer_send(peer, text, strlen(text));
	free(text);
}

/* Steals `data`. */
static void
publisher_unnumbered(struct publisher *publisher, enum event_id event, json_t *data,
    bool (*wants)(const struct peer *peer))
{
	json_t *line = json_pack("{s:s, s:o}", "event", event_name(event), "data", data);

	publisher_line(publisher, line, wants);
	json_decref(line);
}

void
publisher_publish(struct publisher *publisher, const json_t *lines)
{
	size_t index;
	json_t *line;

	json_array_foreach(lines, index, line)
		publisher_line(publisher, line,
		    json_object_get(line, "id") != NULL ? wants_numbered : wants_now);
}

void
publisher_say(struct publisher *publisher, enum event_id event, json_t *data)
{
	publisher_unnumbered(publisher, event, data, wants_now);
}

void
publisher_ring(struct publisher *publisher, uint64_t generation)
{
	publisher_unnumbered(publisher, EVENT_RING,
	    json_pack("{s:I}", "generation", (json_int_t)generation), wants_ring);
}

bool
publisher_record(struct publisher *publisher, json_t *data)
{
	struct peer *peer = control_server_first(publisher->peers);

	while (peer != NULL && !wants_record(peer))
		peer = control_server_next(peer);
	publisher_unnumbered(publisher, EVENT_RECORD, data, wants_record);
	return peer != NULL;
}

static void
publisher_state_due(evutil_socket_t fd, short what, void *arg)
{
	struct publisher *publisher = arg;

	(void)fd, (void)what;
	publisher->state_said_ns = clock_mono_ns();
	publisher_say(publisher, EVENT_STATE, publisher->source->state(publisher->arg));
}

void
publisher_state(struct publisher *publisher)
{
	if (!event_pending(publisher->state_due, EV_TIMEOUT, NULL))
		timer_start_at(
		    publisher->state_due, publisher->state_said_ns + STATE_PAUSE_MS * CLOCK_MS);
}

/* Runs only while somebody wants it. */
static void
publisher_pulse_due(evutil_socket_t fd, short what, void *arg)
{
	struct publisher *publisher = arg;
	json_t *line;
	char *text = NULL;

	(void)fd, (void)what;
	for (struct peer *peer = control_server_first(publisher->peers); peer != NULL;
	     peer = control_server_next(peer)) {
		if (!peer->subscribed || !peer->pulse)
			continue;
		if (text == NULL) {
			line = json_pack("{s:s, s:o}", "event", event_name(EVENT_PULSE), "data",
			    publisher->source->pulse(publisher->arg));
			text = json_line(line);
			json_decref(line);
			if (text == NULL)
				return;
			timer_start(publisher->pulse_due, PULSE_MS * CLOCK_MS);
		}
		peer_send(peer, text, strlen(text));
	}
	free(text);
}

/* ---- the past -------------------------------------------------------- */

bool
publisher_gap(const json_t *answer, int64_t after)
{
	json_int_t first = json_integer_value(json_object_get(answer, "first"));
	json_int_t last = json_integer_value(json_object_get(answer, "last"));

	return after > last || (after < last && (first == 0 || after < first - 1));
}

static void
publisher_send_page(struct peer *peer, const json_t *answer)
{
	const json_t *events = json_object_get(answer, "events");
	size_t index;
	json_t *event;

	json_array_foreach(events, index, event) {
		json_t *line = json_pack("{s:O, s:O, s:O}", "event", json_object_get(event, "type"),
		    "id", json_object_get(event, "id"), "data", json_object_get(event, "data"));
		char *text = json_line(line);

		json_decref(line);
		if (text == NULL) {
			peer_refuse(peer, &reason_out_of_memory);
			return;
		}
		peer_send(peer, text, strlen(text));
		free(text);
		peer->replayed = json_integer_value(json_object_get(event, "id"));
	}
	peer->live = json_array_size(events) == 0 ||
	    peer->replayed >= json_integer_value(json_object_get(answer, "last"));
}

static void
publisher_page_done(void *arg, struct store_job *job)
{
	struct publisher_page *page = arg;
	struct peer *peer = page->peer;

	free(page);
	if (peer == NULL)
		return;
	peer->page = NULL;
	/* The peer comes back with its last number, and gets the events then. */
	if (job->result != STORE_OK || publisher_gap(job->answer, peer->replayed))
		peer_refuse(peer, &reason_no_past);
	else
		publisher_send_page(peer, job->answer);
}

static void
publisher_ask_page(struct publisher *publisher, struct peer *peer)
{
	struct publisher_page *page = calloc(1, sizeof *page);
	struct store_job *job = page != NULL
	    ? store_job_new(STORE_JOB_EVENTS, publisher_page_done, page)
	    : NULL;

	if (job != NULL) {
		page->peer = peer;
		job->query = (struct store_query){
			.after = peer->replayed, .limit = PAGE_EVENTS, .most_bytes = PAGE_BYTES
		};
		if (store_worker_submit(publisher->store_worker, job)) {
			peer->page = page;
			return;
		}
	}
	store_job_free(&job);
	free(page);
	peer_refuse(peer, &reason_busy);
}

void
publisher_drained(struct publisher *publisher, struct peer *peer)
{
	if (peer->subscribed && !peer->live && peer->page == NULL)
		publisher_ask_page(publisher, peer);
}

void
publisher_forget(struct peer *peer)
{
	if (peer->page != NULL)
		peer->page->peer = NULL;
	peer->page = NULL;
}

/* ---- subscribing ----------------------------------------------------- */

static void
publisher_accept(struct publisher_request *request, struct peer *peer, const json_t *answer)
{
	struct publisher *publisher = request->publisher;
	bool gap = request->after >= 0 && (answer == NULL || publisher_gap(answer, request->after));
	json_t *last = json_object_get(answer, "last");
	json_t *reply = json_pack("{s:b, s:O*, s:o}", "ok", 1, "last", last, "state",
	    publisher->source->state(publisher->arg));

	if (gap)
		json_object_set_new(reply, "gap", json_true());
	call_reply(request->call, reply);
	if (request->pulse >= 0)
		peer->pulse = request->pulse != 0;
	if (peer->pulse && !event_pending(publisher->pulse_due, EV_TIMEOUT, NULL))
		timer_start(publisher->pulse_due, PULSE_MS * CLOCK_MS);
	if (request->after < 0 && peer->subscribed)
		return; /* only the pulse was changed */
	publisher_forget(peer);
	peer->subscribed = true;
	peer->live = true;
	if (request->after < 0 || gap)
		return;
	peer->replayed = request->after;
	publisher_send_page(peer, answer);
}

static void
publisher_subscribed(void *arg, struct store_job *job)
{
	struct publisher_request *request = arg;
	struct peer *peer = call_peer(request->call);

	/* If the store is not open, accept: new events have no numbers, so none is missed.
	 * If it only failed this time, the peer may ask again. */
	if (peer != NULL && (job->result == STORE_OK || job->closed)) {
		publisher_accept(request, peer, job->answer);
	} else {
		call_refuse_why(request->call, &job->why);
		if (peer != NULL)
			peer_refuse(peer, &reason_no_past);
	}
	free(request);
}

void
publisher_subscribe(struct publisher *publisher, struct call *call, int64_t after, int pulse)
{
	struct publisher_request *request = calloc(1, sizeof *request);
	struct store_job *job = request != NULL
	    ? store_job_new(STORE_JOB_EVENTS, publisher_subscribed, request)
	    : NULL;

	if (job != NULL) {
		*request = (struct publisher_request){
			.publisher = publisher, .call = call, .after = after, .pulse = pulse
		};
		job->query = (struct store_query){ .after = after,
			.limit = after >= 0 ? PAGE_EVENTS : 1,
			.most_bytes = PAGE_BYTES };
		if (store_worker_submit(publisher->store_worker, job))
			return;
	}
	store_job_free(&job);
	free(request);
	call_refuse(call, &reason_busy);
}

/* ---- life ------------------------------------------------------------ */

struct publisher *
publisher_new(struct event_base *base, struct control_server *peers,
    struct store_worker *store_worker, const struct publisher_source *source, void *arg)
{
	struct publisher *publisher = calloc(1, sizeof *publisher);

	if (publisher == NULL)
		return NULL;
	publisher->peers = peers;
	publisher->store_worker = store_worker;
	publisher->source = source;
	publisher->arg = arg;
	publisher->state_due = evtimer_new(base, publisher_state_due, publisher);
	publisher->pulse_due = evtimer_new(base, publisher_pulse_due, publisher);
	if (publisher->state_due == NULL || publisher->pulse_due == NULL)
		publisher_free(&publisher);
	return publisher;
}

void
publisher_free(struct publisher **publisher)
{
	struct publisher *gone = *publisher;

	if (gone == NULL)
		return;
	if (gone->state_due != NULL)
		event_free(gone->state_due);
	if (gone->pulse_due != NULL)
		event_free(gone->pulse_due);
	free(gone);
	*publisher = NULL;
}
