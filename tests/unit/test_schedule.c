/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/schedule.h"
#include "random.h"

/* ---- the grammar ----------------------------------------------------- */

/* How many minutes of a week it has; -1: refused. */
static int
minutes(const char *text, struct cause *why)
{
	static struct schedule schedule;
	int count = 0;

	if (schedule_parse(&schedule, text, why) == -1)
		return -1;
	for (int i = 0; i < SCHEDULE_WEEK; i++)
		count += schedule.active[i];
	return count;
}

static void
test_grammar(void **state)
{
	enum { H = 60, D = SCHEDULE_DAY };
	static const struct {
		const char *text;
		int minutes;
	} rows[] = {
		{ "", 0 },
		{ "  ", 0 },
		{ "mon", D },
		{ "mon-fri", 5 * D },
		{ "fri-mon", 4 * D },
		{ "sun-sat", 7 * D },
		{ "sat sun", 2 * D },
		{ "mon,mon", D },
		{ "Sat SUN,mon", 3 * D },
		{ "mon 08:00-09:30", H + H / 2 },
		{ "22:00-06:00", 7 * 8 * H },
		{ "sat 22:00-06:00", 8 * H },
		{ "sat 22:00-00:00", 2 * H },
		{ "sat 22:00-24:00", 2 * H },
		{ "sat 00:00-24:00", D },
		{ "tue 06:00-08:00 18:00-20:00", 4 * H },
		{ "mon-fri 22:00-06:00, sat sun", 40 * H + 2 * D - 6 * H },
		{ " mon  tue ,  wed ", 3 * D },
		{ "mon 23:59-00:01", 2 },
	};
	struct cause why;

	(void)state;
	for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (minutes(rows[i].text, &why) != rows[i].minutes)
			fail_msg("\"%s\": %d", rows[i].text, minutes(rows[i].text, NULL));
}

static void
test_refusals(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "mond", "column 1: \"mond\" is no day (mon to sun, or a range as fri-mon)" },
		{ "mon tu", "column 5: \"tu\" is no day (mon to sun, or a range as fri-mon)" },
		{ "mon - fri", "column 5: \"-\" is no day (mon to sun, or a range as fri-mon)" },
		{ "mon-xxx",
		    "column 1: \"mon-xxx\" is no day (mon to sun, or a range as fri-mon)" },
		{ "mon\ttue",
		    "column 1: \"mon?tue\" is no day (mon to sun, or a range as fri-mon)" },
		{ "tue-tue", "column 1: \"tue-tue\" begins and ends on the same day" },
		{ "8:00-9:00",
		    "column 1: \"8:00-9:00\" is no time of day (as 22:00-06:00, up to 24:00)" },
		{ "mon, 25:00-26:00",
		    "column 6: \"25:00-26:00\" is no time of day (as 22:00-06:00, up to 24:00)" },
		{ "00:00-24:01",
		    "column 1: \"00:00-24:01\" is no time of day (as 22:00-06:00, up to 24:00)" },
		{ "24:00-01:00",
		    "column 1: \"24:00-01:00\" is no time of day (as 22:00-06:00, up to 24:00)" },
		{ "10:60-11:00",
		    "column 1: \"10:60-11:00\" is no time of day (as 22:00-06:00, up to 24:00)" },
		{ "10:00-11:00:00",
		    "column 1: \"10:00-11:00:00\" is no time of day (as 22:00-06:00, up to 24:00)" },
		{ "mon 06:00-06:00", "column 5: \"06:00-06:00\" begins and ends at the same time" },
		{ "06:00-08:00 mon", "column 13: \"mon\" stands behind a time; days come first" },
		{ "mon,,tue", "column 5: a day or a time is missing" },
		{ ",mon", "column 1: a day or a time is missing" },
		{ "mon, ", "column 6: a day or a time is missing" },
	};
	struct cause why;

	(void)state;
	for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(minutes(rows[i].text, &why), -1);
		assert_string_equal(why.text, rows[i].why);
		assert_int_equal(schedule_check(rows[i].text, NULL), -1);
	}
}

/* ---- the zones ------------------------------------------------------- */

static void
set_zone(const char *zone)
{
	char path[64];

	snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", zone);
	if (access(path, R_OK) == -1)
		skip();
	setenv("TZ", zone, 1);
	tzset();
}

static time_t
at(const char *utc)
{
	struct tm when = { 0 };

	assert_non_null(strptime(utc, "%Y-%m-%d %H:%M", &when));
	return timegm(&when);
}

static void
test_changes(void **state)
{
	/* From a time on: the changes one after the other; all in UTC. None: never. */
	static const struct {
		const char *zone, *schedule, *from;
		bool active;
		const char *changes[4];
	} rows[] = {
		{ "Europe/Berlin", "", "2026-01-01 00:00", false, { NULL } },
		{ "Europe/Berlin", "mon-sun", "2026-01-01 00:00", true, { NULL } },
		{ "Europe/Berlin", "00:00-24:00", "2026-03-01 00:00", true, { NULL } },
		{ "Europe/Berlin", "mon-fri 22:00-06:00, sat sun", "2026-01-09 12:00", false,
		    { "2026-01-09 21:00", "2026-01-11 23:00", "2026-01-12 21:00",
			"2026-01-13 05:00" } },
		/* 29 March: 02:00 to 03:00 does not come. */
		{ "Europe/Berlin", "sun 01:00-02:30", "2026-03-28 12:00", false,
		    { "2026-03-29 00:00", "2026-03-29 01:00", "2026-04-04 23:00" } },
		{ "Europe/Berlin", "sun 02:00-03:00", "2026-03-28 12:00", false,
		    { "2026-04-05 00:00", "2026-04-05 01:00" } },
		{ "Europe/Berlin", "sun 02:30-04:00", "2026-03-28 12:00", false,
		    { "2026-03-29 01:00", "2026-03-29 02:00" } },
		{ "Europe/Berlin", "sat 22:00-06:00", "2026-03-28 12:00", false,
		    { "2026-03-28 21:00", "2026-03-29 04:00" } },
		/* 25 October: 02:00 to 03:00 comes twice. */
		{ "Europe/Berlin", "sun 02:00-02:30", "2026-10-24 12:00", false,
		    { "2026-10-25 00:00", "2026-10-25 00:30", "2026-10-25 01:00",
			"2026-10-25 01:30" } },
		{ "Europe/Berlin", "sun 02:00-03:00", "2026-10-24 12:00", false,
		    { "2026-10-25 00:00", "2026-10-25 02:00" } },
		{ "Europe/Berlin", "sun 03:00-04:00", "2026-10-24 12:00", false,
		    { "2026-10-25 02:00", "2026-10-25 03:00" } },
		{ "America/New_York", "sun 01:30-02:00", "2026-10-31 12:00", false,
		    { "2026-11-01 05:30", "2026-11-01 06:00", "2026-11-01 06:30",
			"2026-11-01 07:00" } },
		{ "America/New_York", "sat 23:00-03:00", "2026-03-07 12:00", false,
		    { "2026-03-08 04:00", "2026-03-08 07:00" } },
		/* Half an hour: 5 April 02:00 is 01:30 again. */
		{ "Australia/Lord_Howe", "sun 01:30-01:45", "2026-04-04 12:00", false,
		    { "2026-04-04 14:30", "2026-04-04 14:45", "2026-04-04 15:00",
			"2026-04-04 15:15" } },
		/* No 30 December 2011, a Friday. */
		{ "Pacific/Apia", "fri", "2011-12-29 12:00", false,
		    { "2012-01-05 10:00", "2012-01-06 10:00" } },
		{ "Pacific/Apia", "thu 22:00-06:00", "2011-12-29 12:00", false,
		    { "2011-12-30 08:00", "2011-12-30 10:00" } },
		{ "Pacific/Apia", "fri", "2011-12-24 12:00", false,
		    { "2012-01-05 10:00", "2012-01-06 10:00" } },
	};
	static struct schedule schedule;

	(void)state;
	for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		time_t now;

		set_zone(rows[i].zone);
		assert_int_equal(schedule_parse(&schedule, rows[i].schedule, NULL), 0);
		now = at(rows[i].from);
		assert_int_equal(schedule_active(&schedule, now), rows[i].active);
		if (rows[i].changes[0] == NULL)
			assert_int_equal(schedule_next_change(&schedule, now), -1);
		for (unsigned k = 0; k < 4 && rows[i].changes[k] != NULL; k++) {
			char text[32];

			now = schedule_next_change(&schedule, now);
			strftime(text, sizeof text, "%Y-%m-%d %H:%M", gmtime(&now));
			if (strcmp(text, rows[i].changes[k]) != 0)
				fail_msg("%s, \"%s\", change %u: %s", rows[i].zone,
				    rows[i].schedule, k + 1, text);
		}
	}
}

/* ---- against a slow and simple one ----------------------------------- */

enum { ENTRIES = 3, WEEKS = 3, ROUNDS = 4 };

struct entry {
	int first, last; /* days */
	int from, to;	 /* minutes */
};

static int
entry_text(const struct entry *entry, char *text, size_t size)
{
	static const char *const days[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat" };
	char range[8] = "";

	if (entry->first != entry->last)
		snprintf(range, sizeof range, "-%s", days[entry->last]);
	return snprintf(text, size, "%s%s %02d:%02d-%02d:%02d", days[entry->first], range,
	    entry->from / 60, entry->from % 60, entry->to / 60, entry->to % 60);
}

static bool
entry_has_day(const struct entry *entry, int day)
{
	return (day - entry->first + 7) % 7 <= (entry->last - entry->first + 7) % 7;
}

static bool
entry_active(const struct entry *entry, const struct tm *wall)
{
	int minute = wall->tm_hour * 60 + wall->tm_min;
	bool today = entry_has_day(entry, wall->tm_wday);

	if (entry->from < entry->to)
		return today && minute >= entry->from && minute < entry->to;
	return (today && minute >= entry->from) ||
	    (entry_has_day(entry, (wall->tm_wday + 6) % 7) && minute < entry->to);
}

static void
make_schedule(struct random *random, struct entry entries[ENTRIES], struct schedule *schedule)
{
	char text[128];
	int used = 0;

	for (int i = 0; i < ENTRIES; i++) {
		struct entry *entry = &entries[i];

		entry->first = (int)random_below(random, 7);
		entry->last = (int)random_below(random, 7);
		entry->from = (int)random_below(random, SCHEDULE_DAY);
		/* Often in the hours in which clocks are changed. */
		entry->to = (int)random_below(random, random_below(random, 2) ? 240 : SCHEDULE_DAY);
		entry->to += entry->to == entry->from;
		used += snprintf(text + used, sizeof text - (size_t)used, "%s", i > 0 ? "," : "");
		used += entry_text(entry, text + used, sizeof text - (size_t)used);
	}
	assert_int_equal(schedule_parse(schedule, text, NULL), 0);
}

static void
compare_weeks(const struct schedule *schedule, const struct entry entries[ENTRIES], time_t begin)
{
	time_t change = begin, now = begin;
	bool before = false;

	for (; now < begin + WEEKS * SCHEDULE_WEEK * 60; now += 60) {
		bool active = false;
		struct tm wall;

		localtime_r(&now, &wall);
		for (int i = 0; i < ENTRIES; i++)
			active |= entry_active(&entries[i], &wall);
		assert_int_equal(schedule_active(schedule, now), active);
		if (now > begin && active != before)
			assert_int_equal(change, now);
		if (now == begin || active != before)
			change = schedule_next_change(schedule, now + 59);
		before = active;
	}
	assert_true(change == -1 || change >= now - 60);
}

static void
test_against_minutes(void **state)
{
	static const struct {
		const char *zone, *begin; /* a week and a half before the clock is changed */
	} rows[] = {
		{ "Europe/Berlin", "2026-03-18 10:00" },
		{ "Europe/Berlin", "2026-10-14 10:00" },
		{ "America/New_York", "2026-02-26 03:00" },
		{ "America/New_York", "2026-10-21 03:00" },
		{ "Australia/Lord_Howe", "2026-03-25 05:00" },
		{ "Australia/Lord_Howe", "2026-09-24 05:00" },
		{ "Pacific/Apia", "2011-12-20 20:00" },
	};
	struct random random = { 20261129 };
	static struct schedule schedule;

	(void)state;
	for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		set_zone(rows[i].zone);
		for (int round = 0; round < ROUNDS; round++) {
			struct entry entries[ENTRIES];

			make_schedule(&random, entries, &schedule);
			compare_weeks(&schedule, entries, at(rows[i].begin));
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grammar),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_against_minutes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
