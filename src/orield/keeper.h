/* SPDX-License-Identifier: ISC */
/* keeper: the store thread. Jobs go in through two bounded queues, changes and
 * questions, and come back done through another whose descriptor is in the loop.
 *
 * It takes all the changes that wait, in their order, does them in one transaction (a
 * savepoint each: one that fails leaves the others), commits, and only then answers: what
 * a job says is on disk. Then it answers a few questions, and looks for changes again: who
 * asks keeps nobody waiting who changes something, and sees all that was given before. The order of the answers is the order in
 * which the events became numbered, so who hands on a page of events and then the events
 * of later answers has neither gap nor overlap. */
#ifndef ORIEL_ORIELD_KEEPER_H
#define ORIEL_ORIELD_KEEPER_H

#include <event2/event.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cause.h"
#include "store/store.h"

struct keeper;
struct job;

enum {
	KEEPER_JOBS = 512,	 /* changes waiting or not yet answered */
	KEEPER_QUESTIONS = 512,	 /* and questions */
	KEEPER_PICTURES = 16,	 /* of them, such as hold a picture */
	KEEPER_BYTES = 24 << 20, /* of all those pictures; one alone may have more */
};

enum job_kind {
	JOB_OPEN,     /* open the store, if it is not open; answer: {name: text} */
	JOB_MOTION,   /* data, jpeg (NULL: save none), wall_ns, limits */
	JOB_SNAPSHOT, /* jpeg, wall_ns, limits */
	JOB_CAMERA,   /* data, wall_ns */
	JOB_SET,      /* data: {name: text} */
	JOB_RESET,
	JOB_COUNTERS, /* frames */
	JOB_EVENTS,   /* query */
	JOB_PICTURES, /* query */
	JOB_DELETE,   /* name */
	JOB_LOOK,     /* for damage, in all of the database: store_look() */
	JOB_KINDS
};

typedef void job_done_fn(void *arg, struct job *job);

struct job { /* made by job_new, freed by the keeper after `done` */
	enum job_kind kind;
	job_done_fn *done; /* called in the loop, once; may be NULL */
	void *arg;

	json_t *data;	     /* owned */
	unsigned char *jpeg; /* owned, of `length` bytes */
	uint32_t length;
	uint64_t wall_ns, frames;
	struct store_limits limits;
	struct store_query query;
	char type[16], name[STORE_NAME_SIZE];
	uint64_t behind; /* a question: so many changes were given before; the keeper's */

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
struct job *job_new(enum job_kind kind, job_done_fn *done, void *arg);
void job_free(struct job **job);

/* Start the thread for the state folder of one camera. NULL for lack of resources. */
struct keeper *keeper_new(struct event_base *base, const char *folder, struct cause *why);

/* Let it finish what it was given, end the thread, hand out the last answers. Clears *keeper. */
void keeper_free(struct keeper **keeper);

/* Hand the job over. False when too many wait: counted, and the job stays the caller's. */
bool keeper_submit(struct keeper *keeper, struct job *job);
uint64_t keeper_refused(const struct keeper *keeper);

/* As of the newest answer: saved pictures, why storing fails ("" when it does not), and the newest repair. */
struct keeper_status {
	uint64_t pictures, bytes;
	char trouble[256];
	struct store_repaired repaired;
};
void keeper_status(struct keeper *keeper, struct keeper_status *status);

#endif
