/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "protocol/reasons.h"

static void
test_rows_are_whole(void **state)
{
	char line[REASON_LINE_SIZE];
	json_t *object;

	(void)state;
	for (int row = 0; row < REASON_COUNT; row++) {
		const struct reason *reason = reason_rows[row];

		assert_true(strlen(reason->code) > 1);
		assert_int_equal(
		    strspn(reason->code, "abcdefghijklmnopqrstuvwxyz_"), strlen(reason->code));
		assert_true(strlen(reason->text) > 3);
		assert_ptr_equal(reason_find(reason->code), reason);
		for (int other = 0; other < row; other++)
			assert_string_not_equal(reason->text, reason_rows[other]->text);
		reason_line(reason, line);
		object = json_parse_object(line, strlen(line));
		assert_string_equal(json_get_text(object, "error"), reason->text);
		assert_string_equal(json_get_text(object, "code"), reason->code);
		json_decref(object);
	}
	assert_null(reason_find("no_such_code"));
	assert_null(reason_find(NULL));
}

static void
test_a_cause_has_reason_and_words(void **state)
{
	struct cause why;

	(void)state;
	errno = ENOENT;
	assert_int_equal(cause_reason(&why, &reason_no_frame), -1);
	assert_ptr_equal(why.reason, &reason_no_frame);
	assert_string_equal(why.text, "no frame yet");
	assert_string_equal(cause_code(&why), "no_frame");
	cause_detail(&why, &reason_bad_argument, "%s out of\nrange", "fps");
	assert_string_equal(why.text, "fps out of?range");
	cause_default(&why, &reason_busy);
	assert_string_equal(cause_code(&why), "bad_argument");
	cause_set(&why, "something else");
	assert_null(cause_code(&why));
	cause_default(&why, &reason_busy);
	assert_string_equal(cause_code(&why), "busy");
	cause_clear(&why);
	assert_string_equal(why.text, "");
	assert_null(cause_code(&why));
	assert_int_equal(cause_detail(NULL, &reason_busy, "x"), -1);
	assert_int_equal(cause_copy(NULL, &why), -1);
	assert_int_equal(errno, ENOENT);
}

static void
check_line(json_t *object, const char *expected)
{
	char *line = json_line(object);

	assert_string_equal(line, expected);
	free(line);
	json_decref(object);
}

static void
test_json_has_the_code_beside_the_words(void **state)
{
	struct cause why;
	json_t *object = json_object();

	(void)state;
	cause_reason(&why, &reason_busy);
	check_line(reason_error(&why), "{\"error\":\"busy\",\"code\":\"busy\"}");
	check_line(reason_refusal(&why), "{\"ok\":false,\"reason\":\"busy\",\"code\":\"busy\"}");
	reason_put(object, "reason", &why);
	cause_set(&why, "a \xff");
	check_line(reason_error(&why), "{\"error\":\"a ?\"}");
	reason_put(object, "reason", &why); /* the code of before is gone */
	check_line(object, "{\"reason\":\"a ?\"}");
}

/* What another version says: its words are shown, a code from it that we do not know is not. */
static void
test_json_is_read_back(void **state)
{
	static const struct {
		const char *said, *text;
		const struct reason *reason;
	} cases[] = {
		{ "{\"reason\":\"no frame yet\",\"code\":\"no_frame\"}", "no frame yet",
		    &reason_no_frame },
		{ "{\"reason\":\"kein Bild\",\"code\":\"no_frame\"}", "kein Bild",
		    &reason_no_frame },
		{ "{\"reason\":\"no frame yet\"}", "no frame yet", NULL },
		{ "{\"reason\":\"it rains\",\"code\":\"wet\"}", "it rains", NULL },
		{ "{\"reason\":\"it rains\",\"code\":7}", "it rains", NULL },
		{ "{\"reason\":\"\",\"code\":\"no_frame\"}", "", NULL },
		{ "{\"code\":\"no_frame\"}", "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		json_t *object = json_parse_object(cases[i].said, strlen(cases[i].said));
		struct cause why;

		assert_int_equal(reason_get(object, "reason", &why), cases[i].text[0] != '\0');
		assert_string_equal(why.text, cases[i].text);
		assert_ptr_equal(why.reason, cases[i].reason);
		json_decref(object);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_are_whole),
		cmocka_unit_test(test_a_cause_has_reason_and_words),
		cmocka_unit_test(test_json_has_the_code_beside_the_words),
		cmocka_unit_test(test_json_is_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
