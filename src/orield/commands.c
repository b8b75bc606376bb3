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
request_published(struct request *request, struct store_job *job)
{
	call_reply(request->call, json_pack("{sb}", "ok", 1));
	publisher_publish(request->orield->publisher, job->events);
}

/* ---- looking --------------------------------------------------------- */

void
handle_STATUS(struct orield *orield, struct call *call, const json_t *command)
{
	struct status_values values;

	(void)command;
	orield_values(orield, &values);
	call_reply(call, status_json(&values));
}

void
handle_GET(struct orield *orield, struct call *call, const json_t *command)
{
	struct status_values values;

	(void)command;
	orield_values(orield, &values);
	call_reply(call, status_settings(&values));
}

void
handle_HELP(struct orield *orield, struct call *call, const json_t *command)
{
	json_t *list = json_array();

	(void)orield, (void)command;
	for (int id = 0; id < COMMAND_COUNT; id++)
		json_array_append_new(list,
		    json_pack("{s:s, s:o, s:s, s:o}", "cmd", command_rows[id].name, "arguments",
			arguments_names(command_rows[id].arguments), "help", command_rows[id].help,
			"takes", arguments_describe(command_rows[id].arguments)));
	call_reply(call, json_pack("{s:o}", "commands", list));
}

static void
events_done(struct request *request, struct store_job *job)
{
	if (job->query.after >= 0 && publisher_gap(job->answer, job->query.after))
		json_object_set_new(job->answer, "gap", json_true());
	call_reply(request->call, json_incref(job->answer));
}

void
query_between(struct store_query *query, const json_t *command)
{
	query->from_ns = argument_integer(command, "from", 0) * (int64_t)CLOCK_S;
	query->to_ns = argument_integer(command, "to", 0) * (int64_t)CLOCK_S;
}

void
handle_EVENTS(struct orield *orield, struct call *call, const json_t *command)
{
	const char *type = json_get_text(command, "type");
	struct store_job *job = request_job(orield, call, STORE_JOB_EVENTS, events_done);

	if (job == NULL)
		return;
	job->query = (struct store_query){ .before = argument_integer(command, "before", 0),
		.after = argument_integer(command, "after", -1),
		.limit = (unsigned)argument_integer(command, "limit", 0),
		.most_bytes = REPLY_ROOM };
	query_between(&job->query, command);
	snprintf(job->type, sizeof job->type, "%s", type != NULL ? type : "");
	request_submit(orield, job);
}

static void
snaps_done(struct request *request, struct store_job *job)
{
	char url[STORE_NAME_SIZE + 8];
	size_t index;
	json_t *snap;

	json_array_foreach(json_object_get(job->answer, "snaps"), index, snap)
	{
		snprintf(url, sizeof url, "snaps/%s", json_get_text(snap, "name"));
		json_object_set_new(snap, "url", json_string(url));
	}
	call_reply(request->call, json_incref(job->answer));
}

void
handle_SNAPS(struct orield *orield, struct call *call, const json_t *command)
{
	struct store_job *job = request_job(orield, call, STORE_JOB_PICTURES, snaps_done);

	if (job == NULL)
		return;
	job->query = (struct store_query){ .before = argument_integer(command, "before", 0),
		.limit = (unsigned)argument_integer(command, "limit", 0),
		.most_bytes = REPLY_ROOM };
	query_between(&job->query, command);
	request_submit(orield, job);
}

static void
read_done(struct request *request, struct store_job *job)
{
	json_t *reply = json_pack("{sb}", "ok", 1);

	if (job->fds[0] == -1)
		json_object_set_new(reply, "missing", json_words(job->why.text));
	call_reply_fds(request->call, reply, job->fds);
	job->fds[0] = -1;
}

void
handle_READ(struct orield *orield, struct call *call, const json_t *command)
{
	struct store_job *job = request_job(orield, call, STORE_JOB_READ, read_done);

	if (job == NULL)
		return;
	snprintf(job->url, sizeof job->url, "%s", json_get_text(command, "url"));
	request_submit(orield, job);
}

/* ---- changing -------------------------------------------------------- */

static void
set_done(struct request *request, struct store_job *job)
{
	struct orield *orield = request->orield;
	json_t *reply = json_pack("{s:b}", "ok", 1), *text;
	const char *name;

	json_object_foreach(job->data, name, text)
	{
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
	struct store_job *job = request_job(orield, call, STORE_JOB_DELETE, request_published);

	if (job == NULL)
		return;
	snprintf(job->name, sizeof job->name, "%s", json_get_text(command, "name"));
	request_submit(orield, job);
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
