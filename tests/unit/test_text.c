/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <string.h>

#include "base/text.h"

static const struct {
	const char *text, *escaped, *blanked;
} texts[] = {
	{ "", "", "" },
	{ "Einfahrt \xc3\xa4\xe2\x82\xac\xf0\x9f\x93\xb7",
	    "Einfahrt \xc3\xa4\xe2\x82\xac\xf0\x9f\x93\xb7",
	    "Einfahrt \xc3\xa4\xe2\x82\xac\xf0\x9f\x93\xb7" },
	{ "\x1b[2J\r\n\tx\x7f", "\\x1b[2J\\x0d\\x0a\\x09x\\x7f", "?[2J???x?" },
	{ "a\xc2\x9b"
	  "31mb",
	    "a\\u009b31mb", "a??31mb" },
	{ "gnp\xe2\x80\xae.exe\xe2\x81\xa6", "gnp\\u202e.exe\\u2066", "gnp???.exe???" },
	{ "K\xfc"
	  "che\x9b",
	    "K\\xfcche\\x9b", "K?che?" },
	{ "\xc0\x9b\xe0\x80\x9b\xed\xa0\x80\xf4\x90\x80\x80",
	    "\\xc0\\x9b\\xe0\\x80\\x9b\\xed\\xa0\\x80\\xf4\\x90\\x80\\x80", "????????????" },
	{ "cut \xe2\x82", "cut \\xe2\\x82", "cut ??" },
};

static void
test_what_a_terminal_acts_on(void **state)
{
	char out[128];

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		assert_int_equal(
		    text_escape(texts[i].text, out, sizeof out), strlen(texts[i].escaped));
		assert_string_equal(out, texts[i].escaped);
		strcpy(out, texts[i].text);
		text_blank(out);
		assert_string_equal(out, texts[i].blanked);
	}
}

static void
test_cut_at_a_whole_one(void **state)
{
	char out[7];

	(void)state;
	assert_int_equal(text_escape("ab\x1b"
				     "c",
			     out, 6),
	    2);
	assert_string_equal(out, "ab");
	assert_int_equal(text_escape("ab\x1b"
				     "c",
			     out, 7),
	    6);
	assert_int_equal(text_escape("ab\xc3\xa4", out, 4), 2);
	assert_int_equal(text_escape("x", out, 1), 0);
	assert_string_equal(out, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_a_terminal_acts_on),
		cmocka_unit_test(test_cut_at_a_whole_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
