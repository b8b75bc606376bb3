/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "schema/events_schema.h"

#include "protocol/events.h"
#include "protocol/objects.h"
#include "schema/json_schema.h"

json_t *
events_schema_data(void)
{
	json_t *all = json_object();

	for (int id = 0; id < EVENT_COUNT; id++) {
		json_t *schema = json_schema_object(event_rows[id].fields);

		json_object_set_new(schema, "description", json_string(event_rows[id].help));
		json_object_set_new(all, event_rows[id].name, schema);
	}
	return all;
}

static json_t *
number_schema(void)
{
	return json_pack("{s:s, s:i}", "type", "integer", "minimum", 1);
}

static json_t *
data_schema(const char *at, const struct event_row *row)
{
	return json_pack("{s:o}", "$ref", json_sprintf("%s%s", at, row->name));
}

static json_t *
past_event(const char *at, const struct event_row *row)
{
	json_t *event = json_schema_object(past_event_fields);
	json_t *properties = json_object_get(event, "properties");

	json_object_set_new(properties, "type", json_pack("{s:s}", "const", row->name));
	json_object_set_new(properties, "data", data_schema(at, row));
	return event;
}

json_t *
events_schema_past(const char *at)
{
	json_t *kinds = json_array();

	for (int id = 0; id < EVENT_COUNT; id++)
		if (event_rows[id].kind == EVENT_NUMBERED)
			json_array_append_new(kinds, past_event(at, &event_rows[id]));
	return json_pack("{s:o}", "oneOf", kinds);
}

/* An event that could not be stored has no id, so none is required. */
static json_t *
line_of(const struct event_row *row)
{
	json_t *properties = json_pack(
	    "{s:{s:s}, s:o}", "event", "const", row->name, "data", data_schema("#/$defs/", row));

	if (row->kind == EVENT_NUMBERED)
		json_object_set_new(properties, "id", number_schema());
	return json_pack("{s:s, s:o, s:[s, s]}", "type", "object", "properties", properties,
	    "required", "event", "data");
}

json_t *
events_schema_file(void)
{
	json_t *kinds = json_array();

	for (int id = 0; id < EVENT_COUNT; id++)
		json_array_append_new(kinds, line_of(&event_rows[id]));
	return json_pack("{s:s, s:s, s:s, s:o, s:o}", "$schema",
	    "https://json-schema.org/draft/2020-12/schema", "title",
	    "Events of Oriel " PACKAGE_VERSION, "description",
	    "A line to a subscriber of the control socket; in Server-Sent Events the same stands "
	    "in event, id and data. Later versions may have more events and more fields.",
	    "oneOf", kinds, "$defs", events_schema_data());
}
