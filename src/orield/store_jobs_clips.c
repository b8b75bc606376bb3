/* SPDX-License-Identifier: ISC */
/* The store's jobs for clips. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
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

/* Where it and its poster are, by its name: STEM.mp4 or STEM.mkv. */
static void
clip_add_urls(json_t *clip, const char *name)
{
	char url[STORE_NAME_SIZE + 16];

	snprintf(url, sizeof url, "clips/%s", name);
	json_object_set_new(clip, "url", json_string(url));
	snprintf(url, sizeof url, "clips/%.*s.jpg", (int)strcspn(name, "."), name);
	json_object_set_new(clip, "poster", json_string(url));
}

/* The data of event `clip`. A new reference. */
static json_t *
clip_event(const struct store_job *job, const struct store_clip *clip)
{
	json_t *data = json_copy(job->data);

	json_object_set_new(data, "ts", json_real(clock_seconds(job->wall_ns)));
	json_object_set_new(data, "name", json_string(clip->name));
	clip_add_urls(data, clip->name);
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
	int result = store_clips(jobs->store, &job->query, &job->answer, &job->why);
	size_t index;
	json_t *clip;

	if (result == STORE_OK)
		json_array_foreach(json_object_get(job->answer, "clips"), index, clip)
			clip_add_urls(clip, json_get_text(clip, "name"));
	return result;
}

int
store_jobs_run_clip_delete(struct store_jobs *jobs, struct store_job *job)
{
	int result = store_delete_clip(jobs->store, job->name, &job->why);

	return result == STORE_OK ? store_jobs_publish_deleted(job) : result;
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
