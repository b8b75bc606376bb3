/* SPDX-License-Identifier: ISC */
/* store_job: one job for the store, and its result. */
#ifndef ORIEL_ORIELD_STORE_JOB_H
#define ORIEL_ORIELD_STORE_JOB_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cause.h"
#include "orield/motion_log.h"
#include "protocol/events.h"
#include "store/store.h"

struct store_job;

enum store_job_kind {
	STORE_JOB_OPEN,	      /* open the store, if it is not open; answer: {name: text} */
	STORE_JOB_MOTION,     /* data, jpeg (NULL: save none), wall_ns, limits, figures */
	STORE_JOB_MOTION_END, /* data, wall_ns, figures */
	STORE_JOB_SNAPSHOT,   /* jpeg, wall_ns, limits */
	STORE_JOB_EVENT,      /* event_type, data, wall_ns */
	STORE_JOB_SET,	      /* data: {name: text} */
	STORE_JOB_RESET,
	STORE_JOB_ACK,	       /* count; seen: 0: there is no such event, see why */
	STORE_JOB_COUNTERS,    /* frames, and when a span is open: moving, figures */
	STORE_JOB_EVENTS,      /* query */
	STORE_JOB_PICTURES,    /* query */
	STORE_JOB_DELETE,      /* name */
	STORE_JOB_READ,	       /* url. Out: fds[0], or why there is none */
	STORE_JOB_CLIP_OPEN,   /* name: wanted; limits. Out: name, fds[0] */
	STORE_JOB_CLIP_MOVIE,  /* name. Out: fds */
	STORE_JOB_CLIP_DONE,   /* name, data, wall_ns, limits, matroska */
	STORE_JOB_CLIP_DROP,   /* name */
	STORE_JOB_CLIPS_LEFT,  /* answer: an array of names */
	STORE_JOB_CLIPS,       /* query */
	STORE_JOB_CLIP_DELETE, /* name */
	STORE_JOB_KEEP,	       /* name, keep */
	STORE_JOB_EXPIRE,      /* limits. Out: count: how many went */
	STORE_JOB_LOOK,	       /* for damage, in all of the database: store_look() */
	STORE_JOB_KINDS
};

typedef void store_job_done(void *arg, struct store_job *job);

struct store_job { /* made by store_job_new, freed by the store worker after `done` */
	enum store_job_kind kind;
	store_job_done *done; /* called in the loop, once; may be NULL */
	void *arg;

	/* The event to send, even if it could not be stored; EVENT_COUNT: none. */
	enum event_id event_type;
	json_t *data;	     /* owned */
	unsigned char *jpeg; /* owned, of `length` bytes */
	uint32_t length;
	uint64_t wall_ns, frames;
	int64_t count;
	bool moving, keep;
	struct motion_figures figures;
	struct store_limits limits;
	struct store_query query;
	char type[16], name[STORE_NAME_SIZE], url[STORE_URL_SIZE];
	uint64_t behind; /* of a question: changes given before it; set by the store worker */

	int result;  /* STORE_… */
	bool closed; /* it failed because the store is not open */
	struct cause why;
	json_t *answer; /* owned: the answer to a question */
	json_t *events; /* owned: the lines to send now, in order */
	struct store_picture saved;
	int fds[3];    /* owned; -1 where none */
	int64_t event; /* number of the saved picture's event */
	int64_t seen;
	bool matroska;
	uint64_t triggers; /* trigger_count after this job */
};

/* NULL when out of memory. */
struct store_job *store_job_new(enum store_job_kind kind, store_job_done *done, void *arg);
void store_job_free(struct store_job **job);

/* The reason for a result that is not STORE_OK, if the store gave no better one. */
const struct reason *store_job_reason(int result);

/* Is it a question? Questions change nothing. */
bool store_job_asks(const struct store_job *job);

#endif
