/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "protocol/settings.h"

#include <string.h>

#include "base/json.h"
#include "protocol/reasons.h"

#define SETTING_ROW(id, ...) [SETTING_##id] = { __VA_ARGS__ },
static const struct option_row settings_table[SETTING_COUNT] = { SETTINGS(SETTING_ROW) };
#undef SETTING_ROW

const struct option_program settings_program = {
	.name = "orield",
	.summary = "Owns one camera: captures, looks for motion, keeps events and pictures.",
	.version = PACKAGE_VERSION,
	.table = settings_table,
	.count = SETTING_COUNT,
};

json_t *
settings_tenths(long tenths)
{
	return tenths % 10 == 0 ? json_integer(tenths / 10) : json_real((double)tenths / 10);
}

json_t *
settings_json(const struct options *options, enum setting row)
{
	switch (options_row(options, row)->type) {
	case OPTION_INTEGER: return json_integer(options_number(options, row));
	case OPTION_TENTHS: return settings_tenths(options_number(options, row));
	case OPTION_BOOLEAN: return json_boolean(options_number(options, row));
	case OPTION_TEXT:
	case OPTION_CHOICE: break;
	}
	return json_words(options_text(options, row));
}

/* ---- what they are --------------------------------------------------- */

static void
settings_add_range(const struct option_row *row, json_t *out)
{
	bool tenths = row->type == OPTION_TENTHS;

	json_object_set_new(
	    out, "min", tenths ? settings_tenths(row->min) : json_integer(row->min));
	json_object_set_new(
	    out, "max", tenths ? settings_tenths(row->max) : json_integer(row->max));
	json_object_set_new(out, "step", tenths ? settings_tenths(1) : json_integer(1));
}

static json_t *
settings_description(const struct option_row *row)
{
	static const char *const types[] = { [OPTION_INTEGER] = "integer",
		[OPTION_TENTHS] = "number",
		[OPTION_BOOLEAN] = "boolean",
		[OPTION_TEXT] = "text",
		[OPTION_CHOICE] = "choice" };
	json_t *out = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b}", "name", row->name, "label",
	    row->label, "group", row->group, "type", types[row->type], "unit",
	    row->unit != NULL ? row->unit : "", "help", row->help, "live",
	    (row->flags & OPTION_LIVE) != 0);

	if (row->type == OPTION_INTEGER || row->type == OPTION_TENTHS)
		settings_add_range(row, out);
	if (row->type == OPTION_CHOICE)
		json_object_set_new(out, "choices", json_choices(row->choices));
	return out;
}

json_t *
settings_describe(void)
{
	json_t *out = json_array();

	for (size_t row = 0; row < SETTING_COUNT; row++)
		json_array_append_new(out, settings_description(&settings_table[row]));
	return out;
}

/* ---- what a stranger wants set --------------------------------------- */

/* The row of this exact name, if it may be set; else -1. */
static int
settings_find(const struct options *options, const char *name, struct cause *why)
{
	int row = options_find(options, name);

	if (strcmp(name, "frame_count") == 0 || strcmp(name, "trigger_count") == 0)
		return cause_detail(why, &reason_read_only, "%s is read-only", name);
	if (row == -1 || strcmp(options_row(options, (size_t)row)->name, name) != 0)
		return cause_detail(why, &reason_unknown_setting, "unknown setting %.64s", name);
	if (!(options_row(options, (size_t)row)->flags & OPTION_LIVE))
		return cause_detail(why, &reason_read_only, "%s is read-only", name);
	return row;
}

/* A number with one decimal. Without `tenths`, only an integer is allowed, as in the
 * tutorial. */
static int
settings_tenths_text(const struct option_row *row, const json_t *value, bool tenths,
    char text[OPTION_TEXT_SIZE], struct cause *why)
{
	double number = json_number_value(value) * 10;
	long nearest;

	if (!json_is_integer(value) && !(tenths && json_is_real(value)))
		return cause_set(
		    why, tenths ? "%s must be a number" : "%s must be an integer", row->name);
	if (!(number >= row->min && number <= row->max))
		return cause_set(why, "%s out of range", row->name);
	nearest = (long)(number + 0.5);
	if (number < (double)nearest - 1e-6 || number > (double)nearest + 1e-6)
		return cause_set(why, "%s must have one decimal at most", row->name);
	option_row_tenths(nearest, text);
	return 0;
}

/* The value as text for the options file. A JSON integer may be too large for a long. */
static int
settings_text(const struct option_row *row, const json_t *value, bool tenths,
    char text[OPTION_TEXT_SIZE], struct cause *why)
{
	switch (row->type) {
	case OPTION_INTEGER:
		if (!json_is_integer(value))
			return cause_set(why, "%s must be an integer", row->name);
		if (json_integer_value(value) < row->min || json_integer_value(value) > row->max)
			return cause_set(why, "%s out of range", row->name);
		snprintf(text, OPTION_TEXT_SIZE, "%lld", (long long)json_integer_value(value));
		return 0;
	case OPTION_TENTHS: return settings_tenths_text(row, value, tenths, text, why);
	case OPTION_BOOLEAN:
		if (!json_is_boolean(value))
			return cause_set(why, "%s must be true or false", row->name);
		strcpy(text, json_is_true(value) ? "yes" : "no");
		return 0;
	case OPTION_TEXT:
	case OPTION_CHOICE: break;
	}
	if (!json_is_string(value) || json_string_length(value) >= OPTION_TEXT_SIZE)
		return cause_set(why, "%s must be a string of at most %d bytes", row->name,
		    OPTION_TEXT_SIZE - 1);
	strcpy(text, json_string_value(value));
	return 0;
}

static int
settings_check_one(const struct options *options, const char *name, const json_t *value,
    bool tenths, json_t *texts, struct cause *why)
{
	char text[OPTION_TEXT_SIZE];
	int row = settings_find(options, name, why);

	if (row == -1 ||
	    settings_text(options_row(options, (size_t)row), value, tenths, text, why) == -1 ||
	    options_check(options, (size_t)row, text, why) == -1)
		return -1;
	if (json_object_set_new(texts, name, json_string(text)) == -1)
		return cause_reason(why, &reason_out_of_memory);
	return 0;
}

json_t *
settings_check(const struct options *options, const json_t *command, struct cause *why)
{
	json_t *texts = json_object(), *value, *tenths = json_object_get(command, "tenths");
	const char *name;

	json_object_foreach((json_t *)command, name, value) {
		if (strcmp(name, "cmd") == 0 || strcmp(name, "tenths") == 0)
			continue;
		if (settings_check_one(options, name, value, json_is_true(tenths), texts, why) ==
		    -1)
			goto fail;
	}
	if (json_object_size(texts) > 0)
		return texts;
	cause_detail(why, &reason_missing_argument, "missing threshold");
fail:
	json_decref(texts);
	return NULL;
}
