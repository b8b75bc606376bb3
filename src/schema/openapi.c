/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "schema/openapi.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/role.h"
#include "protocol/commands.h"
#include "protocol/objects.h"
#include "schema/events_schema.h"
#include "schema/http.h"
#include "schema/json_schema.h"

#define JSON "application/json"
#define COMPONENT(name) "#/components/schemas/" name

static json_t *
reference(const char *at)
{
	return json_pack("{s:s}", "$ref", at);
}

/* Is it a command that changes something? */
static bool
route_changes(enum route_id id)
{
	return route_table[id].command != NULL && route_table[id].role == ROLE_OPERATOR;
}

/* ---- what they take -------------------------------------------------- */

static json_t *
parameter(const char *in, const struct field *field)
{
	json_t *schema = json_schema_field(field), *help = json_object_get(schema, "description");
	json_t *parameter = json_pack("{s:s, s:s, s:O, s:b, s:o}", "name", field->name, "in", in,
	    "description", help, "required", !field->optional, "schema", schema);

	json_object_del(schema, "description");
	return parameter;
}

static void
add_parameters(json_t *list, const char *in, const struct field *fields)
{
	for (const struct field *field = fields; field != NULL && field->name != NULL; field++)
		json_array_append_new(list, parameter(in, field));
}

/* The arguments of the route's command. */
static const struct field *
route_arguments(enum route_id id)
{
	return command_rows[command_find(route_table[id].command)].arguments;
}

static const struct field *
route_query(enum route_id id)
{
	bool reads = strcmp(route_table[id].method, "GET") == 0;

	return route_table[id].command != NULL && reads ? route_arguments(id)
							: http_routes[id].query;
}

static const struct field *
route_body_fields(enum route_id id)
{
	bool posts = strcmp(route_table[id].method, "POST") == 0;

	return route_table[id].command != NULL && posts && http_routes[id].body == NULL
	    ? route_arguments(id)
	    : http_routes[id].body;
}

static json_t *
route_parameters(enum route_id id)
{
	const struct field name[] = { FIELD("name", TEXT, http_routes[id].name), FIELD_END };
	static const struct field key[] = {
		FIELD("Idempotency-Key", TEXT,
		    "1 to 64 bytes nobody else uses: the same request with it is done once",
		    .optional = true),
		FIELD_END
	};
	json_t *list = json_array();

	if (strchr(route_table[id].path, '*') != NULL)
		add_parameters(list, "path", name);
	add_parameters(list, "query", route_query(id));
	if (route_changes(id))
		add_parameters(list, "header", key);
	return list;
}

static json_t *
route_body(enum route_id id)
{
	const char *type = http_routes[id].body_type;

	return json_pack("{s:b, s:{s:{s:o}}}", "required", 1, "content", type != NULL ? type : JSON,
	    "schema", json_schema_object(route_body_fields(id)));
}

/* ---- what they answer ------------------------------------------------ */

/* One row that is a component of its own, by that, in a list. */
static json_t *
list_schema(const struct field *reply, const char *name)
{
	while (strcmp(reply->name, name) != 0)
		reply++;
	if (reply->fields == snap_fields)
		return json_schema_list(reference(COMPONENT("snap")));
	if (reply->fields == clip_fields)
		return json_schema_list(reference(COMPONENT("clip")));
	if (reply->fields == past_event_fields)
		return json_schema_list(reference(COMPONENT("event")));
	return json_schema_field(reply);
}

/* Over HTTP a reply has the client's own key as its id. */
static json_t *
reply_schema(enum route_id id)
{
	const struct field *reply = command_rows[command_find(route_table[id].command)].reply;
	json_t *schema;

	if (route_table[id].list != NULL)
		return list_schema(reply, route_table[id].list);
	schema = json_schema_object(reply);
	if (route_changes(id))
		json_object_set_new(json_object_get(schema, "properties"), "id",
		    json_pack(
			"{s:s, s:s}", "type", "string", "description", "the Idempotency-Key"));
	return schema;
}

/* A status may have several rows, one for each media type. */
static void
add_answer(json_t *answers, const struct http_answer *answer)
{
	char status[16] = "default";
	json_t *response, *media = json_object();

	if (answer->status != HTTP_REFUSED)
		snprintf(status, sizeof status, "%d", answer->status);
	response = json_object_get(answers, status);
	if (response == NULL) {
		response = json_pack("{s:s}", "description", answer->help);
		json_object_set_new(answers, status, response);
	}
	if (answer->fields != NULL)
		json_object_set_new(media, "schema",
		    answer->fields == past_event_fields ? reference(COMPONENT("event"))
							: json_schema_object(answer->fields));
	if (answer->type != NULL) {
		if (json_object_get(response, "content") == NULL)
			json_object_set_new(response, "content", json_object());
		json_object_set(json_object_get(response, "content"), answer->type, media);
	}
	json_decref(media);
}

static json_t *
route_answers(enum route_id id)
{
	json_t *answers = json_object(), *refused;

	if (route_table[id].command != NULL)
		json_object_set_new(answers, "200",
		    json_pack("{s:s, s:{s:{s:o}}}", "description", route_table[id].summary,
			"content", JSON, "schema", reply_schema(id)));
	for (size_t i = 0; i < http_answer_count; i++)
		if (http_answers[i].route == id)
			add_answer(answers, &http_answers[i]);
	refused = json_object_get(answers, "default");
	if (refused == NULL)
		json_object_set_new(
		    answers, "default", reference("#/components/responses/refused"));
	else
		json_object_set_new(json_object_get(refused, "content"), JSON,
		    json_pack("{s:o}", "schema", reference(COMPONENT("error"))));
	return answers;
}

/* ---- the document ---------------------------------------------------- */

static json_t *
security(enum role role)
{
	return role == ROLE_NONE
	    ? json_array()
	    : json_pack("[{s:[]}, {s:[]}, {s:[]}]", "session", "token", "basic");
}

static json_t *
operation(enum route_id id)
{
	const struct route_row *row = &route_table[id];
	json_t *operation = json_pack("{s:s, s:s, s:o, s:o, s:o}", "summary", row->summary,
	    "x-role", role_word(row->role), "security", security(row->role), "parameters",
	    route_parameters(id), "responses", route_answers(id));

	if (route_body_fields(id) != NULL)
		json_object_set_new(operation, "requestBody", route_body(id));
	return operation;
}

/* /snaps/{name} of /snaps/…*. */
static json_t *
path_of(const struct route_row *row)
{
	const char *star = strchr(row->path, '*');

	return star != NULL ? json_sprintf("%.*s{name}", (int)(star - row->path), row->path)
			    : json_string(row->path);
}

static json_t *
paths(void)
{
	json_t *paths = json_object();

	for (int id = 0; id < ROUTE_COUNT; id++) {
		json_t *path = path_of(&route_table[id]), *item;
		char method[8] = "";

		for (size_t i = 0; route_table[id].method[i] != '\0' && i + 1 < sizeof method; i++)
			method[i] = (char)tolower(route_table[id].method[i]);
		item = json_object_get(paths, json_string_value(path));
		if (item == NULL) {
			item = json_object();
			json_object_set_new(paths, json_string_value(path), item);
		}
		json_object_set_new(item, method, operation((enum route_id)id));
		json_decref(path);
	}
	return paths;
}

static json_t *
schemas(void)
{
	json_t *schemas = json_pack("{s:o, s:o, s:o, s:o}", "error", json_schema_object(http_error),
	    "snap", json_schema_object(snap_fields), "clip", json_schema_object(clip_fields),
	    "event", events_schema_past(COMPONENT("event_")));
	json_t *events = events_schema_data(), *schema;
	const char *name;

	json_object_foreach(events, name, schema) {
		char key[64];

		snprintf(key, sizeof key, "event_%s", name);
		json_object_set(schemas, key, schema);
	}
	json_decref(events);
	return schemas;
}

static json_t *
components(void)
{
	return json_pack("{s:o, s:{s:{s:s, s:{s:{s:o}}}}, s:{s:{s:s, s:s, s:s, s:s},"
			 " s:{s:s, s:s}, s:{s:s, s:s}}}",
	    "schemas", schemas(), "responses", "refused", "description",
	    "Why not: 4xx; 503 when it cannot be had just now; 504 when it is not known whether it "
	    "was done.",
	    "content", JSON, "schema", reference(COMPONENT("error")), "securitySchemes", "session",
	    "type", "apiKey", "in", "cookie", "name", "oriel", "description",
	    "From POST /login; under TLS __Host-oriel.", "token", "type", "http", "scheme",
	    "bearer", "basic", "type", "http", "scheme", "basic");
}

static json_t *
servers(void)
{
	return json_pack("[{s:s, s:s}, {s:s, s:s, s:{s:{s:s}}}]", "url", ".", "description",
	    "The default camera, or the only one there is", "url", "cam/{camera}", "description",
	    "A camera by its name", "variables", "camera", "default", "cam");
}

json_t *
openapi_document(void)
{
	return json_pack("{s:s, s:{s:s, s:s, s:s}, s:o, s:o, s:o}", "openapi", "3.1.0", "info",
	    "title", "Oriel", "version", PACKAGE_VERSION, "description",
	    "A camera site. docs/api.md says it in words. Later versions may have more fields.",
	    "servers", servers(), "paths", paths(), "components", components());
}
