/* SPDX-License-Identifier: ISC */
#include "orield/publisher.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/vocabulary.h"
#include "orield/status.h"

enum { PAGE_EVENTS = 256, PAGE_BYTES = 1 << 18, STATE_PAUSE_MS = 50, PULSE_MS = 1000 };

/* A page of the past that a peer waits for. */
struct publisher_page {
	struct peer *peer; /* NULL once it has gone */
};

/* A subscription on its way through the store. */
struct publisher_request {
	struct orield *orield;
	struct call *call;
	int64_t after;
	int pulse;
};

static struct timeval
publisher_ms(uint64_t ms)
{
	return (struct timeval){ .tv_sec = (time_t)(ms / 1000),
		.tv_usec = (suseconds_t)(ms % 1000 * 1000) };
}

/* ---- publishing ---------------------------------------------------------------------- */

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

void
publisher_hang_up(struct orield *orield, const char *why)
{
	for (struct peer *peer = control_server_first(orield->control); peer != NULL;
	     peer = control_server_next(peer))
		if (peer->subscribed)
			peer_refuse(peer, why);
}

static void
publisher_line(struct orield *orield, const json_t *line, bool (*wants)(const struct peer *peer))
{
	char *text = json_line(line);

	if (text == NULL) {
		log_error("publisher", "out of memory for an event; who listens has to ask again");
		publisher_hang_up(orield, "out of memory");
		return;
	}
	for (struct peer *peer = control_server_first(orield->control); peer != NULL;
	     peer = control_server_next(peer))
		if (wants(peer))
			peer_send(peer, text, strlen(text));
	free(text);
}

/* Steals `data`. */
static void
publisher_unnumbered(
    struct orield *orield, const char *event, json_t *data, bool (*wants)(const struct peer *peer))
{
	json_t *line = json_pack("{ss so}", "event", event, "data", data);

	publisher_line(orield, line, wants);
	json_decref(line);
}

void
publisher_publish(struct orield *orield, const json_t *lines)
{
	size_t index;
	json_t *line;

	json_array_foreach(lines, index, line) publisher_line(
	    orield, line, json_object_get(line, "id") != NULL ? wants_numbered : wants_now);
}

void
publisher_say(struct orield *orield, const char *event, json_t *data)
{
	publisher_unnumbered(orield, event, data, wants_now);
}

void
publisher_ring(struct orield *orield, uint64_t generation)
{
	publisher_unnumbered(
	    orield, "ring", json_pack("{sI}", "generation", (json_int_t)generation), wants_ring);
}

static void
publisher_state_due(evutil_socket_t fd, short what, void *arg)
{
	struct orield *orield = arg;

	(void)fd, (void)what;
	orield->state_said_ns = clock_mono_ns();
	publisher_say(orield, EVENT_STATE, status_state(orield));
}

void
publisher_state(struct orield *orield)
{
	uint64_t passed = (clock_mono_ns() - orield->state_said_ns) / CLOCK_MS;
	struct timeval wait = publisher_ms(passed < STATE_PAUSE_MS ? STATE_PAUSE_MS - passed : 0);

	if (!event_pending(orield->state_due, EV_TIMEOUT, NULL))
		event_add(orield->state_due, &wait);
}

/* Runs only while somebody wants it. */
static void
publisher_pulse_due(evutil_socket_t fd, short what, void *arg)
{
	struct orield *orield = arg;
	struct timeval second = publisher_ms(PULSE_MS);
	json_t *line;
	char *text = NULL;

	(void)fd, (void)what;
	for (struct peer *peer = control_server_first(orield->control); peer != NULL;
	     peer = control_server_next(peer)) {
		if (!peer->subscribed || !peer->pulse)
			continue;
		if (text == NULL) {
			line = json_pack(
			    "{ss so}", "event", EVENT_PULSE, "data", status_pulse(orield));
			text = json_line(line);
			json_decref(line);
			if (text == NULL)
				return;
			event_add(orield->pulse_due, &second);
		}
		peer_send(peer, text, strlen(text));
	}
	free(text);
}

/* ---- the past --------------------------------------------------------------------------- */

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

	json_array_foreach(events, index, event)
	{
		json_t *line = json_pack("{sO sO sO}", "event", json_object_get(event, "type"),
		    "id", json_object_get(event, "id"), "data", json_object_get(event, "data"));
		char *text = json_line(line);

		json_decref(line);
		if (text == NULL) {
			peer_refuse(peer, "out of memory");
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
	/* It comes back with the number it has, and is told then. */
	if (job->result != STORE_OK || publisher_gap(job->answer, peer->replayed))
		peer_refuse(peer, "events of the past cannot be read");
	else
		publisher_send_page(peer, job->answer);
}

static void
publisher_ask_page(struct orield *orield, struct peer *peer)
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
		if (store_worker_submit(orield->store_worker, job)) {
			peer->page = page;
			return;
		}
	}
	store_job_free(&job);
	free(page);
	peer_refuse(peer, "busy");
}

void
publisher_drained(struct orield *orield, struct peer *peer)
{
	if (peer->subscribed && !peer->live && peer->page == NULL && !orield->stopping)
		publisher_ask_page(orield, peer);
}

void
publisher_forget(struct peer *peer)
{
	if (peer->page != NULL)
		peer->page->peer = NULL;
	peer->page = NULL;
}

/* ---- subscribing --------------------------------------------------------------------------- */

static void
publisher_accept(struct publisher_request *request, struct peer *peer, const json_t *answer)
{
	struct orield *orield = request->orield;
	bool gap = request->after >= 0 && (answer == NULL || publisher_gap(answer, request->after));
	json_t *last = json_object_get(answer, "last");
	json_t *reply = json_pack(
	    "{sb sO* so}", "ok", 1, "last", last, "state", status_state(orield));
	struct timeval second = publisher_ms(PULSE_MS);

	if (gap)
		json_object_set_new(reply, "gap", json_true());
	call_reply(request->call, reply);
	if (request->pulse >= 0)
		peer->pulse = request->pulse != 0;
	if (peer->pulse && !event_pending(orield->pulse_due, EV_TIMEOUT, NULL))
		event_add(orield->pulse_due, &second);
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

	/* A store that is not open is no reason not to hear what happens now: nothing
	 * gets a number until it is. One that fails for once may be asked again. */
	if (peer != NULL && (job->result == STORE_OK || job->closed)) {
		publisher_accept(request, peer, job->answer);
	} else {
		call_refuse(request->call, job->why.text);
		if (peer != NULL)
			peer_refuse(peer, "events of the past cannot be read");
	}
	free(request);
}

void
publisher_subscribe(struct orield *orield, struct call *call, int64_t after, int pulse)
{
	struct publisher_request *request = calloc(1, sizeof *request);
	struct store_job *job = request != NULL
	    ? store_job_new(STORE_JOB_EVENTS, publisher_subscribed, request)
	    : NULL;

	if (job != NULL) {
		*request = (struct publisher_request){
			.orield = orield, .call = call, .after = after, .pulse = pulse
		};
		job->query = (struct store_query){ .after = after,
			.limit = after >= 0 ? PAGE_EVENTS : 1,
			.most_bytes = PAGE_BYTES };
		if (store_worker_submit(orield->store_worker, job))
			return;
	}
	store_job_free(&job);
	free(request);
	call_refuse(call, "busy");
}

/* ---- life -------------------------------------------------------------------------------------- */

int
publisher_init(struct orield *orield)
{
	orield->state_due = evtimer_new(orield->base, publisher_state_due, orield);
	orield->pulse_due = evtimer_new(orield->base, publisher_pulse_due, orield);
	return orield->state_due != NULL && orield->pulse_due != NULL ? 0 : -1;
}

void
publisher_deinit(struct orield *orield)
{
	if (orield->state_due != NULL)
		event_free(orield->state_due);
	if (orield->pulse_due != NULL)
		event_free(orield->pulse_due);
	orield->state_due = orield->pulse_due = NULL;
}
