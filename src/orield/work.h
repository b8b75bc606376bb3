/* SPDX-License-Identifier: ISC */
/* work: what the store thread does for each kind of job. */
#ifndef ORIEL_ORIELD_WORK_H
#define ORIEL_ORIELD_WORK_H

#include "orield/keeper.h"

struct work {				/* the store thread's own */
	const char *folder;
	struct store *store;		/* NULL while it cannot be opened: `closed` says why */
	struct cause closed;
	uint64_t triggers;		/* trigger_count; what was not stored is stored later */
	uint64_t frames;		/* frame_count as found in the store */
	struct cause unsaved;		/* why the newest picture could not be saved, "" if it was */
};

/* Does this kind change what is stored? */
bool work_writes(enum job_kind kind);

/* Do the job; its result and answers are in it, to be trusted after the commit. */
void work_run(struct work *work, struct job *job);

/* The commit failed (or nothing could begin): say so, and publish its event
 * without a number. A job that only reads must not be given. */
void work_fail(struct work *work, struct job *job, int result, const struct cause *why);

#endif
