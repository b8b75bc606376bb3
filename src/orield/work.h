/* SPDX-License-Identifier: ISC */
/* work: what the store thread does for each kind of job. */
#ifndef ORIEL_ORIELD_WORK_H
#define ORIEL_ORIELD_WORK_H

#include "orield/keeper.h"

struct work { /* the store thread's own */
	const char *folder;
	struct store *store; /* NULL while it cannot be opened: `closed` says why */
	struct cause closed;
	uint64_t triggers;    /* trigger_count; what was not stored is stored later */
	uint64_t frames;      /* frame_count as found in the store */
	struct cause unsaved; /* why the newest picture could not be saved, "" if it was */
	json_t *values; /* {name: text} as stored: a damaged database may not give all of them */
	uint64_t repaired_ns; /* CLOCK_MONOTONIC, 0: never */
	struct store_repaired repaired;
};

/* Does this kind change what is stored? */
bool work_writes(enum job_kind kind);

/* Do the job; its result and answers are in it, to be trusted after the commit. */
void work_run(struct work *work, struct job *job);

/* What the job has changed is on disk. */
void work_settle(struct work *work, const struct job *job);

/* If the store is damaged, or its files were removed or replaced: make it good again. True: then
 * what failed is worth another try. When it cannot be, or was just before, the store is closed, and JOB_OPEN tries
 * again. */
bool work_repair(struct work *work);

/* Take back what work_fail() did, to run the job once more. */
void work_forget_failure(struct work *work, struct job *job);

/* The commit failed (or nothing could begin): say so, and publish its event
 * without a number. A job that only reads must not be given. */
void work_fail(struct work *work, struct job *job, int result, const struct cause *why);

#endif
