/* SPDX-License-Identifier: ISC */
#include "site/api.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "protocol/commands.h"
#include "protocol/limits.h"
#include "protocol/reasons.h"
#include "fanout/fanout.h"
#include "http/query.h"
#include "http/reply.h"
#include "site/api_call.h"

/* ---- commands -------------------------------------------------------- */

/* ?NAME=VALUE as the command's argument: 1 found, 0 not there, -1 with *why. */
static int
query_argument(const char *query, const struct field *argument, json_t **value, struct cause *why)
{
	char text[QUERY_VALUE_SIZE];
	uint64_t number;
	int found;

	if (argument->type == FIELD_INTEGER) {
		found = query_number(query, argument->name, (uint64_t)argument->min,
		    (uint64_t)argument->max, &number, why);
		*value = found == 1 ? json_integer((json_int_t)number) : NULL;
		return found;
	}
	found = query_text(query, argument->name, text, why);
	if (found != 1)
		return found;
	if (argument->type == FIELD_BOOLEAN && strcmp(text, "true") == 0)
		*value = json_true();
	else if (argument->type == FIELD_BOOLEAN && strcmp(text, "false") == 0)
		*value = json_false();
	else
		*value = json_string(text); /* orield checks it */
	return *value != NULL
	    ? 1
	    : cause_detail(why, &reason_bad_argument, "%s is not UTF-8", argument->name);
}

/* The query as a command; NULL when the request has been answered. */
static json_t *
api_query_command(const struct exchange *exchange, const char *name)
{
	json_t *command = json_pack("{s:s}", "cmd", name), *value;
	const struct field *argument = command_rows[command_find(name)].arguments;
	struct cause why;

	for (; argument->name != NULL; argument++) {
		int found = query_argument(exchange->request->query, argument, &value, &why);

		if (found == -1) {
			json_decref(command);
			reply_error_why(exchange->conn, 400, &why);
			return NULL;
		}
		if (found == 1)
			json_object_set_new(command, argument->name, value);
	}
	return command;
}

/* The body as a command: its keys are arguments, and cannot change the command. NULL when the
 * request has been answered. */
static json_t *
api_body_command(const struct exchange *exchange, const char *name)
{
	static const char *const ours[] = { "cmd", "id" };
	const struct request *request = exchange->request;
	struct cause why;
	json_t *command;

	if (!request_content_is(request, "application/json")) {
		cause_detail(
		    &why, &reason_wrong_content_type, "Content-Type must be application/json");
		reply_error_why(exchange->conn, 415, &why);
		return NULL;
	}
	command = json_parse_object(request->body, request->body_length);
	if (command == NULL) {
		reply_error(exchange->conn, 400, &reason_bad_json);
		return NULL;
	}
	for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
		if (json_object_get(command, ours[i]) != NULL) {
			json_decref(command);
			cause_detail(&why, &reason_unknown_setting, "unknown setting %s", ours[i]);
			reply_error_why(exchange->conn, 400, &why);
			return NULL;
		}
	}
	json_object_set_new(command, "cmd", json_string(name));
	return command;
}

void
api_command(const struct exchange *exchange)
{
	const struct route_row *row = &route_table[exchange->route->id];
	json_t *command = strcmp(row->method, "GET") == 0
	    ? api_query_command(exchange, row->command)
	    : api_body_command(exchange, row->command);

	if (command != NULL)
		api_call_run(exchange, command, &(struct api_answer){ .list = row->list });
}

/* With the name of who has seen it. */
void
api_ack(const struct exchange *exchange)
{
	json_t *command = api_body_command(exchange, "ack");

	if (command != NULL)
		api_call_run(exchange, command, &(struct api_answer){ .tells_user = true });
}

/* ---- one event ------------------------------------------------------- */

/* Decimal digits alone, as the events' ids are. */
static bool
event_number(const char *text, uint64_t *number)
{
	enum { DIGITS_MAX = 18 };
	size_t digits = strspn(text, "0123456789");

	*number = strtoull(text, NULL, 10);
	return digits > 0 && digits <= DIGITS_MAX && text[digits] == '\0' && *number > 0;
}

static void
api_finish_event(struct conn *conn, const json_t *reply)
{
	json_t *events = json_object_get(reply, "events");

	if (json_array_size(events) > 0)
		reply_json(conn, 200, json_incref(json_array_get(events, 0)));
	else
		reply_error(conn, 404, &reason_no_such_event);
}

/* `after` and `before` leave room for it alone. */
void
api_event(const struct exchange *exchange)
{
	uint64_t number;

	if (!event_number(exchange->route->name, &number)) {
		reply_error(exchange->conn, 404, &reason_no_such_event);
		return;
	}
	api_call_run(exchange,
	    json_pack("{s:s, s:I, s:I}", "cmd", "events", "after", (json_int_t)number - 1, "before",
		(json_int_t)number + 1),
	    &(struct api_answer){ .finish = api_finish_event });
}

/* ---- saved pictures and clips ---------------------------------------- */

enum { PICTURE, MOVIE_MP4, MOVIE_MKV, FILE_KINDS };
static const struct {
	const char *end, *type;
} file_kinds[FILE_KINDS] = {
	[PICTURE] = { ".jpg", "image/jpeg" },
	[MOVIE_MP4] = { ".mp4", "video/mp4" },
	[MOVIE_MKV] = { ".mkv", "video/x-matroska" },
};

/* The kind of NAME.end, a name of letters, digits, - and _: the names that orield makes; no such
 * name can leave the folder. FILE_KINDS: another name. */
static int
file_kind(const char *name)
{
	size_t length = strspn(
	    name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
	int kind = 0;

	if (length == 0 || strlen(name) > SNAP_NAME_MAX)
		return FILE_KINDS;
	while (kind < FILE_KINDS && strcmp(name + length, file_kinds[kind].end) != 0)
		kind++;
	return kind;
}

/* nginx sends it. */
static void
api_send_file(const struct exchange *exchange, const char *folder, int kind)
{
	struct reply_head head;

	reply_begin(&head, exchange->conn, 200);
	reply_add(&head, "Content-Type: %s", file_kinds[kind].type);
	reply_add(&head, "X-Accel-Redirect: %s/_%s/%s/%s", request_own_mount(exchange->request),
	    folder, camera_name(exchange->fanout->camera), exchange->route->name);
	reply_send(exchange->conn, &head, NULL, 0);
}

static void
api_delete_file(const struct exchange *exchange)
{
	const char *command = route_table[exchange->route->id].command;

	api_call_run(exchange,
	    json_pack("{s:s, s:s}", "cmd", command, "name", exchange->route->name),
	    &(struct api_answer){ .refused = 404 });
}

/* The body says whether to keep it, the path says what. */
static void
api_keep_file(const struct exchange *exchange)
{
	json_t *command = api_body_command(exchange, route_table[exchange->route->id].command);

	if (command == NULL)
		return;
	json_object_set_new(command, "name", json_string(exchange->route->name));
	api_call_run(exchange, command, &(struct api_answer){ .refused = 404 });
}

void
api_snap(const struct exchange *exchange)
{
	int kind = file_kind(exchange->route->name);

	if (kind == PICTURE)
		api_send_file(exchange, "snaps", kind);
	else
		reply_error(exchange->conn, 404, &reason_no_such_picture);
}

void
api_delete_snap(const struct exchange *exchange)
{
	if (file_kind(exchange->route->name) == PICTURE)
		api_delete_file(exchange);
	else
		reply_error(exchange->conn, 404, &reason_no_such_picture);
}

void
api_keep_snap(const struct exchange *exchange)
{
	if (file_kind(exchange->route->name) == PICTURE)
		api_keep_file(exchange);
	else
		reply_error(exchange->conn, 404, &reason_no_such_picture);
}

void
api_clip(const struct exchange *exchange)
{
	int kind = file_kind(exchange->route->name);

	if (kind != FILE_KINDS)
		api_send_file(exchange, "clips", kind);
	else
		reply_error(exchange->conn, 404, &reason_no_such_clip);
}

void
api_delete_clip(const struct exchange *exchange)
{
	int kind = file_kind(exchange->route->name);

	if (kind == MOVIE_MP4 || kind == MOVIE_MKV)
		api_delete_file(exchange);
	else
		reply_error(exchange->conn, 404, &reason_no_such_clip);
}

void
api_keep_clip(const struct exchange *exchange)
{
	int kind = file_kind(exchange->route->name);

	if (kind == MOVIE_MP4 || kind == MOVIE_MKV)
		api_keep_file(exchange);
	else
		reply_error(exchange->conn, 404, &reason_no_such_clip);
}

/* ---- health ---------------------------------------------------------- */

void
api_health(const struct exchange *exchange)
{
	reply_json(exchange->conn, 200, json_pack("{s:b}", "ok", 1));
}

static void
api_finish_ready(struct conn *conn, const json_t *status)
{
	bool online = json_is_true(json_object_get(status, "online"));
	bool stale = json_is_true(json_object_get(status, "stale"));
	struct cause why;

	if (online && !stale)
		reply_json(conn, 200, json_pack("{s:b}", "ok", 1));
	else if (reason_get(status, "reason", &why))
		reply_error_why(conn, 503, &why);
	else
		reply_error(conn, 503, stale ? &reason_no_fresh_frame : &reason_no_frame);
}

void
api_ready(const struct exchange *exchange)
{
	api_call_run(exchange, json_pack("{s:s}", "cmd", "status"),
	    &(struct api_answer){ .finish = api_finish_ready });
}
