/* SPDX-License-Identifier: ISC */
#include "base/schedule.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

enum { DAYS = 7, MINUTE_S = 60, DAY_S = SCHEDULE_DAY * MINUTE_S, HORIZON_DAYS = 21 };

/* ---- parsing --------------------------------------------------------- */

struct schedule_word {
	const char *text;
	int length; /* 0: there is none */
};

struct schedule_entry {
	bool days[DAYS]; /* from Sunday */
	bool has_days, has_times;
};

static const char day_names[DAYS][4] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat" };

static void
mark(struct schedule *schedule, int day, int from, int minutes)
{
	for (int i = 0; schedule != NULL && i < minutes; i++)
		schedule->active[(day * SCHEDULE_DAY + from + i) % SCHEDULE_WEEK] = true;
}

static void
mark_days(struct schedule *schedule, const struct schedule_entry *entry, int from, int minutes)
{
	for (int day = 0; day < DAYS; day++)
		if (entry->days[day] || !entry->has_days)
			mark(schedule, day, from, minutes);
}

/* 0 = Sunday; -1: the three letters are no day. */
static int
day_number(const char *name)
{
	for (int day = 0; day < DAYS; day++)
		if (strncasecmp(name, day_names[day], 3) == 0)
			return day;
	return -1;
}

static int
parse_days(struct schedule_entry *entry, struct schedule_word word, struct cause *why)
{
	bool range = word.length == 7 && word.text[3] == '-';
	int first = word.length == 3 || range ? day_number(word.text) : -1;
	int last = range ? day_number(word.text + 4) : first;

	if (first == -1 || last == -1)
		return cause_set(why, "is no day (mon to sun, or a range as fri-mon)");
	if (range && first == last)
		return cause_set(why, "begins and ends on the same day");
	if (entry->has_times)
		return cause_set(why, "stands behind a time; days come first");
	for (int day = first; day != last; day = (day + 1) % DAYS)
		entry->days[day] = true;
	entry->days[last] = true;
	entry->has_days = true;
	return 0;
}

/* "HH:MM" in minutes, -1 when it is not. */
static int
time_minutes(const char *text)
{
	static const char form[] = "dd:dd";
	int hour, minute;

	for (int i = 0; form[i] != '\0'; i++)
		if (form[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
			return -1;
	hour = (text[0] - '0') * 10 + text[1] - '0';
	minute = (text[3] - '0') * 10 + text[4] - '0';
	return minute < 60 && hour * 60 + minute <= SCHEDULE_DAY ? hour * 60 + minute : -1;
}

static int
parse_time(struct schedule *schedule, struct schedule_entry *entry, struct schedule_word word,
    struct cause *why)
{
	bool range = word.length == 11 && word.text[5] == '-';
	int from = range ? time_minutes(word.text) : -1;
	int to = range ? time_minutes(word.text + 6) : -1;

	if (from == -1 || from == SCHEDULE_DAY || to == -1)
		return cause_set(why, "is no time of day (as 22:00-06:00, up to 24:00)");
	if (from == to)
		return cause_set(why, "begins and ends at the same time");
	mark_days(schedule, entry, from, to > from ? to - from : SCHEDULE_DAY - from + to);
	entry->has_times = true;
	return 0;
}

static struct schedule_word
next_word(const char **at)
{
	struct schedule_word word;

	*at += strspn(*at, " ");
	word = (struct schedule_word){ *at, (int)strcspn(*at, " ,") };
	*at += word.length;
	return word;
}

/* Up to its comma, or the end. */
static int
parse_entry(struct schedule *schedule, const char *text, const char **at, struct cause *why)
{
	struct schedule_entry entry = { 0 };
	struct schedule_word word;
	struct cause reason;
	int result = 0;

	while (result == 0 && (word = next_word(at)).length != 0)
		result = word.text[0] >= '0' && word.text[0] <= '9'
		    ? parse_time(schedule, &entry, word, &reason)
		    : parse_days(&entry, word, &reason);
	if (result == -1)
		return cause_set(why, "column %d: \"%.*s\" %s", (int)(word.text - text) + 1,
		    word.length < 32 ? word.length : 32, word.text, reason.text);
	if (!entry.has_days && !entry.has_times)
		return cause_set(
		    why, "column %d: a day or a time is missing", (int)(*at - text) + 1);
	if (!entry.has_times)
		mark_days(schedule, &entry, 0, SCHEDULE_DAY);
	return 0;
}

int
schedule_parse(struct schedule *schedule, const char *text, struct cause *why)
{
	const char *at = text + strspn(text, " ");

	if (schedule != NULL)
		*schedule = (struct schedule){ 0 };
	if (*at == '\0')
		return 0;
	do
		if (parse_entry(schedule, text, &at, why) == -1)
			return -1;
	while (*at++ == ',');
	return 0;
}

int
schedule_check(const char *text, struct cause *why)
{
	return schedule_parse(NULL, text, why);
}

/* ---- the wall clock -------------------------------------------------- */

static int
week_minute(const struct tm *wall)
{
	return wall->tm_wday * SCHEDULE_DAY + wall->tm_hour * 60 + wall->tm_min;
}

bool
schedule_active(const struct schedule *schedule, time_t now)
{
	struct tm wall;

	localtime_r(&now, &wall);
	return schedule->active[week_minute(&wall)];
}

static long
zone_offset(time_t now)
{
	struct tm wall;

	localtime_r(&now, &wall);
	return wall.tm_gmtoff;
}

/* `until`, or the first second after `now` at which the zone has another offset. */
static time_t
zone_change(time_t now, time_t until)
{
	long offset = zone_offset(now);

	if (zone_offset(until) == offset)
		return until;
	while (until - now > 1) {
		time_t middle = now + (until - now) / 2;

		if (zone_offset(middle) == offset)
			now = middle;
		else
			until = middle;
	}
	return until;
}

/* When the minute's state ends if nobody sets the clock; a day from now at most. */
static time_t
wall_change(const struct schedule *schedule, time_t now)
{
	struct tm wall;
	int minute, ahead = 1;

	localtime_r(&now, &wall);
	minute = week_minute(&wall);
	while (ahead < SCHEDULE_DAY &&
	    schedule->active[(minute + ahead) % SCHEDULE_WEEK] == schedule->active[minute])
		ahead++;
	return now - wall.tm_sec + (time_t)ahead * MINUTE_S;
}

time_t
schedule_next_change(const struct schedule *schedule, time_t now)
{
	bool active = schedule_active(schedule, now);
	/* A zone may skip a whole day: Samoa had no 30 December 2011. */
	time_t end = now + (time_t)HORIZON_DAYS * DAY_S;

	while (now < end) {
		now = zone_change(now, wall_change(schedule, now));
		if (schedule_active(schedule, now) != active)
			return now;
	}
	return -1;
}
