/* SPDX-License-Identifier: ISC */
/* store_worker: the store thread. Jobs go in through two bounded queues, for changes and for
 * questions. They come back done through a third queue, whose descriptor is in the loop.
 *
 * The thread takes all waiting changes in their order and does them in one transaction. Each has
 * a savepoint, so one that fails does not undo the others. It answers after the commit: then the
 * changes are on disk. Next it answers a few questions, and looks for changes again. So questions
 * never delay changes for long, and a question sees all changes that were given before it. Answers
 * come in the order of the events' numbers: a page of events, followed by the events of later
 * answers, has no gap and no overlap. */
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
	STORE_WORKER_QUESTIONS = 512,  /* the same for questions */
	STORE_WORKER_PICTURES = 16,    /* changes with a picture, of those */
	STORE_WORKER_BYTES = 24 << 20, /* of all these pictures; a single one may have more */
};

/* Start the thread for the state folder of one camera. NULL for lack of resources. */
struct store_worker *store_worker_new(
    struct event_base *base, const char *folder, struct cause *why);

/* Let it finish all jobs, end the thread, and hand out the last answers. Clears *worker. */
void store_worker_free(struct store_worker **worker);

/* Hand the job over. False: too many wait; this is counted, and the job stays the caller's. */
bool store_worker_submit(struct store_worker *worker, struct store_job *job);

/* As of the newest answer. `trouble`: why storing fails; empty when it does not. `refused`: jobs
 * that store_worker_submit() did not take. */
struct store_worker_status {
	uint64_t pictures, bytes, refused;
	struct store_pinned pinned;
	struct store_deleted deleted;
	struct cause trouble;
	struct store_repaired repaired;
};
void store_worker_status(struct store_worker *worker, struct store_worker_status *status);

#endif
