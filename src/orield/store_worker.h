/* SPDX-License-Identifier: ISC */
/* store_worker: the store thread. Jobs go in through two bounded queues, changes and
 * questions, and come back done through another whose descriptor is in the loop.
 *
 * It takes all the changes that wait, in their order, does them in one transaction (a
 * savepoint each: one that fails leaves the others), commits, and only then answers: what
 * a job says is on disk. Then it answers a few questions, and looks for changes again: who
 * asks keeps nobody waiting who changes something, and sees all that was given before. The order of
 * the answers is the order in which the events became numbered, so who hands on a page of events
 * and then the events of later answers has neither gap nor overlap. */
#ifndef ORIEL_ORIELD_STORE_WORKER_H
#define ORIEL_ORIELD_STORE_WORKER_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cause.h"
#include "orield/store_job.h"
#include "store/store.h"

struct store_worker;

enum {
	STORE_WORKER_JOBS = 512,       /* changes waiting or not yet answered */
	STORE_WORKER_QUESTIONS = 512,  /* and questions */
	STORE_WORKER_PICTURES = 16,    /* of them, such as hold a picture */
	STORE_WORKER_BYTES = 24 << 20, /* of all those pictures; one alone may have more */
};

/* Start the thread for the state folder of one camera. NULL for lack of resources. */
struct store_worker *store_worker_new(
    struct event_base *base, const char *folder, struct cause *why);

/* Let it finish what it was given, end the thread, hand out the last answers. Clears *worker. */
void store_worker_free(struct store_worker **worker);

/* Hand the job over. False when too many wait: counted, and the job stays the caller's. */
bool store_worker_submit(struct store_worker *worker, struct store_job *job);

/* As of the newest answer: saved pictures, why storing fails (empty when it does not), and the
 * newest repair; and how many jobs were refused. */
struct store_worker_status {
	uint64_t pictures, bytes, refused;
	struct store_pinned pinned;
	struct store_deleted deleted;
	struct cause trouble;
	struct store_repaired repaired;
};
void store_worker_status(struct store_worker *worker, struct store_worker_status *status);

#endif
