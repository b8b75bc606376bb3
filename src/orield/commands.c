/* SPDX-License-Identifier: ISC */
#include "orield/commands.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/vocabulary.h"
#include "orield/adjust.h"
#include "orield/arguments.h"
#include "orield/feed.h"
#include "orield/settings.h"
#include "orield/status.h"

#define REASON_MEMORY "out of memory"

enum {
	EVENTS_LIMIT = 50,
	LIMIT_MAX = 1000,
	VIEWERS_MAX = 1000000,
	REPLY_ROOM = LINE_MAX_SIZE - 512
}; /* of a line, for a list: the rest is around it */

/* ---- arguments ---------------------------------------------------------------------- */

static const struct argument no_arguments[] = { { NULL, 0, 0, 0 } };
static const struct argument events_arguments[] = { { "before", ARGUMENT_INTEGER, 1, INT64_MAX },
	{ "after", ARGUMENT_INTEGER, 0, INT64_MAX }, { "limit", ARGUMENT_INTEGER, 1, LIMIT_MAX },
	{ "type", ARGUMENT_TEXT, 0, 15 }, { NULL, 0, 0, 0 } };
static const struct argument snaps_arguments[] = { { "before", ARGUMENT_INTEGER, 1, INT64_MAX },
	{ "limit", ARGUMENT_INTEGER, 1, LIMIT_MAX }, { NULL, 0, 0, 0 } };
static const struct argument delete_arguments[] = {
	{ "name", ARGUMENT_TEXT, 0, STORE_NAME_SIZE - 1 }, { NULL, 0, 0, 0 }
};
static const struct argument subscribe_arguments[] = { { "after", ARGUMENT_INTEGER, 0, INT64_MAX },
	{ "pulse", ARGUMENT_BOOLEAN, 0, 0 }, { NULL, 0, 0, 0 } };
static const struct argument viewers_arguments[] = { { "stream", ARGUMENT_INTEGER, 0, VIEWERS_MAX },
	{ "events", ARGUMENT_INTEGER, 0, VIEWERS_MAX },
	{ "control", ARGUMENT_INTEGER, 0, VIEWERS_MAX }, { NULL, 0, 0, 0 } };

/* ---- what waits for the store ---------------------------------------------------------- */

struct request {
	struct orield *orield;
	struct ticket *ticket;
	void (*done)(struct request *request, struct job *job);
};

static void
request_done(void *arg, struct job *job)
{
	struct request *request = arg;

	if (job->result == STORE_OK)
		request->done(request, job);
	else
		ticket_refuse(request->ticket, job->why.text);
	free(request);
}

/* A job whose success is answered by `done`; NULL when the ticket was refused. */
static struct job *
request_job(struct orield *orield, struct ticket *ticket, enum job_kind kind,
    void (*done)(struct request *request, struct job *job))
{
	struct request *request = calloc(1, sizeof *request);
	struct job *job = request != NULL ? job_new(kind, request_done, request) : NULL;

	if (job == NULL) {
		free(request);
		ticket_refuse(ticket, REASON_MEMORY);
		return NULL;
	}
	*request = (struct request){ .orield = orield, .ticket = ticket, .done = done };
	return job;
}

static void
request_submit(struct orield *orield, struct job *job)
{
	struct request *request = job->arg;

	if (keeper_submit(orield->keeper, job))
		return;
	ticket_refuse(request->ticket, REASON_BUSY);
	free(request);
	job_free(&job);
}

/* ---- looking ------------------------------------------------------------------------------- */

static void
handle_STATUS(struct orield *orield, struct ticket *ticket, const json_t *command)
{
	(void)command;
	ticket_reply(ticket, status_json(orield));
}

static void
handle_GET(struct orield *orield, struct ticket *ticket, const json_t *command)
{
	(void)command;
	ticket_reply(ticket, status_settings(orield));
}

static void
handle_HELP(struct orield *orield, struct ticket *ticket, const json_t *command)
{
	json_t *list = json_array();

	(void)orield, (void)command;
	for (int id = 0; id < COMMAND_COUNT; id++)
		json_array_append_new(list,
		    json_pack("{ss ss ss}", "cmd", command_words[id].name, "arguments",
			command_words[id].arguments, "help", command_words[id].help));
	ticket_reply(ticket, json_pack("{so}", "commands", list));
}

static void
events_done(struct request *request, struct job *job)
{
	if (job->query.after >= 0 && feed_gap(job->answer, job->query.after))
		json_object_set_new(job->answer, "gap", json_true());
	ticket_reply(request->ticket, json_incref(job->answer));
}

static void
handle_EVENTS(struct orield *orield, struct ticket *ticket, const json_t *command)
{
	const char *type = json_get_text(command, "type");
	struct job *job;

	if (type != NULL && strcmp(type, EVENT_MOTION) != 0 && strcmp(type, EVENT_SAVED) != 0 &&
	    strcmp(type, EVENT_CAMERA) != 0) {
		ticket_error(ticket, "type must be motion, saved or camera");
		return;
	}
	job = request_job(orield, ticket, JOB_EVENTS, events_done);
	if (job == NULL)
		return;
	job->query = (struct store_query){ .before = argument_integer(command, "before", 0),
		.after = argument_integer(command, "after", -1),
		.limit = (unsigned)argument_integer(command, "limit", EVENTS_LIMIT),
		.most_bytes = REPLY_ROOM };
	snprintf(job->type, sizeof job->type, "%s", type != NULL ? type : "");
	request_submit(orield, job);
}

static void
snaps_done(struct request *request, struct job *job)
{
	char url[STORE_NAME_SIZE + 8];
	size_t index;
	json_t *snap;

	json_array_foreach(json_object_get(job->answer, "snaps"), index, snap)
	{
		snprintf(url, sizeof url, "snaps/%s", json_get_text(snap, "name"));
		json_object_set_new(snap, "url", json_string(url));
	}
	ticket_reply(request->ticket, json_incref(job->answer));
}

static void
handle_SNAPS(struct orield *orield, struct ticket *ticket, const json_t *command)
{
	struct job *job = request_job(orield, ticket, JOB_PICTURES, snaps_done);

	if (job == NULL)
		return;
	job->query = (struct store_query){ .before = argument_integer(command, "before", 0),
		.limit = (unsigned)argument_integer(command, "limit", EVENTS_LIMIT),
		.most_bytes = REPLY_ROOM };
	request_submit(orield, job);
}

/* ---- changing ------------------------------------------------------------------------------- */

static void
set_done(struct request *request, struct job *job)
{
	struct orield *orield = request->orield;
	json_t *reply = json_pack("{sb}", "ok", 1), *text;
	const char *name;

	json_object_foreach(job->data, name, text)
	{
		int row = options_find(orield->options, name);

		options_change(orield->options, (size_t)row, json_string_value(text), NULL);
		json_object_set_new(reply, name, settings_json(orield->options, (enum setting)row));
	}
	orield_tune(orield);
	ticket_reply(request->ticket, reply);
	feed_state(orield);
}

static void
handle_SET(struct orield *orield, struct ticket *ticket, const json_t *command)
{
	struct cause why;
	json_t *texts = settings_check(orield->options, command, &why);
	struct job *job;

	if (texts == NULL) {
		ticket_error(ticket, why.text);
		return;
	}
	job = request_job(orield, ticket, JOB_SET, set_done);
	if (job == NULL) {
		json_decref(texts);
		return;
	}
	job->data = texts;
	request_submit(orield, job);
}

static void
reset_done(struct request *request, struct job *job)
{
	request->orield->triggers = job->triggers;
	ticket_reply(request->ticket, json_pack("{sb ss}", "ok", 1, "counters", "reset"));
	feed_state(request->orield);
}

static void
handle_RESET(struct orield *orield, struct ticket *ticket, const json_t *command)
{
	struct job *job = request_job(orield, ticket, JOB_RESET, reset_done);

	(void)command;
	if (job != NULL)
		request_submit(orield, job);
}

static void
snapshot_done(struct request *request, struct job *job)
{
	char path[ORIELD_PATH_SIZE + STORE_NAME_SIZE + 8];
	const char *name = job->saved.name;
	json_t *reply;

	snprintf(path, sizeof path, "%s/snaps/%s", request->orield->folder, name);
	reply = json_pack("{sb so ss+ ss sI sI}", "ok", 1, "saved", json_words(path), "url",
	    "snaps/", name, "name", name, "size", (json_int_t)job->saved.bytes, "event",
	    (json_int_t)job->event);
	ticket_reply(request->ticket, reply);
	feed_publish(request->orield, job->events);
}

/* An old picture is never saved as new. */
static bool
snapshot_is_fresh(const struct capture_status *now, struct cause *why)
{
	uint64_t mono = clock_mono_ns();

	if (now->frame.sequence == 0)
		return cause_set(why, REASON_NO_FRAME), false;
	if (!now->online)
		return cause_set(why, "%s", now->reason.text), false;
	if (frame_is_stale(&now->frame, mono))
		return cause_set(why, "the newest picture is %.1f s old",
			   (double)frame_age_ns(&now->frame, mono) / CLOCK_S),
		       false;
	return true;
}

static void
handle_SNAPSHOT_NOW(struct orield *orield, struct ticket *ticket, const json_t *command)
{
	struct capture_status now;
	struct frame_info frame;
	uint64_t generation;
	struct cause why;
	struct job *job;

	(void)command;
	orield_capture_status(orield, &now);
	if (!snapshot_is_fresh(&now, &why)) {
		ticket_refuse(ticket, why.text);
		return;
	}
	job = request_job(orield, ticket, JOB_SNAPSHOT, snapshot_done);
	if (job == NULL)
		return;
	if (!capture_copy_newest(orield->capture, &frame, &generation, &job->jpeg)) {
		free(job->arg);
		job_free(&job);
		ticket_refuse(ticket, REASON_NO_FRAME);
		return;
	}
	job->length = frame.length;
	job->wall_ns = frame.wall_ns;
	job->limits = settings_limits(orield->options);
	request_submit(orield, job);
}

static void
delete_done(struct request *request, struct job *job)
{
	ticket_reply(request->ticket, json_pack("{sb}", "ok", 1));
	feed_publish(request->orield, job->events);
}

static void
handle_SNAP_DELETE(struct orield *orield, struct ticket *ticket, const json_t *command)
{
	const char *name = json_get_text(command, "name");
	struct job *job;

	if (name == NULL) {
		ticket_error(ticket, "missing name");
		return;
	}
	job = request_job(orield, ticket, JOB_DELETE, delete_done);
	if (job == NULL)
		return;
	snprintf(job->name, sizeof job->name, "%s", name);
	request_submit(orield, job);
}

/* ---- the camera's own controls ------------------------------------------------------------------- */

static void
handle_CONTROLS(struct orield *orield, struct ticket *ticket, const json_t *command)
{
	(void)command;
	adjust_ask(orield->adjust, ticket, NULL);
}

static void
handle_CONTROL(struct orield *orield, struct ticket *ticket, const json_t *command)
{
	json_t *values = json_copy((json_t *)command);

	json_object_del(values, "cmd");
	if (json_object_size(values) == 0)
		ticket_error(ticket, "missing control");
	else
		adjust_ask(orield->adjust, ticket, values);
	json_decref(values);
}

/* ---- connections --------------------------------------------------------------------------------- */

static void
handle_SUBSCRIBE(struct orield *orield, struct ticket *ticket, const json_t *command)
{
	const json_t *pulse = json_object_get(command, "pulse");

	feed_subscribe(orield, ticket, argument_integer(command, "after", -1),
	    pulse != NULL ? json_is_true(pulse) : -1);
}

static void
peer_drop_bell(struct orield *orield, struct peer *peer)
{
	if (peer->bell == -1)
		return;
	if (orield->capture != NULL)
		capture_remove_bell(orield->capture, peer->bell);
	close(peer->bell);
	peer->bell = -1;
}

/* Give the peer a new bell; false when there are as many as may be. */
static bool
peer_hang_bell(struct orield *orield, struct peer *peer)
{
	peer_drop_bell(orield, peer);
	peer->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (peer->bell == -1)
		return false;
	if (capture_add_bell(orield->capture, peer->bell))
		return true;
	close(peer->bell);
	peer->bell = -1;
	return false;
}

static void
handle_ATTACH(struct orield *orield, struct ticket *ticket, const json_t *command)
{
	struct peer *peer = ticket_peer(ticket);
	struct capture_status now;
	int fds[2] = { capture_ring_fd(orield->capture), -1 };

	(void)command;
	peer->attached = true;
	if (fds[0] == -1) {
		ticket_refuse(ticket, REASON_NO_FRAME);
		return;
	}
	if (peer_hang_bell(orield, peer))
		fds[1] = fcntl(peer->bell, F_DUPFD_CLOEXEC, 0);
	if (fds[1] == -1) {
		close(fds[0]);
		ticket_refuse(ticket, "too many readers are attached");
		return;
	}
	orield_capture_status(orield, &now);
	ticket_reply_fds(
	    ticket, json_pack("{sb sI}", "ok", 1, "generation", (json_int_t)now.generation), fds);
}

static void
handle_VIEWERS(struct orield *orield, struct ticket *ticket, const json_t *command)
{
	static const char *const kinds[PEER_KINDS] = {
		[PEER_STREAM] = "stream", [PEER_EVENTS] = "events", [PEER_CONTROL] = "control"
	};
	struct peer *peer = ticket_peer(ticket);

	(void)orield;
	for (int kind = 0; kind < PEER_KINDS; kind++)
		peer->viewers[kind] = (unsigned)argument_integer(
		    command, kinds[kind], peer->viewers[kind]);
	ticket_reply(ticket, json_pack("{sb}", "ok", 1));
}

/* ---- the table ------------------------------------------------------------------------------------- */

/* NULL: the handler looks at all keys itself. */
static const struct argument *const command_arguments[COMMAND_COUNT] = {
	[COMMAND_STATUS] = no_arguments,
	[COMMAND_GET] = no_arguments,
	[COMMAND_SNAPSHOT_NOW] = no_arguments,
	[COMMAND_RESET] = no_arguments,
	[COMMAND_EVENTS] = events_arguments,
	[COMMAND_SNAPS] = snaps_arguments,
	[COMMAND_SNAP_DELETE] = delete_arguments,
	[COMMAND_SUBSCRIBE] = subscribe_arguments,
	[COMMAND_ATTACH] = no_arguments,
	[COMMAND_VIEWERS] = viewers_arguments,
	[COMMAND_CONTROLS] = no_arguments,
	[COMMAND_HELP] = no_arguments,
};

typedef void command_handler(struct orield *orield, struct ticket *ticket, const json_t *command);
#define COMMAND_HANDLER(id, ...) [COMMAND_##id] = handle_##id,
static command_handler *const command_handlers[COMMAND_COUNT] = { COMMANDS(COMMAND_HANDLER) };
#undef COMMAND_HANDLER

static void
commands_run(void *arg, struct ticket *ticket, json_t *command)
{
	const char *name = json_get_text(command, "cmd");
	enum command_id id = name != NULL ? command_find(name) : COMMAND_COUNT;
	struct orield *orield = arg;
	struct cause why;

	if (orield->stopping)
		ticket_refuse(ticket, REASON_NO_DAEMON);
	else if (id == COMMAND_COUNT)
		ticket_error(ticket, ERROR_UNKNOWN_COMMAND);
	else if (command_arguments[id] != NULL &&
	    arguments_check(command_arguments[id], command, &why) == -1)
		ticket_error(ticket, why.text);
	else if (command_words[id].role != COMMAND_OPERATOR ||
	    !repeats_take(orield->repeats, ticket, command)) {
		if (command_words[id].length == COMMAND_LONG)
			ticket_keep_room(ticket, LINE_MAX_SIZE);
		command_handlers[id](orield, ticket, command);
	}
}

static void
commands_drained(void *arg, struct peer *peer)
{
	feed_drained(arg, peer);
}

static void
commands_gone(void *arg, struct peer *peer)
{
	feed_forget(peer);
	peer_drop_bell(arg, peer);
}

const struct peer_hooks commands_hooks = { commands_run, commands_drained, commands_gone };
