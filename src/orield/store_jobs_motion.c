/* SPDX-License-Identifier: ISC */
/* Motion in the log: for each beginning with a number there is an end that names this number. */
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/json.h"
#include "orield/store_jobs_internal.h"

/* ---- ends ------------------------------------------------------------ */

/* Store the end of the span in the log, with the number of its beginning. */
static int
end_motion(struct store_jobs *jobs, struct store_job *job, uint64_t wall_ns, json_t *data)
{
	int64_t id;
	int result;

	json_object_set_new(data, "motion", json_integer(jobs->motion.motion));
	result = store_add_event(
	    jobs->store, event_name(EVENT_MOTION_END), wall_ns, data, &id, &job->why);
	if (result == STORE_OK)
		result = motion_log_ended(&jobs->motion, jobs->store, &job->why);
	return result == STORE_OK ? store_jobs_publish(job, EVENT_MOTION_END, id, data) : result;
}

int
store_jobs_end_owed(struct store_jobs *jobs, struct store_job *job)
{
	struct motion_log *log = &jobs->motion;
	json_t *data;
	int result;

	if (log->motion == 0 || !log->over)
		return STORE_OK;
	data = motion_log_data(&log->known, log->motion, log->cut);
	result = end_motion(jobs, job, log->known.wall_ns, data);
	json_decref(data);
	return result;
}

/* If the beginning has no number, its end is not stored either. */
int
store_jobs_motion_end(struct store_jobs *jobs, struct store_job *job)
{
	if (jobs->motion.motion != 0 && !jobs->motion.over)
		return end_motion(jobs, job, job->wall_ns, job->data);
	json_object_set_new(job->data, "stored", json_false());
	return store_jobs_publish(job, EVENT_MOTION_END, 0, job->data);
}

void
store_jobs_fail_motion_end(struct store_jobs *jobs, struct store_job *job)
{
	struct motion_log *log = &jobs->motion;

	if (log->motion != 0 && !log->over)
		json_object_set_new(job->data, "motion", json_integer(log->motion));
	else
		json_object_del(job->data, "motion");
	motion_log_owe(log, &job->figures);
}

/* If the end cannot be stored now, a later job stores it. */
void
store_jobs_open_motion(struct store_jobs *jobs, struct store_job *job)
{
	struct motion_log found;
	int result;

	motion_log_found(&found, json_get_text(jobs->values, MOTION_LOG_VALUE), clock_wall_ns());
	json_object_del(jobs->values, MOTION_LOG_VALUE);
	if (found.motion == 0 || found.motion != jobs->motion.motion)
		jobs->motion = found;
	found = jobs->motion;
	if (!found.over || store_begin(jobs->store, NULL) != STORE_OK)
		return;
	result = store_jobs_end_owed(jobs, job);
	if (result == STORE_OK)
		result = store_commit(jobs->store, NULL);
	else
		store_rollback(jobs->store);
	if (result == STORE_OK)
		return;
	jobs->motion = found;
	json_decref(job->events);
	job->events = NULL;
	cause_clear(&job->why);
}

/* ---- beginnings ------------------------------------------------------ */

/* Save the picture of a motion event. If that fails, the event stays. */
static int
save_motion(struct store_jobs *jobs, struct store_job *job, int64_t id)
{
	size_t told = json_array_size(job->events);
	char stem[STORE_NAME_SIZE];
	int result = store_begin(jobs->store, &job->why);

	if (result != STORE_OK)
		return result;
	snprintf(stem, sizeof stem, "motion-%" PRIu64 "-%" PRId64, job->wall_ns / CLOCK_S, id);
	result = store_jobs_save_picture(jobs, job, stem, id);
	if (result == STORE_OK) {
		json_object_set_new(job->data, "saved", json_string(job->saved.name));
		result = store_change_event(jobs->store, id, job->data, &job->why);
	}
	if (result == STORE_OK)
		return store_commit(jobs->store, &job->why);
	store_rollback(jobs->store);
	json_object_del(job->data, "saved");
	if (json_array_size(job->events) > told)
		json_array_remove(job->events, told);
	return STORE_OK;
}

int
store_jobs_motion(struct store_jobs *jobs, struct store_job *job)
{
	int64_t id;
	int result;

	jobs->triggers++;
	json_object_set_new(job->data, "count", json_integer((json_int_t)jobs->triggers));
	motion_log_owe(&jobs->motion, NULL);
	result = store_jobs_end_owed(jobs, job);
	if (result == STORE_OK)
		result = store_add_event(
		    jobs->store, event_name(EVENT_MOTION), job->wall_ns, job->data, &id, &job->why);
	if (result == STORE_OK)
		result = motion_log_begin(&jobs->motion, jobs->store, id, &job->figures, &job->why);
	if (result == STORE_OK)
		result = store_jobs_set_number(jobs, "trigger_count", jobs->triggers, &job->why);
	if (result == STORE_OK)
		result = store_jobs_publish(job, EVENT_MOTION, id, job->data);
	if (result == STORE_OK && job->jpeg != NULL)
		result = save_motion(jobs, job, id);
	return result;
}
