/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <string.h>

#include "protocol/camera_name.h"
#include "protocol/commands.h"
#include "protocol/events.h"

static void
test_every_word_is_found(void **state)
{
	(void)state;
	for (int id = 0; id < COMMAND_COUNT; id++)
		assert_int_equal(command_find(command_words[id].name), id);
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
		const struct command_word *word = &command_words[id];

		assert_int_equal(
		    strspn(word->name, "abcdefghijklmnopqrstuvwxyz_"), strlen(word->name));
		assert_true(strlen(word->help) > 5);
		assert_int_equal(word->help[strlen(word->help) - 1], '.');
		for (int other = 0; other < id; other++)
			assert_string_not_equal(word->name, command_words[other].name);
	}
}

/* What hands out descriptors or speaks for many must not come from a browser. */
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
	assert_int_equal(command_words[COMMAND_SET].role, COMMAND_OPERATOR);
	assert_int_equal(command_words[COMMAND_SNAP_DELETE].role, COMMAND_OPERATOR);
	assert_int_equal(command_words[COMMAND_EVENTS].role, COMMAND_VIEWER);
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
