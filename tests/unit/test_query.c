/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <string.h>

#include "http/query.h"

static void
test_numbers(void **state)
{
	uint64_t number = 77;
	struct cause why;

	(void)state;
	assert_int_equal(query_number("", "n", 0, 9, &number, &why), 0);
	assert_int_equal(query_number("nn=5&m=n=3&xn=4", "n", 0, 9, &number, &why), 0);
	assert_int_equal(number, 77);
	assert_int_equal(query_number("a=1&n=5&b", "n", 0, 9, &number, &why), 1);
	assert_int_equal(number, 5);
	assert_int_equal(query_number("n=%35", "n", 0, 9, &number, &why), 1);
	assert_int_equal(
	    query_number("n=18446744073709551615", "n", 0, UINT64_MAX, &number, &why), 1);
	assert_true(number == UINT64_MAX);
}

static void
test_bad_numbers_name_the_parameter(void **state)
{
	static const char *const bad[] = { "n=", "n", "n=x", "n=1x", "n=-1", "n=+1", "n= 1",
		"n=1.0", "n=0x1", "n=10", "n=18446744073709551616", "n=1&n=1", "n=%", "n=%3",
		"n=%zz", "n=%00", "n=5%26", "n=\x7f", "n=1%0a", "x=1&n=5&n=x" };
	uint64_t number = 77;
	struct cause why;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(query_number(bad[i], "n", 0, 9, &number, &why), -1);
		assert_memory_equal(why.text, "n ", 2);
	}
	assert_int_equal(number, 77);
}

static void
test_others_are_not_judged(void **state)
{
	uint64_t number;

	(void)state;
	assert_int_equal(query_number("t=%zz&&=&n=1&t=1&t=2&%", "n", 0, 9, &number, NULL), 1);
}

static void
test_text(void **state)
{
	char value[QUERY_VALUE_SIZE], query[300];
	struct cause why;

	(void)state;
	assert_int_equal(query_text("a=%22x%2Dy%22&b", "a", value, &why), 1);
	assert_string_equal(value, "\"x-y\"");
	assert_int_equal(query_text("a=%22x%2Dy%22&b", "b", value, &why), 1);
	assert_string_equal(value, "");
	assert_int_equal(query_text("a=x%0Ay", "a", value, &why), -1);
	assert_int_equal(query_text("a=x%00", "a", value, &why), -1);
	memset(query, 'x', sizeof query);
	memcpy(query, "a=", 2);
	query[2 + QUERY_VALUE_SIZE - 1] = '\0';
	assert_int_equal(query_text(query, "a", value, &why), 1);
	assert_int_equal(strlen(value), QUERY_VALUE_SIZE - 1);
	query[2 + QUERY_VALUE_SIZE - 1] = 'x';
	query[2 + QUERY_VALUE_SIZE] = '\0';
	assert_int_equal(query_text(query, "a", value, &why), -1);
	assert_string_equal(why.text, "a is too long");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_bad_numbers_name_the_parameter),
		cmocka_unit_test(test_others_are_not_judged),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
