/* SPDX-License-Identifier: ISC */
#include "orield/work.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/vocabulary.h"

static int
work_no_memory(struct cause *why)
{
	cause_set(why, "out of memory");
	return STORE_FAILED;
}

/* Append {"event": type, "id": id, "data": data} to the lines to publish; an id
 * of 0 is left out. The data is shared. */
static int
work_publish(struct job *job, const char *type, int64_t id, json_t *data)
{
	json_t *line = json_pack("{ss sO}", "event", type, "data", data);

	if (job->events == NULL)
		job->events = json_array();
	/* One without its number would be taken for one that was not stored. */
	if (id != 0 && json_object_set_new(line, "id", json_integer(id)) == -1) {
		json_decref(line);
		return work_no_memory(&job->why);
	}
	return json_array_append_new(job->events, line) == -1 ? work_no_memory(&job->why)
							      : STORE_OK;
}

static int
work_set_number(struct work *work, const char *name, uint64_t number, struct cause *why)
{
	char text[24];

	snprintf(text, sizeof text, "%" PRIu64, number);
	return store_set_value(work->store, name, text, why);
}

/* ---- damage ----------------------------------------------------------------------- */

/* Once in so long: a disk that spoils all that is written to it is not written to without end. */
enum { REPAIR_APART_S = 10 };

static bool
repair_now(struct work *work, const struct cause *found)
{
	uint64_t now = clock_mono_ns();

	if (work->repaired_ns != 0 && now - work->repaired_ns < REPAIR_APART_S * CLOCK_S) {
		cause_set(&work->closed, "damaged again (%s): is the disk failing?", found->text);
		return false;
	}
	work->repaired_ns = now;
	return store_repair(work->store, &work->closed) == STORE_OK;
}

/* What we know and the damaged database did not give. */
static void
repair_values(struct work *work)
{
	const char *name;
	json_t *text;

	if (store_begin(work->store, NULL) != STORE_OK)
		return;
	json_object_foreach(work->values, name, text)
	    store_set_value(work->store, name, json_string_value(text), NULL);
	if (store_commit(work->store, NULL) != STORE_OK)
		log_warning("store", "not all settings could be written into the new database");
}

bool
work_repair(struct work *work)
{
	struct cause found;

	if (work->store == NULL || !store_is_damaged(work->store, &found))
		return false;
	if (!repair_now(work, &found)) {
		store_free(&work->store);
		return false;
	}
	work->repaired = *store_repaired(work->store);
	repair_values(work);
	return true;
}

void
work_forget_failure(struct work *work, struct job *job)
{
	json_decref(job->events);
	json_decref(job->answer);
	job->events = job->answer = NULL;
	job->why.text[0] = '\0';
	json_object_del(job->data, "stored");
	if (job->kind == JOB_MOTION)
		work->triggers--;
}

void
work_settle(struct work *work, const struct job *job)
{
	if (job->kind == JOB_SET && job->result == STORE_OK)
		json_object_update(work->values, job->data);
}

/* ---- opening ---------------------------------------------------------------------- */

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

/* Triggers that came while the store could not be opened are added to the stored ones. */
static int
run_open(struct work *work, struct job *job)
{
	int result;

	if (work->store != NULL)
		return STORE_OK;
	work->store = store_new(work->folder, &work->closed);
	if (work->store == NULL) {
		job->why = work->closed;
		return STORE_FAILED;
	}
	job->answer = json_object();
	result = store_each_value(work->store, open_each, job->answer, &job->why);
	if (result != STORE_OK) {
		work->closed = job->why;
		store_free(&work->store);
		return result;
	}
	if (store_repaired(work->store)->wall_ns != 0)
		work->repaired = *store_repaired(work->store);
	json_decref(work->values);
	work->values = json_copy(job->answer);
	work->triggers += open_counter(job->answer, "trigger_count");
	work->frames = open_counter(job->answer, "frame_count");
	return STORE_OK;
}

/* ---- events and pictures ------------------------------------------------------------- */

/* Save job->jpeg and add its `saved` event. `motion` is the event it belongs to, or 0. */
static int
save_picture(struct work *work, struct job *job, const char *stem, int64_t motion)
{
	char url[STORE_NAME_SIZE + 8];
	json_t *data;
	int result = store_save_picture(work->store, stem, job->jpeg, job->length, job->wall_ns,
	    &job->limits, &job->saved, &job->why);

	work->unsaved.text[0] = '\0';
	if (result != STORE_OK)
		work->unsaved = job->why;
	if (result != STORE_OK)
		return result;
	snprintf(url, sizeof url, "snaps/%s", job->saved.name);
	data = json_pack("{sf ss ss sI ss}", "ts", clock_seconds(job->wall_ns), "name",
	    job->saved.name, "url", url, "size", (json_int_t)job->length, "cause",
	    motion != 0 ? "motion" : "manual");
	if (motion != 0)
		json_object_set_new(data, "motion", json_integer(motion));
	result = store_add_event(
	    work->store, EVENT_SAVED, job->wall_ns, data, &job->event, &job->why);
	if (result == STORE_OK)
		result = work_publish(job, EVENT_SAVED, job->event, data);
	json_decref(data);
	return result;
}

/* The picture of a motion event: without it the event is still worth keeping. */
static int
save_motion(struct work *work, struct job *job, int64_t id)
{
	char stem[STORE_NAME_SIZE];
	int result = store_begin(work->store, &job->why);

	if (result != STORE_OK)
		return result;
	snprintf(stem, sizeof stem, "motion-%" PRIu64 "-%" PRId64, job->wall_ns / CLOCK_S, id);
	result = save_picture(work, job, stem, id);
	if (result == STORE_OK) {
		json_object_set_new(job->data, "saved", json_string(job->saved.name));
		result = store_change_event(work->store, id, job->data, &job->why);
	}
	if (result == STORE_OK)
		return store_commit(work->store, &job->why);
	store_rollback(work->store);
	json_object_del(job->data, "saved");
	if (json_array_size(job->events) > 1)
		json_array_remove(job->events, 1);
	return STORE_OK;
}

static int
run_motion(struct work *work, struct job *job)
{
	int64_t id;
	int result;

	work->triggers++;
	json_object_set_new(job->data, "count", json_integer((json_int_t)work->triggers));
	result = store_add_event(
	    work->store, EVENT_MOTION, job->wall_ns, job->data, &id, &job->why);
	if (result == STORE_OK)
		result = work_set_number(work, "trigger_count", work->triggers, &job->why);
	if (result == STORE_OK)
		result = work_publish(job, EVENT_MOTION, id, job->data);
	if (result == STORE_OK && job->jpeg != NULL)
		result = save_motion(work, job, id);
	return result;
}

static int
run_snapshot(struct work *work, struct job *job)
{
	char stem[STORE_NAME_SIZE];

	snprintf(stem, sizeof stem, "manual-%" PRIu64, job->wall_ns / CLOCK_S);
	return save_picture(work, job, stem, 0);
}

static int
run_camera(struct work *work, struct job *job)
{
	int64_t id;
	int result = store_add_event(
	    work->store, EVENT_CAMERA, job->wall_ns, job->data, &id, &job->why);

	return result == STORE_OK ? work_publish(job, EVENT_CAMERA, id, job->data) : result;
}

/* ---- settings and counters ------------------------------------------------------------ */

static int
run_set(struct work *work, struct job *job)
{
	int result = STORE_OK;
	const char *name;
	json_t *text;

	json_object_foreach(job->data, name, text) if (result == STORE_OK)
	    result = store_set_value(work->store, name, json_string_value(text), &job->why);
	return result;
}

static int
run_reset(struct work *work, struct job *job)
{
	int result = work_set_number(work, "trigger_count", 0, &job->why);

	if (result == STORE_OK)
		work->triggers = 0;
	return result;
}

static int
run_counters(struct work *work, struct job *job)
{
	int result = work_set_number(work, "frame_count", work->frames + job->frames, &job->why);

	return result == STORE_OK
	    ? work_set_number(work, "trigger_count", work->triggers, &job->why)
	    : result;
}

/* ---- questions --------------------------------------------------------------------------- */

static int
run_events(struct work *work, struct job *job)
{
	job->query.type = job->type[0] != '\0' ? job->type : NULL;
	return store_events(work->store, &job->query, &job->answer, &job->why);
}

static int
run_pictures(struct work *work, struct job *job)
{
	return store_pictures(work->store, &job->query, &job->answer, &job->why);
}

static int
run_look(struct work *work, struct job *job)
{
	return store_look(work->store, &job->why);
}

static int
run_delete(struct work *work, struct job *job)
{
	int result = store_delete_picture(work->store, job->name, &job->why);
	json_t *data;

	if (result != STORE_OK)
		return result;
	data = json_pack("{ss}", "name", job->name);
	result = work_publish(job, EVENT_DELETED, 0, data);
	json_decref(data);
	return result;
}

/* ---- for the keeper ------------------------------------------------------------------------ */

static const struct {
	int (*run)(struct work *work, struct job *job);
	bool writes;
	const char *event; /* published even when it could not be stored */
} kinds[JOB_KINDS] = {
	[JOB_OPEN] = { run_open, false, NULL },
	[JOB_MOTION] = { run_motion, true, EVENT_MOTION },
	[JOB_SNAPSHOT] = { run_snapshot, true, NULL },
	[JOB_CAMERA] = { run_camera, true, EVENT_CAMERA },
	[JOB_SET] = { run_set, true, NULL },
	[JOB_RESET] = { run_reset, true, NULL },
	[JOB_COUNTERS] = { run_counters, true, NULL },
	[JOB_EVENTS] = { run_events, false, NULL },
	[JOB_PICTURES] = { run_pictures, false, NULL },
	[JOB_DELETE] = { run_delete, true, NULL },
	[JOB_LOOK] = { run_look, false, NULL },
};

bool
work_writes(enum job_kind kind)
{
	return kinds[kind].writes;
}

void
work_run(struct work *work, struct job *job)
{
	if (work->store == NULL && job->kind != JOB_OPEN) {
		job->result = STORE_FAILED;
		job->why = work->closed;
		job->closed = true;
	} else {
		job->result = kinds[job->kind].run(work, job);
	}
	job->triggers = work->triggers;
}

void
work_fail(struct work *work, struct job *job, int result, const struct cause *why)
{
	json_decref(job->events);
	job->events = NULL;
	job->result = result;
	job->why = *why;
	if (job->kind == JOB_MOTION) {
		work->triggers++;
		json_object_set_new(job->data, "count", json_integer((json_int_t)work->triggers));
		json_object_del(job->data, "saved");
	}
	job->triggers = work->triggers;
	if (kinds[job->kind].event != NULL) {
		json_object_set_new(job->data, "stored", json_false());
		work_publish(job, kinds[job->kind].event, 0, job->data);
	}
}
