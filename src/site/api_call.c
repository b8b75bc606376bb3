/* SPDX-License-Identifier: ISC */
#include "site/api_call.h"

#include <string.h>

#include "base/json.h"
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

	if (json_is_array(list))
		reply_json(call->deferred.conn, 200, json_incref(list));
	else
		reply_error(call->deferred.conn, 503, "the camera daemon answered without %s",
		    call->answer.list);
}

static void
api_call_finish(struct api_call *call, const json_t *parsed, const struct client_reply *reply)
{
	struct conn *conn = call->deferred.conn;

	if (call->answer.finish != NULL)
		call->answer.finish(conn, parsed);
	else if (call->answer.list != NULL)
		api_call_list(call, parsed);
	else
		reply_line(conn, 200, reply->line, reply->length);
}

static void
api_call_judge(struct api_call *call, const json_t *parsed, const struct client_reply *reply)
{
	const char *error = json_get_text(parsed, "error"),
		   *reason = json_get_text(parsed, "reason");
	int refused = call->answer.refused != 0 ? call->answer.refused : 503;
	struct conn *conn = call->deferred.conn;

	if (parsed == NULL)
		reply_unavailable(conn, "the camera daemon did not answer in JSON");
	else if (error != NULL)
		reply_error(conn, 400, "%s", error);
	else if (json_is_false(json_object_get(parsed, "ok")))
		reply_error(conn, refused, "%s", reason != NULL ? reason : "refused");
	else
		api_call_finish(call, parsed, reply);
}

/* It may have been done. A client that took this for a refusal would do it twice. */
static void
api_call_unknown(struct api_call *call)
{
	reply_json(call->deferred.conn, 504,
	    json_pack("{s:s, s:s}", "error", REASON_UNKNOWN_OUTCOME, "code", CODE_UNKNOWN_OUTCOME));
}

static void
api_call_fail(struct api_call *call, enum client_failure failure)
{
	if (failure == CLIENT_UNKNOWN && call->changes)
		api_call_unknown(call);
	else if (failure == CLIENT_UNKNOWN && camera_connected(call->camera))
		reply_unavailable(call->deferred.conn, REASON_SILENT);
	else
		reply_unavailable(
		    call->deferred.conn, failure == CLIENT_BUSY ? REASON_BUSY : REASON_NO_DAEMON);
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
	reply_unavailable(exchange->conn, "out of memory");
	deferred_free(&call->deferred);
}
