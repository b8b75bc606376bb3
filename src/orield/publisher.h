/* SPDX-License-Identifier: ISC */
/* publisher: the lines that subscribers get without a command for each.
 *
 * A numbered event goes out when it is on disk. A subscriber with `after` first gets the
 * past events in pages: the next one when the last was taken. After the page with the
 * newest event it is live. The store worker gives pages and new events in one order, so
 * no event is missing and none comes twice. */
#ifndef ORIEL_ORIELD_PUBLISHER_H
#define ORIEL_ORIELD_PUBLISHER_H

#include <event2/event.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "protocol/events.h"
#include "orield/control_server.h"
#include "orield/store_worker.h"

/* The current data of a `state` and of a `pulse` line. Both return a new reference. */
struct publisher_source {
	json_t *(*state)(void *arg);
	json_t *(*pulse)(void *arg);
};

struct publisher {
	struct control_server *peers;	       /* borrowed */
	struct store_worker *store_worker;     /* borrowed */
	const struct publisher_source *source; /* borrowed */
	void *arg;
	struct event *state_due, *pulse_due;
	uint64_t state_said_ns; /* when the newest state line went out */
};

/* For the peers of `peers`; past events come from the store worker. NULL when out of memory. */
struct publisher *publisher_new(struct event_base *base, struct control_server *peers,
    struct store_worker *store_worker, const struct publisher_source *source, void *arg);

/* The store worker must have answered all jobs. Clears *publisher. */
void publisher_free(struct publisher **publisher);

/* Send lines ({"event", "id", "data"}) from an answer of the store worker. */
void publisher_publish(struct publisher *publisher, const json_t *lines);

/* Send one line without a number; steals `data`. */
void publisher_say(struct publisher *publisher, enum event_id event, json_t *data);

/* Disconnect all subscribers, since they may have missed an event. They come back with their last
 * number. */
void publisher_hang_up(struct publisher *publisher, const struct reason *reason);

/* There is a new ring: tell all peers that asked to attach, subscribed or not. */
void publisher_ring(struct publisher *publisher, uint64_t generation);

/* Send a request to record; steals `data`. False: no recorder is connected. */
bool publisher_record(struct publisher *publisher, json_t *data);

/* Settings, counters or the camera changed: send a `state` line at the end of this turn of
 * the loop, at most 20 a second. */
void publisher_state(struct publisher *publisher);

/* Answer `subscribe`: after -1 = not given; pulse -1 = not given, else 0 or 1. */
void publisher_subscribe(struct publisher *publisher, struct call *call, int64_t after, int pulse);

/* The peer's output was sent: send the next page, if there is one. */
void publisher_drained(struct publisher *publisher, struct peer *peer);
void publisher_forget(struct peer *peer);

/* Are events behind `after` missing? The answer's log goes from `first` to `last`. */
bool publisher_gap(const json_t *answer, int64_t after);

#endif
