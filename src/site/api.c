/* SPDX-License-Identifier: ISC */
#include "site/api.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/vocabulary.h"
#include "fanout/fanout.h"
#include "http/query.h"
#include "http/reply.h"
#include "site/site_internal.h"

enum { LIMIT_MAX = 1000, SNAP_NAME_MAX = 128, KEY_MAX = 64 };

/* ---- one command, one answer ---------------------------------------------------------- */

struct api_call;
/* Answers call->conn from an object that is neither an error nor a refusal. */
typedef void api_call_finish(
    struct api_call *call, const json_t *answer, const struct client_reply *reply);

struct api_call {
	struct camera *camera;
	struct conn *conn;
	unsigned long ask;	    /* of camera_forget() */
	struct limiter_user *place; /* of its user's commands */
	api_call_finish *finish;
	const char *list; /* api_call_finish_list: the key of the array */
	int refused;	  /* status of "ok": false */
	bool changes;	  /* something, if it was done */
};

static void
api_call_writable(struct conn *conn, void *arg)
{
	(void)conn, (void)arg; /* nothing was written yet */
}

static void
api_call_gone(struct conn *conn, void *arg)
{
	struct api_call *call = arg;

	(void)conn;
	camera_forget(call->camera, call->ask);
	limiter_leave(call->place);
	free(call);
}

static const struct conn_user api_call_user = { api_call_writable, api_call_gone };

/* As it came: most answers are what clients get. */
static void
api_call_finish_line(struct api_call *call, const json_t *answer, const struct client_reply *reply)
{
	(void)answer;
	reply_line(call->conn, 200, reply->line, reply->length);
}

static void
api_call_finish_list(struct api_call *call, const json_t *answer, const struct client_reply *reply)
{
	json_t *list = json_object_get(answer, call->list);

	(void)reply;
	if (json_is_array(list))
		reply_json(call->conn, 200, json_incref(list));
	else
		reply_error(call->conn, 503, "the camera daemon answered without %s", call->list);
}

static void
api_call_judge(struct api_call *call, const json_t *answer, const struct client_reply *reply)
{
	const char *error = json_get_text(answer, "error"),
		   *reason = json_get_text(answer, "reason");

	if (answer == NULL)
		reply_unavailable(call->conn, "the camera daemon did not answer in JSON");
	else if (error != NULL)
		reply_error(call->conn, 400, "%s", error);
	else if (json_is_false(json_object_get(answer, "ok")))
		reply_error(call->conn, call->refused, "%s", reason != NULL ? reason : "refused");
	else
		call->finish(call, answer, reply);
}

/* It may have been done: a client that takes it for refused would do it twice. */
static void
api_call_unknown(struct api_call *call)
{
	reply_json(call->conn, 504,
	    json_pack("{s:s, s:s}", "error", REASON_UNKNOWN_OUTCOME, "code", CODE_UNKNOWN_OUTCOME));
}

static void
api_call_fail(struct api_call *call, enum client_failure failure)
{
	if (failure == CLIENT_UNKNOWN && call->changes)
		api_call_unknown(call);
	else if (failure == CLIENT_UNKNOWN && camera_connected(call->camera))
		reply_unavailable(call->conn, REASON_SILENT);
	else
		reply_unavailable(call->conn, failure == CLIENT_BUSY ? REASON_BUSY : CAMERA_AWAY);
}

static void
api_call_done(void *arg, struct client_reply *reply)
{
	struct api_call *call = arg;
	json_t *answer;

	if (reply->line == NULL)
		api_call_fail(call, reply->failure);
	else {
		answer = json_parse_object(reply->line, reply->length);
		api_call_judge(call, answer, reply);
		json_decref(answer);
	}
	limiter_leave(call->place);
	free(call);
}

/* The client's name for this change goes to orield, which does not do it twice. */
static bool
api_call_take_key(const struct exchange *exchange, json_t *command)
{
	const char *key = exchange->request->idempotency_key;
	json_t *id = key[0] != '\0' && strlen(key) <= KEY_MAX ? json_string(key) : NULL;

	if (key[0] != '\0' && id == NULL) {
		reply_error(
		    exchange->conn, 400, "Idempotency-Key must be UTF-8 of 1 to %d bytes", KEY_MAX);
		return false;
	}
	if (id != NULL)
		json_object_set_new(command, "id", id);
	return true;
}

static struct api_call *
api_call_new(const struct exchange *exchange, json_t *command, struct api_call how)
{
	enum command_id id = command_find(json_get_text(command, "cmd"));
	struct api_call *call;

	how.camera = exchange->fanout->camera;
	how.conn = exchange->conn;
	how.changes = command_words[id].role == COMMAND_OPERATOR;
	if ((how.changes && !api_call_take_key(exchange, command)) ||
	    !viewer_admit(&exchange->site->commands, exchange->conn, exchange->request, &how.place))
		return NULL;
	call = malloc(sizeof *call);
	if (call == NULL) {
		limiter_leave(how.place);
		reply_unavailable(exchange->conn, "out of memory");
		return NULL;
	}
	*call = how;
	return call;
}

/* Run `command` (taken); the answer goes to who asks. */
static void
api_call_run(const struct exchange *exchange, json_t *command, struct api_call how)
{
	struct api_call *call = api_call_new(exchange, command, how);

	if (call == NULL) {
		json_decref(command);
		return;
	}
	conn_take(exchange->conn, &api_call_user, call);
	call->ask = camera_ask(
	    exchange->fanout->camera, exchange->role, command, api_call_done, call);
	if (call->ask != 0)
		return;
	limiter_leave(call->place);
	free(call);
	reply_unavailable(exchange->conn, "out of memory");
}

static void
api_call_line(const struct exchange *exchange, json_t *command)
{
	api_call_run(
	    exchange, command, (struct api_call){ .finish = api_call_finish_line, .refused = 503 });
}

static void
api_call_list(const struct exchange *exchange, json_t *command, const char *list)
{
	api_call_run(exchange, command,
	    (struct api_call){ .finish = api_call_finish_list, .list = list, .refused = 503 });
}

/* ---- reading -------------------------------------------------------------------------------- */

void
api_status(const struct exchange *exchange)
{
	api_call_line(exchange, json_pack("{s:s}", "cmd", "status"));
}

void
api_get_config(const struct exchange *exchange)
{
	api_call_line(exchange, json_pack("{s:s}", "cmd", "get"));
}

void
api_get_controls(const struct exchange *exchange)
{
	api_call_line(exchange, json_pack("{s:s}", "cmd", "controls"));
}

/* ?NAME=NUMBER into command[NAME]; -1 with *why. */
static int
command_add_number(json_t *command, const char *query, const char *name, uint64_t min, uint64_t max,
    struct cause *why)
{
	uint64_t number;
	int found = query_number(query, name, min, max, &number, why);

	if (found == 1)
		json_object_set_new(command, name, json_integer((json_int_t)number));
	return found == -1 ? -1 : 0;
}

static int
command_add_text(json_t *command, const char *query, const char *name, struct cause *why)
{
	char text[QUERY_VALUE_SIZE];
	int found = query_text(query, name, text, why);
	json_t *value;

	if (found != 1)
		return found;
	value = json_string(text);
	if (value == NULL)
		return cause_set(why, "%s is not UTF-8", name);
	json_object_set_new(command, name, value);
	return 0;
}

void
api_history(const struct exchange *exchange)
{
	json_t *command = json_pack("{s:s}", "cmd", "events");
	struct cause why;

	if (command_add_number(command, exchange->request->query, "before", 1, INT64_MAX, &why) ==
		-1 ||
	    command_add_number(command, exchange->request->query, "after", 0, INT64_MAX, &why) ==
		-1 ||
	    command_add_number(command, exchange->request->query, "limit", 1, LIMIT_MAX, &why) ==
		-1 ||
	    command_add_text(command, exchange->request->query, "type", &why) == -1) {
		json_decref(command);
		reply_error(exchange->conn, 400, "%s", why.text);
		return;
	}
	api_call_list(exchange, command, "events");
}

void
api_snaps(const struct exchange *exchange)
{
	json_t *command = json_pack("{s:s}", "cmd", "snaps");
	struct cause why;

	if (command_add_number(command, exchange->request->query, "before", 1, INT64_MAX, &why) ==
		-1 ||
	    command_add_number(command, exchange->request->query, "limit", 1, LIMIT_MAX, &why) ==
		-1) {
		json_decref(command);
		reply_error(exchange->conn, 400, "%s", why.text);
		return;
	}
	api_call_list(exchange, command, "snaps");
}

/* ---- saved pictures --------------------------------------------------------------------------- */

/* NAME.jpg of letters, digits, - and _: what orield makes, and nothing that could
 * leave its folder. */
static bool
snap_name_valid(const char *name)
{
	size_t length = strspn(
	    name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

	return length > 0 && length <= SNAP_NAME_MAX && strcmp(name + length, ".jpg") == 0;
}

void
api_snap(const struct exchange *exchange)
{
	const char *name = exchange->route->name;
	struct reply_head head;

	if (!snap_name_valid(name)) {
		reply_error(exchange->conn, 404, "no such picture");
		return;
	}
	reply_begin(&head, exchange->conn, 200);
	reply_add(&head, "Content-Type: image/jpeg");
	reply_add(&head, "X-Accel-Redirect: %s/_snaps/%s/%s", request_own_mount(exchange->request),
	    camera_name(exchange->fanout->camera), name);
	reply_send(exchange->conn, &head, NULL, 0);
}

void
api_delete_snap(const struct exchange *exchange)
{
	const char *name = exchange->route->name;

	if (!snap_name_valid(name)) {
		reply_error(exchange->conn, 404, "no such picture");
		return;
	}
	api_call_run(exchange, json_pack("{s:s, s:s}", "cmd", "snap_delete", "name", name),
	    (struct api_call){ .finish = api_call_finish_line, .refused = 404 });
}

/* ---- changing ----------------------------------------------------------------------------------- */

/* The body as a command: its keys are arguments, never the command itself. NULL when
 * the request has been answered. */
static json_t *
api_body_command(const struct exchange *exchange, const char *name)
{
	static const char *const ours[] = { "cmd", "id" };
	const struct request *request = exchange->request;
	json_t *command;

	if (!request_content_is(request, "application/json")) {
		reply_error(exchange->conn, 415, "Content-Type must be application/json");
		return NULL;
	}
	command = json_parse_object(request->body, request->body_length);
	if (command == NULL) {
		reply_error(exchange->conn, 400, "bad json");
		return NULL;
	}
	for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
		if (json_object_get(command, ours[i]) != NULL) {
			json_decref(command);
			reply_error(exchange->conn, 400, "unknown setting %s", ours[i]);
			return NULL;
		}
	}
	json_object_set_new(command, "cmd", json_string(name));
	return command;
}

void
api_set_config(const struct exchange *exchange)
{
	json_t *command = api_body_command(exchange, "set");

	if (command != NULL)
		api_call_line(exchange, command);
}

void
api_set_controls(const struct exchange *exchange)
{
	json_t *command = api_body_command(exchange, "control");

	if (command != NULL)
		api_call_line(exchange, command);
}

/* ---- health --------------------------------------------------------------------------------------- */

void
api_health(const struct exchange *exchange)
{
	reply_json(exchange->conn, 200, json_pack("{s:b}", "ok", 1));
}

static void
api_call_finish_ready(struct api_call *call, const json_t *status, const struct client_reply *reply)
{
	const char *reason = json_get_text(status, "reason");
	bool online = json_is_true(json_object_get(status, "online"));
	bool stale = json_is_true(json_object_get(status, "stale"));

	(void)reply;
	if (online && !stale)
		reply_json(call->conn, 200, json_pack("{s:b}", "ok", 1));
	else if (reason != NULL && reason[0] != '\0')
		reply_unavailable(call->conn, reason);
	else
		reply_unavailable(call->conn, stale ? "no fresh frame" : CAMERA_NO_FRAME);
}

void
api_ready(const struct exchange *exchange)
{
	api_call_run(exchange, json_pack("{s:s}", "cmd", "status"),
	    (struct api_call){ .finish = api_call_finish_ready, .refused = 503 });
}
