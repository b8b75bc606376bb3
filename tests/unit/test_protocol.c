/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <string.h>

#include "base/json.h"
#include "protocol/arguments.h"
#include "protocol/camera_name.h"
#include "protocol/commands.h"
#include "protocol/events.h"

static void
test_every_word_is_found(void **state)
{
	(void)state;
	for (int id = 0; id < COMMAND_COUNT; id++)
		assert_int_equal(command_find(command_rows[id].name), id);
	assert_int_equal(command_find("snapshot_now"), COMMAND_SNAPSHOT_NOW);
}

static void
test_other_words_are_not(void **state)
{
	static const char *const others[] = { "", "statu", "statuss", "STATUS", "snapshot-now",
		" get" };

	(void)state;
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		assert_int_equal(command_find(others[i]), COMMAND_COUNT);
}

static void
test_words_and_help_are_whole(void **state)
{
	(void)state;
	for (int id = 0; id < COMMAND_COUNT; id++) {
		const struct command_row *word = &command_rows[id];

		assert_int_equal(
		    strspn(word->name, "abcdefghijklmnopqrstuvwxyz_"), strlen(word->name));
		assert_true(strlen(word->help) > 5);
		assert_int_equal(word->help[strlen(word->help) - 1], '.');
		for (int other = 0; other < id; other++)
			assert_string_not_equal(word->name, command_rows[other].name);
	}
}

/* Commands that hand out descriptors, or speak for many, must not come from a browser. */
static void
test_a_browser_may_send(void **state)
{
	(void)state;
	assert_false(command_is_remote(COMMAND_ATTACH));
	assert_false(command_is_remote(COMMAND_SUBSCRIBE));
	assert_false(command_is_remote(COMMAND_VIEWERS));
	assert_false(command_is_remote(COMMAND_COUNT));
	assert_true(command_is_remote(COMMAND_STATUS));
	assert_true(command_is_remote(COMMAND_SET));
	assert_int_equal(command_rows[COMMAND_SET].role, COMMAND_OPERATOR);
	assert_int_equal(command_rows[COMMAND_SNAP_DELETE].role, COMMAND_OPERATOR);
	assert_int_equal(command_rows[COMMAND_EVENTS].role, COMMAND_VIEWER);
}

static void
test_camera_names(void **state)
{
	static const char *const good[] = { "cam", "0", "front-door", "a_b",
		"x23456789012345678901234567890ab" };
	static const char *const bad[] = { "", "Cam", "-a", "_a", "a/b", "..", ".", "a b", "a.b",
		"ä", "x23456789012345678901234567890abc" };

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		assert_true(camera_name_valid(good[i]));
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(camera_name_valid(bad[i]));
}

static void
test_events_are_found(void **state)
{
	(void)state;
	for (int id = 0; id < EVENT_COUNT; id++)
		assert_int_equal(event_find(event_rows[id].name), id);
	assert_int_equal(event_find("motio"), EVENT_COUNT);
	assert_true(event_is_numbered("motion"));
	assert_false(event_is_numbered("state"));
	assert_false(event_is_numbered("nonsense"));
}

/* A choice must be a literal, which the table cannot make by itself. */
static void
test_types_are_the_numbered_events(void **state)
{
	char types[256] = "";

	(void)state;
	for (int id = 0; id < EVENT_COUNT; id++) {
		if (event_rows[id].kind != EVENT_NUMBERED)
			continue;
		if (types[0] != '\0')
			strcat(types, "|");
		strcat(types, event_rows[id].name);
	}
	assert_string_equal(types, EVENT_TYPES);
}

static void
test_arguments_are_whole(void **state)
{
	(void)state;
	for (int id = 0; id < COMMAND_COUNT; id++) {
		for (const struct field *row = command_rows[id].arguments; row->name != NULL;
		     row++) {
			assert_true(strlen(row->help) > 2);
			assert_int_equal(
			    strspn(row->name, "abcdefghijklmnopqrstuvwxyz_"), strlen(row->name));
			if (row->type == FIELD_INTEGER)
				assert_true(row->min < row->max && row->initial <= row->max);
			if (row->type == FIELD_TEXT)
				assert_true(row->length > 0);
		}
	}
}

/* NULL: it is taken. */
static const char *
refusal(enum command_id id, const char *text)
{
	static struct cause why;
	json_t *command = json_parse_object(text, strlen(text));
	int result = arguments_check(command_rows[id].arguments, command, &why);

	json_decref(command);
	return result == -1 ? why.text : NULL;
}

static void
test_arguments_are_checked(void **state)
{
	(void)state;
	assert_null(refusal(COMMAND_EVENTS, "{\"cmd\":\"events\",\"type\":\"saved\"}"));
	assert_string_equal(
	    refusal(COMMAND_EVENTS, "{\"before\":true}"), "before must be an integer");
	assert_string_equal(refusal(COMMAND_EVENTS, "{\"before\":0}"), "before out of range");
	assert_string_equal(refusal(COMMAND_EVENTS, "{\"limit\":1001}"), "limit out of range");
	assert_string_equal(refusal(COMMAND_EVENTS, "{\"type\":\"state\"}"),
	    "type must be motion, motion_end, saved, camera or clip");
	assert_string_equal(refusal(COMMAND_EVENTS, "{\"type\":\"a word that is long\"}"),
	    "type must be a string of at most 15 bytes");
	assert_string_equal(refusal(COMMAND_STATUS, "{\"limit\":1}"), "unknown argument limit");
	assert_string_equal(refusal(COMMAND_SNAP_DELETE, "{}"), "missing name");
	assert_string_equal(
	    refusal(COMMAND_SUBSCRIBE, "{\"pulse\":1}"), "pulse must be true or false");
}

/* They have tables of their own. */
static void
test_settings_and_controls_are_not_looked_at(void **state)
{
	(void)state;
	assert_null(refusal(COMMAND_SET, "{\"nonsense\":1,\"tenths\":true}"));
	assert_string_equal(
	    refusal(COMMAND_SET, "{\"threshold\":1,\"tenths\":1}"), "tenths must be true or false");
	assert_null(refusal(COMMAND_CONTROL, "{\"nonsense\":\"1\"}"));
}

static void
test_what_is_left_out_has_its_initial_value(void **state)
{
	json_t *command = json_object();

	(void)state;
	assert_int_equal(arguments_check(command_rows[COMMAND_EVENTS].arguments, command, NULL), 0);
	assert_int_equal(argument_integer(command, "limit", 0), 50);
	assert_int_equal(argument_integer(command, "after", -1), -1);
	json_decref(command);
}

static void
test_arguments_are_told(void **state)
{
	json_t *names = arguments_names(command_rows[COMMAND_EVENTS].arguments);
	json_t *rows = arguments_describe(command_rows[COMMAND_EVENTS].arguments);
	json_t *limit = json_array_get(rows, 2), *type = json_array_get(rows, 5);

	(void)state;
	assert_string_equal(json_string_value(names), "before, after, limit, from, to, type");
	assert_string_equal(json_get_text(limit, "type"), "integer");
	assert_int_equal(json_integer_value(json_object_get(limit, "max")), 1000);
	assert_int_equal(json_integer_value(json_object_get(limit, "default")), 50);
	assert_string_equal(json_get_text(type, "type"), "choice");
	assert_int_equal(json_array_size(json_object_get(type, "choices")), 5);
	assert_true(json_is_true(json_object_get(type, "optional")));
	json_decref(names);
	json_decref(rows);
	names = arguments_names(command_rows[COMMAND_SET].arguments);
	assert_string_equal(json_string_value(names), "KEY: VALUE, …, tenths");
	json_decref(names);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_word_is_found),
		cmocka_unit_test(test_other_words_are_not),
		cmocka_unit_test(test_words_and_help_are_whole),
		cmocka_unit_test(test_a_browser_may_send),
		cmocka_unit_test(test_camera_names),
		cmocka_unit_test(test_events_are_found),
		cmocka_unit_test(test_types_are_the_numbered_events),
		cmocka_unit_test(test_arguments_are_whole),
		cmocka_unit_test(test_arguments_are_checked),
		cmocka_unit_test(test_settings_and_controls_are_not_looked_at),
		cmocka_unit_test(test_what_is_left_out_has_its_initial_value),
		cmocka_unit_test(test_arguments_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
