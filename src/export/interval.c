/* SPDX-License-Identifier: ISC */
#include "export/interval.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "protocol/limits.h"
#include "protocol/reasons.h"

/* ---- reading --------------------------------------------------------- */

/* Does `text` look like `form`, in which a 9 is any digit? */
static bool
text_like(const char *text, const char *form)
{
	for (; *form != '\0'; text++, form++) {
		if (*form == '9' ? *text < '0' || *text > '9' : *text != *form)
			return false;
	}
	return *text == '\0';
}

static bool
is_number(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	return digits > 0 && digits < 12 && text[digits] == '\0';
}

/* Do this day and time exist? (A time that daylight saving leaves out is accepted: mktime(3) takes
 * the one an hour later.) */
static bool
tm_is_real(const struct tm *tm)
{
	struct tm same = *tm;

	return tm->tm_hour < 24 && tm->tm_min < 60 && tm->tm_sec < 60 && timegm(&same) != -1 &&
	    same.tm_mon == tm->tm_mon; /* 31 April becomes 1 May */
}

/* Sets *day if the text is only a day. False: no known form, or not in the calendar. */
static bool
moment_read(const char *text, struct tm *tm, bool *day)
{
	static const char *const forms[] = { "9999-99-99", "9999-99-99T99:99",
		"9999-99-99T99:99:99" };
	bool found = false;

	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
		found = found || text_like(text, forms[i]);
	if (!found)
		return false;
	*tm = (struct tm){ .tm_isdst = -1 };
	sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d", &tm->tm_year, &tm->tm_mon, &tm->tm_mday,
	    &tm->tm_hour, &tm->tm_min, &tm->tm_sec);
	tm->tm_year -= 1900;
	tm->tm_mon -= 1;
	*day = strlen(text) == strlen(forms[0]);
	return tm_is_real(tm);
}

/* `end`: a text that is only a day means the day after it. */
static bool
moment_parse(const char *text, bool end, int64_t *seconds)
{
	char local[32];
	size_t length = strlen(text);
	bool utc = length > 0 && length < sizeof local && text[length - 1] == 'Z', day;
	struct tm tm;

	if (is_number(text)) {
		*seconds = strtoll(text, NULL, 10);
		return *seconds <= TIME_MAX;
	}
	snprintf(local, sizeof local, "%.*s", (int)(length - utc), text);
	if (!moment_read(local, &tm, &day))
		return false;
	if (day && end)
		tm.tm_mday++;
	*seconds = utc ? timegm(&tm) : mktime(&tm);
	return *seconds >= 0 && *seconds <= TIME_MAX;
}

static int
interval_side(const char *name, const char *text, bool end, int64_t *seconds, struct cause *why)
{
	if (text == NULL || text[0] == '\0' ||
	    (moment_parse(text, end, seconds) && (!end || *seconds > 0)))
		return 0;
	return cause_detail(why, &reason_bad_argument,
	    "%s must be seconds since 1970, or a time such as 2026-11-29 or 2026-11-29T06:30",
	    name);
}

int
interval_parse(
    struct interval *interval, const char *from, const char *to, int64_t now, struct cause *why)
{
	*interval = (struct interval){ .from = 0, .to = now + 1 };
	if (interval_side("from", from, false, &interval->from, why) == -1 ||
	    interval_side("to", to, true, &interval->to, why) == -1)
		return -1;
	return interval->from <= interval->to
	    ? 0
	    : cause_detail(why, &reason_bad_argument, "from is later than to");
}

/* ---- telling --------------------------------------------------------- */

static size_t
moment_name(int64_t seconds, char *name, size_t size)
{
	time_t when = (time_t)seconds;
	struct tm tm = { 0 };

	if (seconds == 0)
		return (size_t)snprintf(name, size, "start");
	localtime_r(&when, &tm);
	return strftime(name, size,
	    tm.tm_hour == 0 && tm.tm_min == 0 && tm.tm_sec == 0 ? "%Y-%m-%d" : "%Y-%m-%d_%H%M%S",
	    &tm);
}

void
interval_name(const struct interval *interval, char name[INTERVAL_NAME_SIZE])
{
	size_t used = moment_name(interval->from, name, INTERVAL_NAME_SIZE / 2 - 1);

	name[used++] = '-';
	moment_name(interval->to, name + used, INTERVAL_NAME_SIZE / 2);
}
