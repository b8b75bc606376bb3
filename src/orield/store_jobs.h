/* SPDX-License-Identifier: ISC */
/* store_jobs: what the store thread does for each kind of job. */
#ifndef ORIEL_ORIELD_STORE_JOBS_H
#define ORIEL_ORIELD_STORE_JOBS_H

#include "orield/store_job.h"

struct store_jobs { /* the store thread's own */
	const char *folder;
	struct store *store; /* NULL while it is not open: `closed` says why */
	struct cause closed;
	uint64_t triggers; /* trigger_count; perhaps not stored yet */
	struct motion_log motion;
	uint64_t frames;      /* frame_count as found in the store */
	struct cause unsaved; /* why the newest picture could not be saved, "" if it was */
	json_t *values;	      /* {name: text} as stored, in case the database is damaged */
	uint64_t repaired_ns; /* CLOCK_MONOTONIC, 0: never */
	struct store_repaired repaired;
};

/* Does this kind change what is stored? */
bool store_jobs_writes(enum store_job_kind kind);

/* Do the job. Its result and answers are in it; they are true only after the commit. */
void store_jobs_run(struct store_jobs *jobs, struct store_job *job);

/* The job's changes are on disk: do what had to wait for that. */
void store_jobs_settle(struct store_jobs *jobs, const struct store_job *job);

/* Repair the store if it is damaged, or if its files were removed or replaced. True: repaired, so
 * failed jobs are worth another try. If it cannot be repaired, or was repaired just before, the
 * store is closed, and STORE_JOB_OPEN tries again. */
bool store_jobs_repair(struct store_jobs *jobs);

/* Undo store_jobs_fail(), to run the job again. */
void store_jobs_forget_failure(struct store_jobs *jobs, struct store_job *job);

/* The transaction could not begin or commit: set the job's result, and have its event sent
 * without a number. Not for jobs that only read. */
void store_jobs_fail(
    struct store_jobs *jobs, struct store_job *job, int result, const struct cause *why);

#endif
