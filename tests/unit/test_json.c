/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"

static bool
parses(const char *text, size_t length)
{
	json_t *value = json_parse_object(text, length);
	bool whole = value != NULL;

	json_decref(value);
	return whole;
}

static void
test_only_whole_objects(void **state)
{
	static const char *const refused[] = { "", " ", "[]", "1", "\"x\"", "null", "{", "{}x",
		"{} {}", "{\"a\":1,\"a\":2}", "{'a':1}", "{\"a\":NaN}", "{\"a\":01}",
		"{\"\xff\":1}" };
	static const char nested[] = " {\"a\": [1, {\"b\": null}]}\r\n";

	(void)state;
	assert_true(parses("{}", 2));
	assert_true(parses(nested, strlen(nested)));
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
		assert_false(parses(refused[i], strlen(refused[i])));
	assert_false(parses("{}\0", 3));
	assert_false(parses("{\"a\":\"\\u0000\"}", 14));
}

static void
test_deep_nesting_is_refused(void **state)
{
	enum { DEPTH = 100000 };
	char *text = malloc(DEPTH + 5);

	(void)state;
	memcpy(text, "{\"a\":", 5);
	memset(text + 5, '[', DEPTH);
	assert_false(parses(text, DEPTH + 5));
	free(text);
}

static void
test_integers_are_integers(void **state)
{
	static const char text[] = "{\"i\":20,\"f\":20.0,\"s\":\"20\",\"b\":true,\"n\":null}";
	json_t *object = json_parse_object(text, strlen(text));
	long long number = -1;

	(void)state;
	assert_non_null(object);
	assert_true(json_get_integer(object, "i", 0, 100, &number));
	assert_int_equal(number, 20);
	assert_false(json_get_integer(object, "i", 0, 19, &number));
	assert_false(json_get_integer(object, "i", 21, 100, &number));
	for (const char *key = "fsbnx"; *key != '\0'; key++) {
		char name[2] = { *key, '\0' };

		assert_false(json_get_integer(object, name, 0, 100, &number));
	}
	assert_string_equal(json_get_text(object, "s"), "20");
	assert_null(json_get_text(object, "i"));
	json_decref(object);
}

static void
test_line_keeps_the_order(void **state)
{
	json_t *object = json_parse_object("{\"z\": 1, \"a\": [1, 2]}", 21);
	char *line = json_line(object);

	(void)state;
	assert_string_equal(line, "{\"z\":1,\"a\":[1,2]}");
	free(line);
	json_decref(object);
}

/* A camera's name in Latin-1, a reason cut within a letter: the rest stays as it is. */
static void
test_words_are_always_a_string(void **state)
{
	static const struct {
		const char *text, *shown;
	} cases[] = { { "", "" }, { "Caméra", "Caméra" }, { "Cam\xe9ra", "Cam?ra" },
		{ "Cam\xe9ra caf\u00e9", "Cam?ra café" }, { "caf\xc3", "caf?" },
		{ "\xe2\x82", "??" }, { "\xe2\x82\xac \xf0\x9f\x93\xb7", "€ \xf0\x9f\x93\xb7" },
		{ "\xc0\xaf", "??" }, { "\xed\xa0\x80", "???" }, { "\xf4\x90\x80\x80", "????" },
		{ "\xff\xfe", "??" } };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		json_t *words = json_words(cases[i].text);

		assert_non_null(words);
		assert_string_equal(json_string_value(words), cases[i].shown);
		json_decref(words);
	}
	for (int c = 1; c < 256; c++) {
		char text[] = { (char)c, 'a', (char)c, '\0' };
		json_t *words = json_words(text);

		assert_non_null(words);
		json_decref(words);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_whole_objects),
		cmocka_unit_test(test_deep_nesting_is_refused),
		cmocka_unit_test(test_integers_are_integers),
		cmocka_unit_test(test_line_keeps_the_order),
		cmocka_unit_test(test_words_are_always_a_string),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
