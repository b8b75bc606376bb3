/* SPDX-License-Identifier: ISC */
/* publisher: the lines that go to subscribers without having been asked for.
 *
 * A numbered event goes out once it is on disk. Who subscribes with `after`
 * first gets the past in pages, each when the one before has been taken, and is
 * live from the page that holds the newest event on: pages and new events come
 * out of the store worker in one order, so nothing is missing and nothing comes twice. */
#ifndef ORIEL_ORIELD_PUBLISHER_H
#define ORIEL_ORIELD_PUBLISHER_H

#include "orield/orield.h"

/* Publish lines ({"event", "id", "data"}), as the store worker's answers have them. */
void publisher_publish(struct orield *orield, const json_t *lines);

/* One line without a number; steals `data`. */
void publisher_say(struct orield *orield, const char *event, json_t *data);

/* All subscribers come back with the number they have: when they may have missed one. */
void publisher_hang_up(struct orield *orield, const char *why);

/* A new ring: to those who asked to attach, subscribed or not. */
void publisher_ring(struct orield *orield, uint64_t generation);

/* Settings, counters or the camera changed: a `state` line at the end of this
 * turn, but no more than 20 a second. */
void publisher_state(struct orield *orield);

/* Answer `subscribe`: after -1 = not given; pulse -1 = not given, else 0 or 1. */
void publisher_subscribe(struct orield *orield, struct call *call, int64_t after, int pulse);

/* Its output was taken: the next page, if there is one to come. */
void publisher_drained(struct orield *orield, struct peer *peer);
void publisher_forget(struct peer *peer);

/* Do events behind `after` miss in a log that goes from first to last? */
bool publisher_gap(const json_t *answer, int64_t after);

int publisher_init(struct orield *orield);
void publisher_deinit(struct orield *orield);

#endif
