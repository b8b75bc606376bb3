/* SPDX-License-Identifier: ISC */
/* The store's jobs for clips. */
#include <stdio.h>

#include "base/clock.h"
#include "orield/store_jobs_internal.h"

int
store_jobs_run_clip_open(struct store_jobs *jobs, struct store_job *job)
{
	char wanted[STORE_NAME_SIZE];

	snprintf(wanted, sizeof wanted, "%s", job->name);
	return store_open_clip(
	    jobs->store, wanted, &job->limits, job->name, &job->fds[0], &job->why);
}

int
store_jobs_run_clip_movie(struct store_jobs *jobs, struct store_job *job)
{
	return store_open_movie(jobs->store, job->name, job->fds, &job->why);
}

/* The data of event `clip`. A new reference. */
static json_t *
clip_event(const struct store_job *job, const struct store_clip *clip)
{
	json_t *data = json_copy(job->data);
	char text[STORE_NAME_SIZE + 8];

	json_object_set_new(data, "ts", json_real(clock_seconds(job->wall_ns)));
	json_object_set_new(data, "name", json_string(clip->name));
	snprintf(text, sizeof text, "clips/%s", clip->name);
	json_object_set_new(data, "url", json_string(text));
	snprintf(text, sizeof text, "clips/%.54s.jpg", clip->stem);
	json_object_set_new(data, "poster", json_string(text));
	json_object_set_new(data, "bytes", json_integer((json_int_t)clip->bytes));
	return data;
}

/* The journal stays until the row is on disk: store_jobs_settle() removes it. */
int
store_jobs_run_clip_done(struct store_jobs *jobs, struct store_job *job)
{
	struct store_clip clip = {
		.matroska = job->matroska, .wall_ns = job->wall_ns, .data = job->data
	};
	json_t *data;
	int result;

	snprintf(clip.stem, sizeof clip.stem, "%s", job->name);
	result = store_add_clip(jobs->store, &clip, &job->limits, &job->why);
	if (result != STORE_OK)
		return result;
	data = clip_event(job, &clip);
	result = store_add_event(
	    jobs->store, event_name(EVENT_CLIP), job->wall_ns, data, &job->event, &job->why);
	if (result == STORE_OK)
		result = store_jobs_publish(job, EVENT_CLIP, job->event, data);
	json_decref(data);
	return result;
}

int
store_jobs_run_clip_drop(struct store_jobs *jobs, struct store_job *job)
{
	return store_drop_clip(jobs->store, job->name, &job->why);
}

int
store_jobs_run_clips_left(struct store_jobs *jobs, struct store_job *job)
{
	return store_clips_left(jobs->store, &job->answer, &job->why);
}

int
store_jobs_run_clips(struct store_jobs *jobs, struct store_job *job)
{
	return store_clips(jobs->store, &job->query, &job->answer, &job->why);
}

int
store_jobs_run_clip_delete(struct store_jobs *jobs, struct store_job *job)
{
	int result = store_delete_clip(jobs->store, job->name, &job->why);
	json_t *data;

	if (result != STORE_OK)
		return result;
	data = json_pack("{s:s}", "name", job->name);
	result = store_jobs_publish(job, EVENT_DELETED, 0, data);
	json_decref(data);
	return result;
}

int
store_jobs_run_keep(struct store_jobs *jobs, struct store_job *job)
{
	return store_keep(jobs->store, job->name, job->keep, &job->why);
}

int
store_jobs_run_expire(struct store_jobs *jobs, struct store_job *job)
{
	unsigned count;
	int result = store_expire(jobs->store, &job->limits, &count, &job->why);

	job->count = count;
	return result;
}
