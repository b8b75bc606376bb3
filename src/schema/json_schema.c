/* SPDX-License-Identifier: ISC */
#include "schema/json_schema.h"

#include <stdint.h>

#include "base/json.h"
#include "protocol/reasons.h"
#include "protocol/settings.h"

static json_t *
of_type(const char *type)
{
	return json_pack("{s:s}", "type", type);
}

json_t *
json_schema_choices(const char *choices)
{
	return json_pack("{s:s, s:o}", "type", "string", "enum", json_choices(choices));
}

/* ---- settings -------------------------------------------------------- */

static json_t *
setting_range(const char *type, json_t *min, json_t *max)
{
	return json_pack("{s:s, s:o, s:o}", "type", type, "minimum", min, "maximum", max);
}

static json_t *
setting_value(const struct option_row *row)
{
	switch (row->type) {
	case OPTION_INTEGER:
		return setting_range("integer", json_integer(row->min), json_integer(row->max));
	case OPTION_TENTHS:
		return setting_range(
		    "number", json_real(row->min / 10.0), json_real(row->max / 10.0));
	case OPTION_BOOLEAN: return of_type("boolean");
	case OPTION_TEXT:
		return json_pack("{s:s, s:i}", "type", "string", "maxLength", OPTION_TEXT_SIZE - 1);
	case OPTION_CHOICE: break;
	}
	return json_schema_choices(row->choices);
}

json_t *
json_schema_setting(const struct option_row *row)
{
	json_t *schema = setting_value(row);

	json_object_set_new(schema, "description", json_string(row->help));
	return schema;
}

/* Each setting's name → `schema_of` its row. */
static void
add_settings(json_t *properties, json_t *required, const struct field *field,
    json_t *(*schema_of)(const struct option_row *row))
{
	for (size_t i = 0; i < settings_program.count; i++) {
		const struct option_row *row = &settings_program.table[i];

		if (field->live && !(row->flags & OPTION_LIVE))
			continue;
		json_object_set_new(properties, row->name, schema_of(row));
		if (!field->optional)
			json_array_append_new(required, json_string(row->name));
	}
}

static json_t *
setting_source(const struct option_row *row)
{
	json_t *words = json_array();

	(void)row;
	for (int source = OPTION_DEFAULT; source <= OPTION_COMMAND_LINE; source++)
		json_array_append_new(
		    words, json_string(options_source_word((enum option_source)source)));
	return json_pack("{s:o}", "enum", words);
}

static json_t *
setting_sources(void)
{
	static const struct field all = { .type = FIELD_SOURCES };
	json_t *properties = json_object(), *required = json_array();

	add_settings(properties, required, &all, setting_source);
	return json_pack(
	    "{s:s, s:o, s:o}", "type", "object", "properties", properties, "required", required);
}

/* ---- fields ---------------------------------------------------------- */

static json_t *
field_number(const char *type, const struct field *field)
{
	json_t *schema = of_type(type);

	if (field->initial != 0)
		json_object_set_new(schema, "default", json_integer(field->initial));
	if (field->min == field->max)
		return schema;
	json_object_set_new(schema, "minimum", json_integer(field->min));
	if (field->max != INT64_MAX)
		json_object_set_new(schema, "maximum", json_integer(field->max));
	return schema;
}

json_t *
json_schema_list(json_t *items)
{
	return json_pack("{s:s, s:o}", "type", "array", "items", items);
}

static json_t *
field_numbers(const struct field *field)
{
	json_t *schema = json_schema_list(field_number("number", field));

	json_object_set_new(schema, "minItems", json_integer(field->length));
	json_object_set_new(schema, "maxItems", json_integer(field->length));
	return schema;
}

/* Of a V4L2 control. */
static json_t *
control_value(void)
{
	return json_pack("{s:[s, s]}", "type", "integer", "boolean");
}

static json_t *
field_code(void)
{
	json_t *codes = json_array();

	for (int row = 0; row < REASON_COUNT; row++)
		json_array_append_new(codes, json_string(reason_rows[row]->code));
	return json_pack("{s:s, s:o}", "type", "string", "enum", codes);
}

static json_t *
field_value(const struct field *field)
{
	switch (field->type) {
	case FIELD_INTEGER: return field_number("integer", field);
	case FIELD_NUMBER: return field_number("number", field);
	case FIELD_BOOLEAN: return of_type("boolean");
	case FIELD_TEXT:
		return field->choices != NULL ? json_schema_choices(field->choices)
					      : of_type("string");
	case FIELD_CODE: return field_code();
	case FIELD_VALUE: return control_value();
	case FIELD_OBJECT:
		return field->fields != NULL ? json_schema_object(field->fields)
					     : of_type("object");
	case FIELD_LIST: return json_schema_list(json_schema_object(field->fields));
	case FIELD_NUMBERS: return field_numbers(field);
	case FIELD_TEXTS: return json_schema_list(of_type("string"));
	case FIELD_SOURCES: return setting_sources();
	case FIELD_CONTROLS:
	case FIELD_SETTINGS: break;
	}
	return NULL; /* of several: see json_schema_object() */
}

json_t *
json_schema_field(const struct field *field)
{
	json_t *schema = field_value(field);
	const char *unit = field->unit != NULL ? field->unit : "";

	if (field->nullable)
		json_object_set_new(
		    schema, "type", json_pack("[O, s]", json_object_get(schema, "type"), "null"));
	json_object_set_new(schema, "description",
	    *unit != '\0' ? json_sprintf("%s (%s)", field->help, unit) : json_string(field->help));
	return schema;
}

static void
add_field(json_t *properties, json_t *required, const struct field *field)
{
	if (field->type == FIELD_SETTINGS) {
		add_settings(properties, required, field, json_schema_setting);
		return;
	}
	json_object_set_new(properties, field->name, json_schema_field(field));
	if (!field->optional)
		json_array_append_new(required, json_string(field->name));
}

json_t *
json_schema_object(const struct field *fields)
{
	json_t *properties = json_object(), *required = json_array();
	json_t *schema = json_pack("{s:s, s:o}", "type", "object", "properties", properties);

	for (const struct field *field = fields; field->name != NULL; field++) {
		if (field->type == FIELD_CONTROLS)
			json_object_set_new(schema, "additionalProperties", control_value());
		else
			add_field(properties, required, field);
	}
	if (json_array_size(required) > 0)
		json_object_set(schema, "required", required);
	json_decref(required);
	return schema;
}
