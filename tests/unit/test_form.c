/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <string.h>

#include "http/form.h"
#include "http/origin.h"

static void
test_fields(void **state)
{
	static const struct {
		const char *body, *value; /* of "pass"; NULL: refused */
	} cases[] = {
		{ "user=a&pass=b", "b" },
		{ "pass=", "" },
		{ "", "" },
		{ "user=a", "" },
		{ "pass", "" },
		{ "passx=1", "" },
		{ "xpass=1&pass=2", "2" },
		{ "pass=a+b%2Bc%20d", "a b+c d" },
		{ "pass=%C3%A4%ff", "\xc3\xa4\xff" },
		{ "pass=a=b", "a=b" },
		{ "&&pass=x&&", "x" },
		{ "pass=1234567", "1234567" },
		{ "pass=%61&user=%", "a" },
		{ "pass=12345678", NULL },
		{ "pass=%", NULL },
		{ "pass=%4", NULL },
		{ "pass=%zz", NULL },
		{ "pass=%00", NULL },
		{ "pass=a&pass=b", NULL },
		{ "pass=&pass=", NULL },
		{ "pass=%4&", NULL },
	};
	char value[8];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		memset(value, 'x', sizeof value);
		assert_int_equal(
		    form_field(cases[i].body, strlen(cases[i].body), "pass", value, sizeof value),
		    cases[i].value != NULL);
		assert_string_equal(value, cases[i].value != NULL ? cases[i].value : "");
	}
	assert_true(
	    form_field("pass=abc", 7, "pass", value, sizeof value)); /* nothing behind its end */
	assert_string_equal(value, "ab");
	assert_true(form_field("pass=a%41", 7, "pass", value, sizeof value) == false);
}

static void
test_limiter(void **state)
{
	static const struct {
		const char *path, *mount;
		bool local;
	} cases[] = {
		{ "/", "", true },
		{ "/a/b?c=d&e#f", "", true },
		{ "/%2f%2fx", "", true },
		{ "/a//b", "", true },
		{ "", "", false },
		{ "a", "", false },
		{ "//a", "", false },
		{ "/\\a", "", false },
		{ "\\/a", "", false },
		{ "/a\\b", "", false },
		{ "http://a", "", false },
		{ "/\ta", "", false },
		{ "/a\r\nb", "", false },
		{ "/a b", "", false },
		{ "/\xc3\xa4", "", false },
		{ "/a\"b", "", false },
		{ "/<a>", "", false },
		{ "/a\x7f", "", false },
		{ "/door/", "/door", true },
		{ "/door/a", "/door", true },
		{ "/door", "/door", false },
		{ "/doors/", "/door", false },
		{ "/", "/door", false },
		{ "/a", "/door", false },
		{ "//door/", "/door", false },
	};
	char longest[NEXT_SIZE + 1];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		if (form_is_local(cases[i].path, cases[i].mount) != cases[i].local)
			fail_msg("%s below \"%s\"", cases[i].path, cases[i].mount);
	memset(longest, '/', sizeof longest);
	longest[1] = 'a';
	longest[NEXT_SIZE - 1] = '\0';
	assert_true(form_is_local(longest, ""));
	longest[NEXT_SIZE - 1] = 'a';
	longest[NEXT_SIZE] = '\0';
	assert_false(form_is_local(longest, ""));
}

static void
test_encoding(void **state)
{
	char encoded[NEXT_ENCODED_SIZE], all[NEXT_SIZE];

	(void)state;
	form_encode("/a-b_c.d~e?f=g&h%20+\"\xff", encoded);
	assert_string_equal(encoded, "/a-b_c.d~e%3Ff%3Dg%26h%2520%2B%22%FF");
	memset(all, '?', sizeof all - 1);
	all[sizeof all - 1] = '\0';
	form_encode(all, encoded);
	assert_int_equal(strlen(encoded), 3 * (NEXT_SIZE - 1));
}

static void
test_listed_origins(void **state)
{
	static const char list[] = " https://a.example  http://b:81 ";

	(void)state;
	assert_true(origin_listed(list, "https://a.example"));
	assert_true(origin_listed(list, "http://b:81"));
	static const char *const others[] = { "", "https://a.example.evil", "https://a.exampl",
		"http://b:8", "http://b", "null", "https://a.example  http://b:81",
		"HTTPS://a.example", " " };
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		assert_false(origin_listed(list, others[i]));
	assert_false(origin_listed("", ""));
}

/* The site's tests have the whole table; here is what a browser cannot be made to send. */
static void
test_own_origin(void **state)
{
	static const struct {
		const char *scheme, *host, *origin;
		bool ours;
	} cases[] = {
		{ "http", "cam:8080", "http://cam:8080", true },
		{ "https", "CAM", "https://cam", true },
		{ "http", "cam", "https://cam", false },
		{ "http", "cam", "http://cam.evil", false },
		{ "http", "cam", "http://ca", false },
		{ "", "cam", "http://cam", false },
		{ "", "cam", "://cam", false },
		{ "http", "", "http://", false },
		{ "http", "cam", "null", false },
		{ "http", "cam", "http//cam", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct request request = { .scheme = cases[i].scheme,
			.host = cases[i].host,
			.origin = cases[i].origin,
			.fetch_site = "" };

		assert_int_equal(origin_may_change(&request, "", true), cases[i].ours);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_limiter),
		cmocka_unit_test(test_encoding),
		cmocka_unit_test(test_listed_origins),
		cmocka_unit_test(test_own_origin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
