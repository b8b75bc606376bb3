/* SPDX-License-Identifier: ISC */
#include "orield/store_job.h"

#include <stdlib.h>
#include <unistd.h>

#include "protocol/reasons.h"

struct store_job *
store_job_new(enum store_job_kind kind, store_job_done *done, void *arg)
{
	struct store_job *job = calloc(1, sizeof *job);

	if (job == NULL)
		return NULL;
	job->kind = kind;
	job->done = done;
	job->arg = arg;
	job->event_type = kind == STORE_JOB_MOTION ? EVENT_MOTION
	    : kind == STORE_JOB_MOTION_END	   ? EVENT_MOTION_END
						   : EVENT_COUNT;
	job->query.after = -1;
	job->query.limit = 1;
	job->fds[0] = job->fds[1] = job->fds[2] = -1;
	return job;
}

void
store_job_free(struct store_job **job)
{
	if (*job == NULL)
		return;
	json_decref((*job)->data);
	json_decref((*job)->answer);
	json_decref((*job)->events);
	free((*job)->jpeg);
	for (int i = 0; i < 3; i++)
		if ((*job)->fds[i] != -1)
			close((*job)->fds[i]);
	free(*job);
	*job = NULL;
}

bool
store_job_asks(const struct store_job *job)
{
	return job->kind == STORE_JOB_EVENTS || job->kind == STORE_JOB_PICTURES ||
	    job->kind == STORE_JOB_CLIPS || job->kind == STORE_JOB_CLIPS_LEFT ||
	    job->kind == STORE_JOB_READ;
}

const struct reason *
store_job_reason(int result)
{
	switch (result) {
	case STORE_FULL: return &reason_disk_full;
	case STORE_MISSING: return &reason_no_such_picture;
	case STORE_DAMAGED: return &reason_store_damaged;
	}
	return &reason_store_failed;
}
