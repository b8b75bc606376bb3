/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "export/interval.h"

enum { NOW = 1795951800 };

static struct cause why;

static int
setup(void **state)
{
	(void)state;
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	why.text[0] = '\0';
	return 0;
}

static void
assert_interval(const char *from, const char *to, int64_t first, int64_t end)
{
	struct interval interval;

	if (interval_parse(&interval, from, to, NOW, &why) == -1)
		fail_msg("%s", why.text);
	assert_int_equal(interval.from, first);
	assert_int_equal(interval.to, end);
}

static void
assert_wrong(const char *from, const char *to, const char *words)
{
	struct interval interval;

	assert_int_equal(interval_parse(&interval, from, to, NOW, &why), -1);
	assert_non_null(strstr(why.text, words));
}

static void
test_forms(void **state)
{
	(void)state;
	assert_interval("", NULL, 0, NOW + 1);
	assert_interval("1000", "2000", 1000, 2000);
	/* a winter's day in central Europe, and a summer's */
	assert_interval("2026-11-29", "2026-11-29", 1795906800, 1795906800 + 86400);
	assert_interval("2026-07-01", "2026-07-01T06:30", 1782856800, 1782856800 + 23400);
	assert_interval("2026-11-29T00:00:01", "2026-11-29T00:00:02Z", 1795906801, 1795910402);
	/* the day when clocks go back has 25 hours */
	assert_interval("2026-10-25", "2026-10-25", 1792879200, 1792879200 + 25 * 3600);
	assert_interval("2026-11-29", "2026-11-29T00:00", 1795906800, 1795906800);
	assert_interval("2024-02-29", "2026-12-31", 1709161200, 1798758000);
}

static void
test_wrong(void **state)
{
	static const char *const texts[] = { "x", "-1", "+1", "1.5", " 1", "2026-11", "2026-11-31",
		"2026-13-01", "2026-02-29", "2026-00-01", "2026-01-00", "2026-11-29T24:00",
		"2026-11-29T10:60", "2026-11-29 10:00", "2026-11-29T10", "2026-11-29T10:00:60",
		"2026-11-29T10:00z", "2026-11-29T10:00+01:00", "Z", "2026-11-29x", "99999999999",
		"1900-01-01", "2026-11-29T06:30:15.5",
		"999999999999999999999999999999999999999999999999999999999999" };

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		assert_wrong(texts[i], "", "from must be");
		assert_wrong("", texts[i], "to must be");
	}
	assert_wrong("", "0", "to must be");
	assert_wrong("2026-11-29", "2026-11-27", "from is later than to");
}

static void
test_name(void **state)
{
	char name[INTERVAL_NAME_SIZE];

	(void)state;
	interval_name(&(struct interval){ 1795906800, 1795951800 }, name);
	assert_string_equal(name, "2026-11-29-2026-11-29_123000");
	interval_name(&(struct interval){ 0, 1795906800 }, name);
	assert_string_equal(name, "start-2026-11-29");
	interval_name(&(struct interval){ 8999999999, 8999999999 }, name);
	assert_string_equal(name, "2255-03-14_165959-2255-03-14_165959");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_forms, setup),
		cmocka_unit_test_setup(test_wrong, setup),
		cmocka_unit_test_setup(test_name, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
