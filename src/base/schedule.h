/* SPDX-License-Identifier: ISC */
/* schedule: times of the week, as people write them: "mon-fri 22:00-06:00, sat sun".
 *
 *	schedule = [entry {"," entry}]		nothing: never
 *	entry    = days | times | days times
 *	days     = day {day}			each "mon", or "fri-mon" (round the end of the week)
 *	times    = time {time}			each "HH:MM-HH:MM", up to 24:00
 *
 * Days without times are whole days, times without days are every day's. A time that ends before
 * it begins goes on past midnight and belongs to the day it began. Words have a space between
 * them; upper case is as lower case.
 *
 * Times are the wall clock's, in the zone of the C library (TZ). A time that a change of the clock
 * leaves out does not come, one that it repeats comes twice. */
#ifndef ORIEL_BASE_SCHEDULE_H
#define ORIEL_BASE_SCHEDULE_H

#include <stdbool.h>
#include <time.h>

#include "base/cause.h"

enum { SCHEDULE_DAY = 24 * 60, SCHEDULE_WEEK = 7 * SCHEDULE_DAY }; /* minutes */

struct schedule {
	bool active[SCHEDULE_WEEK]; /* each minute from Sunday, 00:00 */
};

/* -1: *why names the column and the word. `schedule` may be NULL, to check only. */
int schedule_parse(struct schedule *schedule, const char *text, struct cause *why);

/* The same, as a row of options has it. */
int schedule_check(const char *text, struct cause *why);

bool schedule_active(const struct schedule *schedule, time_t now);

/* The first second after `now` at which that changes; -1: never. */
time_t schedule_next_change(const struct schedule *schedule, time_t now);

#endif
