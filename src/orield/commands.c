/* SPDX-License-Identifier: ISC */
#include "orield/commands.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "orield/commands_internal.h"
#include "orield/orield.h"
#include "orield/wanted.h"
#include "protocol/arguments.h"
#include "protocol/commands.h"
#include "protocol/limits.h"
#include "protocol/reasons.h"
#include "protocol/settings.h"

/* ---- what waits for the store ---------------------------------------- */

static void
request_done(void *arg, struct store_job *job)
{
	struct request *request = arg;

	if (job->result == STORE_OK)
		request->done(request, job);
	else
		call_refuse_why(request->call, &job->why);
	free(request);
}

struct store_job *
request_job(struct orield *orield, struct call *call, enum store_job_kind kind,
    void (*done)(struct request *request, struct store_job *job))
{
	struct request *request = calloc(1, sizeof *request);
	struct store_job *job = request != NULL ? store_job_new(kind, request_done, request) : NULL;

	if (job == NULL) {
		free(request);
		call_refuse(call, &reason_out_of_memory);
		return NULL;
	}
	*request = (struct request){ .orield = orield, .call = call, .done = done };
	return job;
}

struct store_job *
request_named_job(struct orield *orield, struct call *call, const json_t *command,
    enum store_job_kind kind, void (*done)(struct request *request, struct store_job *job))
{
	struct store_job *job = request_job(orield, call, kind, done);

	if (job != NULL)
		snprintf(job->name, sizeof job->name, "%s", json_get_text(command, "name"));
	return job;
}

struct store_job *
request_page_job(struct orield *orield, struct call *call, const json_t *command,
    enum store_job_kind kind, void (*done)(struct request *request, struct store_job *job))
{
	struct store_job *job = request_job(orield, call, kind, done);

	if (job != NULL)
		job->query = (struct store_query){
			.before = argument_integer(command, "before", 0),
			.limit = (unsigned)argument_integer(command, "limit", 0),
			.from_ns = argument_integer(command, "from", 0) * (int64_t)CLOCK_S,
			.to_ns = argument_integer(command, "to", 0) * (int64_t)CLOCK_S,
			.most_bytes = REPLY_ROOM,
		};
	return job;
}

void
request_submit(struct orield *orield, struct store_job *job)
{
	struct request *request = job->arg;

	if (store_worker_submit(orield->store_worker, job))
		return;
	call_refuse(request->call, &reason_busy);
	free(request);
	store_job_free(&job);
}

void
request_named(struct orield *orield, struct call *call, const json_t *command,
    enum store_job_kind kind, void (*done)(struct request *request, struct store_job *job))
{
	struct store_job *job = request_named_job(orield, call, command, kind, done);

	if (job != NULL)
		request_submit(orield, job);
}

void
request_answered(struct request *request, struct store_job *job)
{
	call_reply(request->call, json_incref(job->answer));
}

void
request_published(struct request *request, struct store_job *job)
{
	call_reply(request->call, json_pack("{s:b}", "ok", 1));
	publisher_publish(request->orield->publisher, job->events);
}

/* ---- changing -------------------------------------------------------- */

static void
set_done(struct request *request, struct store_job *job)
{
	struct orield *orield = request->orield;
	json_t *reply = json_pack("{s:b}", "ok", 1), *text;
	const char *name;

	json_object_foreach(job->data, name, text) {
		int row = options_find(orield->options, name);

		options_change(orield->options, (size_t)row, json_string_value(text), NULL);
		json_object_set_new(reply, name, settings_json(orield->options, (enum setting)row));
	}
	orield_tune(orield);
	call_reply(request->call, reply);
	publisher_state(orield->publisher);
}

void
handle_SET(struct orield *orield, struct call *call, const json_t *command)
{
	struct cause why;
	json_t *texts = settings_check(orield->options, command, &why);
	struct store_job *job;

	if (texts == NULL) {
		call_error_why(call, &why);
		return;
	}
	job = request_job(orield, call, STORE_JOB_SET, set_done);
	if (job == NULL) {
		json_decref(texts);
		return;
	}
	job->data = texts;
	request_submit(orield, job);
}

static void
reset_done(struct request *request, struct store_job *job)
{
	request->orield->triggers = job->triggers;
	call_reply(request->call, json_pack("{s:b, s:s}", "ok", 1, "counters", "reset"));
	publisher_state(request->orield->publisher);
}

void
handle_RESET(struct orield *orield, struct call *call, const json_t *command)
{
	struct store_job *job = request_job(orield, call, STORE_JOB_RESET, reset_done);

	(void)command;
	if (job != NULL)
		request_submit(orield, job);
}

static void
ack_done(struct request *request, struct store_job *job)
{
	if (job->seen == 0) {
		call_error_why(request->call, &job->why);
		return;
	}
	request->orield->seen = job->seen;
	call_reply(request->call, json_pack("{s:b, s:I}", "ok", 1, "seen", (json_int_t)job->seen));
	publisher_state(request->orield->publisher);
}

void
handle_ACK(struct orield *orield, struct call *call, const json_t *command)
{
	struct store_job *job = request_job(orield, call, STORE_JOB_ACK, ack_done);

	if (job == NULL)
		return;
	job->count = argument_integer(command, "count", 0);
	request_submit(orield, job);
}

static void
snapshot_done(struct request *request, struct store_job *job)
{
	char path[ORIELD_PATH_SIZE + STORE_NAME_SIZE + 8];
	const char *name = job->saved.name;
	json_t *reply;

	snprintf(path, sizeof path, "%s/snaps/%s", request->orield->folder, name);
	reply = json_pack("{s:b, s:o, s:s+, s:s, s:I, s:I}", "ok", 1, "saved", json_words(path),
	    "url", "snaps/", name, "name", name, "size", (json_int_t)job->saved.bytes, "event",
	    (json_int_t)job->event);
	call_reply(request->call, reply);
	publisher_publish(request->orield->publisher, job->events);
}

/* An old picture is never saved as new. */
static bool
snapshot_is_fresh(const struct capture_status *now, struct cause *why)
{
	uint64_t mono = clock_mono_ns();

	if (now->frame.sequence == 0)
		return cause_reason(why, &reason_no_frame), false;
	if (!now->online)
		return cause_copy(why, &now->reason), false;
	if (frame_is_stale(&now->frame, mono))
		return cause_detail(why, &reason_no_fresh_frame, "the newest picture is %.1f s old",
			   (double)frame_age_ns(&now->frame, mono) / CLOCK_S),
		       false;
	return true;
}

void
handle_SNAPSHOT_NOW(struct orield *orield, struct call *call, const json_t *command)
{
	struct capture_status now;
	struct frame_info frame;
	uint64_t generation;
	struct cause why;
	struct store_job *job;

	(void)command;
	orield_capture_status(orield, &now);
	if (!snapshot_is_fresh(&now, &why)) {
		call_refuse_why(call, &why);
		return;
	}
	job = request_job(orield, call, STORE_JOB_SNAPSHOT, snapshot_done);
	if (job == NULL)
		return;
	if (!capture_copy_newest(orield->capture, &frame, &generation, &job->jpeg)) {
		free(job->arg);
		store_job_free(&job);
		call_refuse(call, &reason_no_frame);
		return;
	}
	job->length = frame.length;
	job->wall_ns = frame.wall_ns;
	job->limits = wanted_limits(orield->options);
	request_submit(orield, job);
}

void
handle_SNAP_DELETE(struct orield *orield, struct call *call, const json_t *command)
{
	request_named(orield, call, command, STORE_JOB_DELETE, request_published);
}

/* ---- the camera's own controls --------------------------------------- */

void
handle_CONTROLS(struct orield *orield, struct call *call, const json_t *command)
{
	(void)command;
	camera_controls_ask(orield->controls, call, NULL);
}

void
handle_CONTROL(struct orield *orield, struct call *call, const json_t *command)
{
	json_t *values = json_copy((json_t *)command);
	struct cause why;

	json_object_del(values, "cmd");
	if (json_object_size(values) == 0) {
		cause_detail(&why, &reason_missing_argument, "missing control");
		call_error_why(call, &why);
	} else
		camera_controls_ask(orield->controls, call, values);
	json_decref(values);
}

/* ---- the table ------------------------------------------------------- */

#define COMMAND_HANDLER(id, ...) [COMMAND_##id] = handle_##id,
static command_handler *const command_handlers[COMMAND_COUNT] = { COMMANDS(COMMAND_HANDLER) };
#undef COMMAND_HANDLER

static void
commands_run(void *arg, struct call *call, json_t *command)
{
	const char *name = json_get_text(command, "cmd");
	enum command_id id = name != NULL ? command_find(name) : COMMAND_COUNT;
	struct orield *orield = arg;
	struct cause why;

	if (orield->stopping)
		call_refuse(call, &reason_no_daemon);
	else if (id == COMMAND_COUNT)
		call_error(call, &reason_unknown_command);
	else if (arguments_check(command_rows[id].arguments, command, &why) == -1)
		call_error_why(call, &why);
	else if (command_rows[id].role != COMMAND_OPERATOR ||
	    !idempotency_take(orield->idempotency, call, command)) {
		if (command_rows[id].length == COMMAND_LONG)
			call_keep_room(call, LINE_MAX_SIZE);
		command_handlers[id](orield, call, command);
	}
}

static void
commands_drained(void *arg, struct peer *peer)
{
	struct orield *orield = arg;

	if (!orield->stopping)
		publisher_drained(orield->publisher, peer);
}

static void
commands_gone(void *arg, struct peer *peer)
{
	publisher_forget(peer);
	commands_drop_bell(arg, peer);
}

const struct peer_hooks commands_hooks = {
	.command = commands_run, .drained = commands_drained, .gone = commands_gone
};
