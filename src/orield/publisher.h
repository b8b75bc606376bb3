/* SPDX-License-Identifier: ISC */
/* publisher: the lines that go to subscribers without having been asked for.
 *
 * A numbered event goes out once it is on disk. Who subscribes with `after`
 * first gets the past in pages, each when the one before has been taken, and is
 * live from the page that holds the newest event on: pages and new events come
 * out of the store worker in one order, so nothing is missing and nothing comes twice. */
#ifndef ORIEL_ORIELD_PUBLISHER_H
#define ORIEL_ORIELD_PUBLISHER_H

#include <event2/event.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "protocol/events.h"
#include "orield/control_server.h"
#include "orield/store_worker.h"

/* The data of a `state` and of a `pulse` line, as it is now. A new reference each. */
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

/* For the peers of `peers`; the past comes from the store worker. NULL when out of memory. */
struct publisher *publisher_new(struct event_base *base, struct control_server *peers,
    struct store_worker *store_worker, const struct publisher_source *source, void *arg);

/* The store worker must have answered all. Clears *publisher. */
void publisher_free(struct publisher **publisher);

/* Publish lines ({"event", "id", "data"}), as the store worker's answers have them. */
void publisher_publish(struct publisher *publisher, const json_t *lines);

/* One line without a number; steals `data`. */
void publisher_say(struct publisher *publisher, enum event_id event, json_t *data);

/* All subscribers come back with the number they have: when they may have missed one. */
void publisher_hang_up(struct publisher *publisher, const struct reason *reason);

/* A new ring: to those who asked to attach, subscribed or not. */
void publisher_ring(struct publisher *publisher, uint64_t generation);

/* Somebody asks to record: steals `data`. False when nobody is there who does. */
bool publisher_record(struct publisher *publisher, json_t *data);

/* Settings, counters or the camera changed: a `state` line at the end of this
 * turn, but no more than 20 a second. */
void publisher_state(struct publisher *publisher);

/* Answer `subscribe`: after -1 = not given; pulse -1 = not given, else 0 or 1. */
void publisher_subscribe(struct publisher *publisher, struct call *call, int64_t after, int pulse);

/* Its output was taken: the next page, if there is one to come. */
void publisher_drained(struct publisher *publisher, struct peer *peer);
void publisher_forget(struct peer *peer);

/* Do events behind `after` miss in a log that goes from first to last? */
bool publisher_gap(const json_t *answer, int64_t after);

#endif
