/* SPDX-License-Identifier: ISC */
#include "protocol/arguments.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "protocol/reasons.h"

/* ---- does it fit? ---------------------------------------------------- */

/* "type must be motion, saved or camera" */
static int
argument_refuse_choice(const struct field *argument, const json_t *choices, struct cause *why)
{
	size_t count = json_array_size(choices), index, used = 0;
	char words[sizeof why->text] = "";
	json_t *choice;

	json_array_foreach((json_t *)choices, index, choice) {
		if (used < sizeof words)
			used += (size_t)snprintf(words + used, sizeof words - used, "%s%s",
			    index == 0		    ? ""
				: index + 1 < count ? ", "
						    : " or ",
			    json_string_value(choice));
	}
	return cause_set(why, "%s must be %s", argument->name, words);
}

static int
argument_check_choice(const struct field *argument, const json_t *value, struct cause *why)
{
	json_t *choices = json_choices(argument->choices), *choice;
	bool found = false;
	int result = 0;
	size_t index;

	json_array_foreach(choices, index, choice)
		found = found || json_equal(choice, value);
	if (!found)
		result = argument_refuse_choice(argument, choices, why);
	json_decref(choices);
	return result;
}

static int
argument_check_text(const struct field *argument, const json_t *value, struct cause *why)
{
	if (!json_is_string(value) || json_string_length(value) > (size_t)argument->length)
		return cause_set(why, "%s must be a string of at most %d bytes", argument->name,
		    argument->length);
	return argument->choices != NULL ? argument_check_choice(argument, value, why) : 0;
}

static int
argument_check(const struct field *argument, const json_t *value, struct cause *why)
{
	switch (argument->type) {
	case FIELD_INTEGER:
		if (!json_is_integer(value))
			return cause_set(why, "%s must be an integer", argument->name);
		if (json_integer_value(value) < argument->min ||
		    json_integer_value(value) > argument->max)
			return cause_set(why, "%s out of range", argument->name);
		return 0;
	case FIELD_BOOLEAN:
		return json_is_boolean(value)
		    ? 0
		    : cause_set(why, "%s must be true or false", argument->name);
	case FIELD_TEXT: return argument_check_text(argument, value, why);
	default: abort(); /* no argument has such a type */
	}
}

/* ---- all of them ----------------------------------------------------- */

/* Settings and controls have their own tables, so any name may be here. */
static bool
argument_is_open(const struct field *argument)
{
	return argument->type == FIELD_SETTINGS || argument->type == FIELD_CONTROLS;
}

static int
arguments_check_key(
    const struct field *arguments, const char *key, const json_t *value, struct cause *why)
{
	bool open = false;

	for (const struct field *argument = arguments; argument->name != NULL; argument++) {
		if (strcmp(argument->name, key) == 0 && !argument_is_open(argument))
			return argument_check(argument, value, why);
		open = open || argument_is_open(argument);
	}
	return open ? 0
		    : cause_detail(why, &reason_unknown_argument, "unknown argument %.64s", key);
}

int
arguments_check(const struct field *arguments, json_t *command, struct cause *why)
{
	const char *key;
	json_t *value;

	json_object_foreach(command, key, value) {
		if (strcmp(key, "cmd") != 0 &&
		    arguments_check_key(arguments, key, value, why) == -1)
			return -1;
	}
	for (const struct field *argument = arguments; argument->name != NULL; argument++) {
		if (json_object_get(command, argument->name) != NULL)
			continue;
		if (!argument->optional)
			return cause_detail(
			    why, &reason_missing_argument, "missing %s", argument->name);
		if (argument->initial != 0)
			json_object_set_new(
			    command, argument->name, json_integer(argument->initial));
	}
	return 0;
}

int64_t
argument_integer(const json_t *command, const char *name, int64_t otherwise)
{
	const json_t *value = json_object_get(command, name);

	return value != NULL ? json_integer_value(value) : otherwise;
}

/* ---- descriptions ---------------------------------------------------- */

static const char *
argument_name(const struct field *argument)
{
	switch (argument->type) {
	case FIELD_SETTINGS: return "KEY: VALUE, …";
	case FIELD_CONTROLS: return "NAME: VALUE, …";
	default: return argument->name;
	}
}

json_t *
arguments_names(const struct field *arguments)
{
	char names[256] = "";
	size_t used = 0;

	for (const struct field *argument = arguments; argument->name != NULL; argument++) {
		if (used < sizeof names)
			used += (size_t)snprintf(names + used, sizeof names - used, "%s%s",
			    argument == arguments ? "" : ", ", argument_name(argument));
	}
	return json_words(names);
}

static const char *
argument_type(const struct field *argument)
{
	switch (argument->type) {
	case FIELD_INTEGER: return "integer";
	case FIELD_BOOLEAN: return "boolean";
	case FIELD_SETTINGS: return "settings";
	case FIELD_CONTROLS: return "controls";
	default: return argument->choices != NULL ? "choice" : "text";
	}
}

static json_t *
argument_describe(const struct field *argument)
{
	json_t *out = json_pack("{s:s, s:s, s:s, s:b}", "name", argument->name, "type",
	    argument_type(argument), "help", argument->help, "optional", argument->optional);

	if (argument->type == FIELD_INTEGER) {
		json_object_set_new(out, "min", json_integer(argument->min));
		json_object_set_new(out, "max", json_integer(argument->max));
	}
	if (argument->initial != 0)
		json_object_set_new(out, "default", json_integer(argument->initial));
	if (argument->choices != NULL)
		json_object_set_new(out, "choices", json_choices(argument->choices));
	if (argument->unit != NULL)
		json_object_set_new(out, "unit", json_string(argument->unit));
	return out;
}

json_t *
arguments_describe(const struct field *arguments)
{
	json_t *list = json_array();

	for (const struct field *argument = arguments; argument->name != NULL; argument++)
		json_array_append_new(list, argument_describe(argument));
	return list;
}
