/* SPDX-License-Identifier: ISC */
/* store_jobs: what the store thread does for each kind of job. */
#ifndef ORIEL_ORIELD_STORE_JOBS_H
#define ORIEL_ORIELD_STORE_JOBS_H

#include "orield/store_job.h"

struct store_jobs { /* the store thread's own */
	const char *folder;
	struct store *store; /* NULL while it cannot be opened: `closed` says why */
	struct cause closed;
	uint64_t triggers; /* trigger_count; what was not stored is stored later */
	struct motion_log motion;
	uint64_t frames;      /* frame_count as found in the store */
	struct cause unsaved; /* why the newest picture could not be saved, "" if it was */
	json_t *values; /* {name: text} as stored: a damaged database may not give all of them */
	uint64_t repaired_ns; /* CLOCK_MONOTONIC, 0: never */
	struct store_repaired repaired;
};

/* Does this kind change what is stored? */
bool store_jobs_writes(enum store_job_kind kind);

/* Do the job; its result and answers are in it, to be trusted after the commit. */
void store_jobs_run(struct store_jobs *jobs, struct store_job *job);

/* What the job has changed is on disk. */
void store_jobs_settle(struct store_jobs *jobs, const struct store_job *job);

/* If the store is damaged, or its files were removed or replaced: make it good again. True: then
 * what failed is worth another try. When it cannot be, or was just before, the store is closed, and
 * STORE_JOB_OPEN tries again. */
bool store_jobs_repair(struct store_jobs *jobs);

/* Take back what store_jobs_fail() did, to run the job once more. */
void store_jobs_forget_failure(struct store_jobs *jobs, struct store_job *job);

/* The commit failed (or nothing could begin): say so, and publish its event
 * without a number. A job that only reads must not be given. */
void store_jobs_fail(
    struct store_jobs *jobs, struct store_job *job, int result, const struct cause *why);

#endif
