/* SPDX-License-Identifier: ISC */
#include "site/api_call.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "auth/answer.h"
#include "fanout/deferred.h"
#include "fanout/fanout.h"
#include "http/reply.h"
#include "protocol/commands.h"
#include "protocol/reasons.h"
#include "site/site_state.h"

enum { KEY_MAX = 64 };

struct api_call {
	struct deferred deferred; /* first */
	struct camera *camera;
	unsigned long ask; /* for camera_forget(); 0: not sent, or answered */
	struct api_answer answer;
	char user[AUTH_NAME_SIZE];
	bool changes; /* it changes something, if it was done */
};

static void
api_call_drop(struct deferred *deferred)
{
	struct api_call *call = (struct api_call *)deferred;

	if (call->ask != 0)
		camera_forget(call->camera, call->ask);
}

static void
api_call_list(struct api_call *call, const json_t *reply)
{
	json_t *list = json_object_get(reply, call->answer.list);
	struct cause why;

	if (json_is_array(list)) {
		reply_json(call->deferred.conn, 200, json_incref(list));
		return;
	}
	cause_detail(
	    &why, &reason_bad_answer, "the camera daemon answered without %s", call->answer.list);
	reply_error_why(call->deferred.conn, 503, &why);
}

static void
api_call_tell_user(struct api_call *call, const json_t *parsed)
{
	json_t *answer = json_copy((json_t *)parsed);

	json_object_set_new(answer, "user", json_words(call->user));
	reply_json(call->deferred.conn, 200, answer);
}

static void
api_call_finish(struct api_call *call, const json_t *parsed, const struct client_reply *reply)
{
	struct conn *conn = call->deferred.conn;

	if (call->answer.finish != NULL)
		call->answer.finish(conn, parsed);
	else if (call->answer.list != NULL)
		api_call_list(call, parsed);
	else if (call->answer.tells_user)
		api_call_tell_user(call, parsed);
	else
		reply_line(conn, 200, reply->line, reply->length);
}

static void
api_call_judge(struct api_call *call, const json_t *parsed, const struct client_reply *reply)
{
	int refused = call->answer.refused != 0 ? call->answer.refused : 503;
	struct conn *conn = call->deferred.conn;
	struct cause why;

	if (parsed == NULL)
		reply_error(conn, 503, &reason_bad_answer);
	else if (reason_get(parsed, "error", &why))
		reply_error_why(conn, 400, &why);
	else if (json_is_false(json_object_get(parsed, "ok"))) {
		if (!reason_get(parsed, "reason", &why))
			cause_reason(&why, &reason_refused);
		reply_error_why(conn, refused, &why);
	} else
		api_call_finish(call, parsed, reply);
}

static void
api_call_fail(struct api_call *call, enum client_failure failure)
{
	struct conn *conn = call->deferred.conn;

	/* It may have been done. A client that took this for a refusal would do it twice. */
	if (failure == CLIENT_UNKNOWN && call->changes)
		reply_error(conn, 504, &reason_unknown_outcome);
	else if (failure == CLIENT_UNKNOWN && camera_connected(call->camera))
		reply_error(conn, 503, &reason_daemon_silent);
	else
		reply_error(conn, 503, failure == CLIENT_BUSY ? &reason_busy : &reason_no_daemon);
}

static void
api_call_done(void *arg, struct client_reply *reply)
{
	struct api_call *call = arg;
	json_t *parsed;

	call->ask = 0;
	if (reply->line == NULL)
		api_call_fail(call, reply->failure);
	else {
		parsed = json_parse_object(reply->line, reply->length);
		api_call_judge(call, parsed, reply);
		json_decref(parsed);
	}
	deferred_free(&call->deferred);
}

/* orield gets the client's key for this change, and does not do it twice. */
static bool
api_call_take_key(const struct exchange *exchange, json_t *command)
{
	const char *key = exchange->request->idempotency_key;
	json_t *id = key[0] != '\0' && strlen(key) <= KEY_MAX ? json_string(key) : NULL;
	struct cause why;

	if (key[0] != '\0' && id == NULL) {
		cause_detail(&why, &reason_bad_argument,
		    "Idempotency-Key must be UTF-8 of 1 to %d bytes", KEY_MAX);
		reply_error_why(exchange->conn, 400, &why);
		return false;
	}
	if (id != NULL)
		json_object_set_new(command, "id", id);
	return true;
}

static struct api_call *
api_call_new(const struct exchange *exchange, json_t *command)
{
	enum command_id id = command_find(json_get_text(command, "cmd"));
	bool changes = command_rows[id].role == COMMAND_OPERATOR;
	struct api_call *call;

	if (changes && !api_call_take_key(exchange, command))
		return NULL;
	call = deferred_new(sizeof *call, api_call_drop, exchange->conn, exchange->request,
	    &exchange->site->commands);
	if (call == NULL)
		return NULL;
	call->camera = exchange->fanout->camera;
	call->changes = changes;
	snprintf(call->user, sizeof call->user, "%s",
	    exchange->request->user != NULL ? exchange->request->user : "");
	return call;
}

void
api_call_run(const struct exchange *exchange, json_t *command, const struct api_answer *answer)
{
	struct api_call *call = api_call_new(exchange, command);

	if (call == NULL) {
		json_decref(command);
		return;
	}
	if (answer != NULL)
		call->answer = *answer;
	call->ask = camera_ask(call->camera, exchange->role, command, api_call_done, call);
	if (call->ask != 0)
		return;
	reply_error(exchange->conn, 503, &reason_out_of_memory);
	deferred_free(&call->deferred);
}
