/* SPDX-License-Identifier: ISC */
#include "orield/store_jobs_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "protocol/events.h"
#include "protocol/reasons.h"

static int
store_jobs_no_memory(struct cause *why)
{
	cause_reason(why, &reason_out_of_memory);
	return STORE_FAILED;
}

int
store_jobs_publish(struct store_job *job, enum event_id event, int64_t id, json_t *data)
{
	json_t *line = json_pack("{s:s, s:O}", "event", event_name(event), "data", data);

	if (job->events == NULL)
		job->events = json_array();
	/* Without its number it would look as if it was not stored. */
	if (id != 0 && json_object_set_new(line, "id", json_integer(id)) == -1) {
		json_decref(line);
		return store_jobs_no_memory(&job->why);
	}
	return json_array_append_new(job->events, line) == -1 ? store_jobs_no_memory(&job->why)
							      : STORE_OK;
}

int
store_jobs_publish_deleted(struct store_job *job)
{
	json_t *data = json_pack("{s:s}", "name", job->name);
	int result = store_jobs_publish(job, EVENT_DELETED, 0, data);

	json_decref(data);
	return result;
}

int
store_jobs_set_number(struct store_jobs *jobs, const char *name, uint64_t number, struct cause *why)
{
	char text[24];

	snprintf(text, sizeof text, "%" PRIu64, number);
	return store_set_value(jobs->store, name, text, why);
}

/* ---- damage ---------------------------------------------------------- */

/* At most one repair in this time: a bad disk may spoil each repaired database. */
enum { REPAIR_APART_S = 10 };

static bool
repair_now(struct store_jobs *jobs, const struct cause *found)
{
	uint64_t now = clock_mono_ns();

	if (jobs->repaired_ns != 0 && now - jobs->repaired_ns < REPAIR_APART_S * CLOCK_S) {
		cause_detail(&jobs->closed, &reason_store_damaged,
		    "damaged again (%s): is the disk failing?", found->text);
		return false;
	}
	jobs->repaired_ns = now;
	return store_repair(jobs->store, &jobs->closed) == STORE_OK;
}

/* Write the values that the damaged database has lost. */
static void
repair_values(struct store_jobs *jobs)
{
	const char *name;
	json_t *text;

	if (store_begin(jobs->store, NULL) != STORE_OK)
		return;
	json_object_foreach(jobs->values, name, text)
		store_set_value(jobs->store, name, json_string_value(text), NULL);
	motion_log_write(&jobs->motion, jobs->store, NULL);
	if (store_commit(jobs->store, NULL) != STORE_OK)
		log_warning("store", "not all settings could be written into the new database");
}

bool
store_jobs_repair(struct store_jobs *jobs)
{
	struct cause found;

	if (jobs->store == NULL || !store_is_damaged(jobs->store, &found))
		return false;
	if (!repair_now(jobs, &found)) {
		store_free(&jobs->store);
		return false;
	}
	jobs->repaired = *store_repaired(jobs->store);
	repair_values(jobs);
	return true;
}

void
store_jobs_forget_failure(struct store_jobs *jobs, struct store_job *job)
{
	json_decref(job->events);
	json_decref(job->answer);
	job->events = job->answer = NULL;
	cause_clear(&job->why);
	json_object_del(job->data, "stored");
	if (job->kind == STORE_JOB_MOTION)
		jobs->triggers--;
	if (job->kind == STORE_JOB_MOTION_END && !jobs->motion.cut)
		jobs->motion.over = false;
}

void
store_jobs_settle(struct store_jobs *jobs, const struct store_job *job)
{
	if (job->kind == STORE_JOB_SET && job->result == STORE_OK)
		json_object_update(jobs->values, job->data);
	if (job->kind == STORE_JOB_ACK && job->result == STORE_OK && job->seen != 0)
		json_object_set_new(jobs->values, "seen",
		    json_sprintf("%" JSON_INTEGER_FORMAT, (json_int_t)job->seen));
	if (job->kind == STORE_JOB_CLIP_DONE && job->result == STORE_OK)
		store_drop_clip(jobs->store, job->name, NULL);
}

/* ---- opening --------------------------------------------------------- */

static void
open_each(void *arg, const char *name, const char *text)
{
	json_object_set_new(arg, name, json_string(text));
}

static uint64_t
open_counter(const json_t *values, const char *name)
{
	const char *text = json_get_text(values, name);

	return text != NULL ? strtoull(text, NULL, 10) : 0;
}

/* Adds the triggers that came before the store was open to the stored ones. */
static int
run_open(struct store_jobs *jobs, struct store_job *job)
{
	int result;

	if (jobs->store != NULL)
		return STORE_OK;
	jobs->store = store_new(jobs->folder, &jobs->closed);
	if (jobs->store == NULL) {
		job->why = jobs->closed;
		return STORE_FAILED;
	}
	job->answer = json_object();
	result = store_each_value(jobs->store, open_each, job->answer, &job->why);
	if (result != STORE_OK) {
		jobs->closed = job->why;
		store_free(&jobs->store);
		return result;
	}
	if (store_repaired(jobs->store)->wall_ns != 0)
		jobs->repaired = *store_repaired(jobs->store);
	json_decref(jobs->values);
	jobs->values = json_copy(job->answer);
	jobs->triggers += open_counter(job->answer, "trigger_count");
	jobs->frames = open_counter(job->answer, "frame_count");
	store_jobs_open_motion(jobs, job);
	return STORE_OK;
}

/* ---- events and pictures --------------------------------------------- */

int
store_jobs_save_picture(
    struct store_jobs *jobs, struct store_job *job, const char *stem, int64_t motion)
{
	char url[STORE_NAME_SIZE + 8];
	json_t *data;
	int result = store_save_picture(jobs->store, stem, job->jpeg, job->length, job->wall_ns,
	    &job->limits, &job->saved, &job->why);

	cause_clear(&jobs->unsaved);
	if (result != STORE_OK) {
		cause_default(&job->why, store_job_reason(result));
		jobs->unsaved = job->why;
		return result;
	}
	snprintf(url, sizeof url, "snaps/%s", job->saved.name);
	data = json_pack("{s:f, s:s, s:s, s:I, s:s}", "ts", clock_seconds(job->wall_ns), "name",
	    job->saved.name, "url", url, "size", (json_int_t)job->length, "cause",
	    motion != 0 ? "motion" : "manual");
	if (motion != 0)
		json_object_set_new(data, "motion", json_integer(motion));
	result = store_add_event(
	    jobs->store, event_name(EVENT_SAVED), job->wall_ns, data, &job->event, &job->why);
	if (result == STORE_OK)
		result = store_jobs_publish(job, EVENT_SAVED, job->event, data);
	json_decref(data);
	return result;
}

static int
run_snapshot(struct store_jobs *jobs, struct store_job *job)
{
	char stem[STORE_NAME_SIZE];

	snprintf(stem, sizeof stem, "manual-%" PRIu64, job->wall_ns / CLOCK_S);
	return store_jobs_save_picture(jobs, job, stem, 0);
}

static int
run_event(struct store_jobs *jobs, struct store_job *job)
{
	int64_t id;
	int result = store_add_event(
	    jobs->store, event_name(job->event_type), job->wall_ns, job->data, &id, &job->why);

	return result == STORE_OK ? store_jobs_publish(job, job->event_type, id, job->data)
				  : result;
}

/* ---- settings and counters ------------------------------------------- */

static int
run_set(struct store_jobs *jobs, struct store_job *job)
{
	int result = STORE_OK;
	const char *name;
	json_t *text;

	json_object_foreach(job->data, name, text)
		if (result == STORE_OK)
			result = store_set_value(
			    jobs->store, name, json_string_value(text), &job->why);
	return result;
}

static int
run_reset(struct store_jobs *jobs, struct store_job *job)
{
	int result = store_jobs_set_number(jobs, "trigger_count", 0, &job->why);

	if (result == STORE_OK)
		jobs->triggers = 0;
	return result;
}

/* An unknown count is no failure of the store: seen = 0. */
static int
run_ack(struct store_jobs *jobs, struct store_job *job)
{
	int result = store_acknowledge(
	    jobs->store, event_name(EVENT_MOTION), job->count, &job->seen, &job->why);

	if (result == STORE_MISSING)
		job->seen = 0;
	return result == STORE_MISSING ? STORE_OK : result;
}

static int
run_counters(struct store_jobs *jobs, struct store_job *job)
{
	int result = store_jobs_end_owed(jobs, job);

	if (result == STORE_OK && job->moving)
		result = motion_log_goes_on(&jobs->motion, jobs->store, &job->figures, &job->why);
	if (result == STORE_OK)
		result = store_jobs_set_number(
		    jobs, "frame_count", jobs->frames + job->frames, &job->why);
	return result == STORE_OK
	    ? store_jobs_set_number(jobs, "trigger_count", jobs->triggers, &job->why)
	    : result;
}

/* ---- questions ------------------------------------------------------- */

static int
run_events(struct store_jobs *jobs, struct store_job *job)
{
	job->query.type = job->type[0] != '\0' ? job->type : NULL;
	return store_events(jobs->store, &job->query, &job->answer, &job->why);
}

static int
run_pictures(struct store_jobs *jobs, struct store_job *job)
{
	return store_pictures(jobs->store, &job->query, &job->answer, &job->why);
}

/* If the file cannot be opened, that is the answer, not a failure of the store. */
static int
run_read(struct store_jobs *jobs, struct store_job *job)
{
	store_open_file(jobs->store, job->url, &job->fds[0], &job->why);
	return STORE_OK;
}

static int
run_look(struct store_jobs *jobs, struct store_job *job)
{
	return store_look(jobs->store, &job->why);
}

static int
run_delete(struct store_jobs *jobs, struct store_job *job)
{
	int result = store_delete_picture(jobs->store, job->name, &job->why);

	return result == STORE_OK ? store_jobs_publish_deleted(job) : result;
}

/* ---- for the store worker -------------------------------------------- */

static const struct {
	int (*run)(struct store_jobs *jobs, struct store_job *job);
	bool writes;
} kinds[STORE_JOB_KINDS] = {
	[STORE_JOB_OPEN] = { .run = run_open },
	[STORE_JOB_MOTION] = { .run = store_jobs_motion, .writes = true },
	[STORE_JOB_MOTION_END] = { .run = store_jobs_motion_end, .writes = true },
	[STORE_JOB_SNAPSHOT] = { .run = run_snapshot, .writes = true },
	[STORE_JOB_EVENT] = { .run = run_event, .writes = true },
	[STORE_JOB_SET] = { .run = run_set, .writes = true },
	[STORE_JOB_RESET] = { .run = run_reset, .writes = true },
	[STORE_JOB_ACK] = { .run = run_ack, .writes = true },
	[STORE_JOB_COUNTERS] = { .run = run_counters, .writes = true },
	[STORE_JOB_EVENTS] = { .run = run_events },
	[STORE_JOB_PICTURES] = { .run = run_pictures },
	[STORE_JOB_DELETE] = { .run = run_delete, .writes = true },
	[STORE_JOB_READ] = { .run = run_read },
	[STORE_JOB_CLIP_OPEN] = { .run = store_jobs_run_clip_open, .writes = true },
	[STORE_JOB_CLIP_MOVIE] = { .run = store_jobs_run_clip_movie, .writes = true },
	[STORE_JOB_CLIP_DONE] = { .run = store_jobs_run_clip_done, .writes = true },
	[STORE_JOB_CLIP_DROP] = { .run = store_jobs_run_clip_drop, .writes = true },
	[STORE_JOB_CLIPS_LEFT] = { .run = store_jobs_run_clips_left },
	[STORE_JOB_CLIPS] = { .run = store_jobs_run_clips },
	[STORE_JOB_CLIP_DELETE] = { .run = store_jobs_run_clip_delete, .writes = true },
	[STORE_JOB_KEEP] = { .run = store_jobs_run_keep, .writes = true },
	[STORE_JOB_EXPIRE] = { .run = store_jobs_run_expire, .writes = true },
	[STORE_JOB_LOOK] = { .run = run_look },
};

bool
store_jobs_writes(enum store_job_kind kind)
{
	return kinds[kind].writes;
}

void
store_jobs_run(struct store_jobs *jobs, struct store_job *job)
{
	if (jobs->store == NULL && job->kind != STORE_JOB_OPEN) {
		job->result = STORE_FAILED;
		job->why = jobs->closed;
		job->closed = true;
	} else {
		job->result = kinds[job->kind].run(jobs, job);
	}
	if (job->result != STORE_OK)
		cause_default(&job->why, store_job_reason(job->result));
	job->triggers = jobs->triggers;
}

void
store_jobs_fail(struct store_jobs *jobs, struct store_job *job, int result, const struct cause *why)
{
	json_decref(job->events);
	job->events = NULL;
	job->result = result;
	job->why = *why;
	cause_default(&job->why, store_job_reason(result));
	if (job->kind == STORE_JOB_MOTION) {
		jobs->triggers++;
		json_object_set_new(job->data, "count", json_integer((json_int_t)jobs->triggers));
		json_object_del(job->data, "saved");
		motion_log_owe(&jobs->motion, NULL);
	}
	if (job->kind == STORE_JOB_MOTION_END)
		store_jobs_fail_motion_end(jobs, job);
	job->triggers = jobs->triggers;
	if (job->event_type != EVENT_COUNT) {
		json_object_set_new(job->data, "stored", json_false());
		store_jobs_publish(job, job->event_type, 0, job->data);
	}
}
