/* SPDX-License-Identifier: ISC */
/* store_worker: the store thread. Jobs go in through two bounded queues, changes and
 * questions, and come back done through another whose descriptor is in the loop.
 *
 * It takes all the changes that wait, in their order, does them in one transaction (a
 * savepoint each: one that fails leaves the others), commits, and only then answers: what
 * a job says is on disk. Then it answers a few questions, and looks for changes again: who
 * asks keeps nobody waiting who changes something, and sees all that was given before. The order of the answers is the order in
 * which the events became numbered, so who hands on a page of events and then the events
 * of later answers has neither gap nor overlap. */
#ifndef ORIEL_ORIELD_STORE_WORKER_H
#define ORIEL_ORIELD_STORE_WORKER_H

#include <event2/event.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cause.h"
#include "store/store.h"

struct store_worker;
struct store_job;

enum {
	STORE_WORKER_JOBS = 512,       /* changes waiting or not yet answered */
	STORE_WORKER_QUESTIONS = 512,  /* and questions */
	STORE_WORKER_PICTURES = 16,    /* of them, such as hold a picture */
	STORE_WORKER_BYTES = 24 << 20, /* of all those pictures; one alone may have more */
};

enum store_job_kind {
	STORE_JOB_OPEN,	    /* open the store, if it is not open; answer: {name: text} */
	STORE_JOB_MOTION,   /* data, jpeg (NULL: save none), wall_ns, limits */
	STORE_JOB_SNAPSHOT, /* jpeg, wall_ns, limits */
	STORE_JOB_CAMERA,   /* data, wall_ns */
	STORE_JOB_SET,	    /* data: {name: text} */
	STORE_JOB_RESET,
	STORE_JOB_COUNTERS, /* frames */
	STORE_JOB_EVENTS,   /* query */
	STORE_JOB_PICTURES, /* query */
	STORE_JOB_DELETE,   /* name */
	STORE_JOB_LOOK,	    /* for damage, in all of the database: store_look() */
	STORE_JOB_KINDS
};

typedef void store_job_done_fn(void *arg, struct store_job *job);

struct store_job { /* made by store_job_new, freed by the store worker after `done` */
	enum store_job_kind kind;
	store_job_done_fn *done; /* called in the loop, once; may be NULL */
	void *arg;

	json_t *data;	     /* owned */
	unsigned char *jpeg; /* owned, of `length` bytes */
	uint32_t length;
	uint64_t wall_ns, frames;
	struct store_limits limits;
	struct store_query query;
	char type[16], name[STORE_NAME_SIZE];
	uint64_t behind; /* a question: so many changes were given before; the store worker's */

	int result;  /* STORE_… */
	bool closed; /* it failed because the store is not open */
	struct cause why;
	json_t *answer; /* owned: what was asked for */
	json_t *events; /* owned: the lines to publish now, in their order */
	struct store_picture saved;
	int64_t event;	   /* number of the saved picture's event */
	uint64_t triggers; /* trigger_count after this job */
};

/* NULL when out of memory. */
struct store_job *store_job_new(enum store_job_kind kind, store_job_done_fn *done, void *arg);
void store_job_free(struct store_job **job);

/* Start the thread for the state folder of one camera. NULL for lack of resources. */
struct store_worker *store_worker_new(
    struct event_base *base, const char *folder, struct cause *why);

/* Let it finish what it was given, end the thread, hand out the last answers. Clears *worker. */
void store_worker_free(struct store_worker **worker);

/* Hand the job over. False when too many wait: counted, and the job stays the caller's. */
bool store_worker_submit(struct store_worker *worker, struct store_job *job);
uint64_t store_worker_refused(const struct store_worker *worker);

/* As of the newest answer: saved pictures, why storing fails ("" when it does not), and the newest repair. */
struct store_worker_status {
	uint64_t pictures, bytes;
	char trouble[256];
	struct store_repaired repaired;
};
void store_worker_status(struct store_worker *worker, struct store_worker_status *status);

#endif
