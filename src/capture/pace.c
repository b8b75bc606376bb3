/* SPDX-License-Identifier: ISC */
#include "capture/pace.h"

#include "base/clock.h"

#define UNKNOWN_NS (2 * CLOCK_S) /* an interval, before any is known */
#define FADE_NS (87 * CLOCK_S)	 /* the longest is halved in ln 2 of that: a minute */

static uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

void
pace_open(struct pace *pace, uint64_t announced_ns, bool waking, uint64_t now)
{
	pace->announced_ns = least(announced_ns, PACE_INTERVAL_MOST);
	pace->since_ns = now;
	pace->arrived = false;
	pace->waking = waking;
}

void
pace_forget(struct pace *pace)
{
	*pace = (struct pace){ 0 };
}

/* Smoothed; each of the first ones counts for as much as those before it. */
static void
measure(struct pace *pace, uint64_t interval)
{
	if (pace->intervals < PACE_SMOOTH)
		pace->intervals++;
	if (interval >= pace->mean_ns)
		pace->mean_ns += (interval - pace->mean_ns) / pace->intervals;
	else
		pace->mean_ns -= (pace->mean_ns - interval) / pace->intervals;
}

void
pace_arrive(struct pace *pace, uint64_t now)
{
	uint64_t silence = now > pace->since_ns ? now - pace->since_ns : 0;
	uint64_t patience = pace_patience_ns(pace);
	uint64_t interval = least(silence, least(4 * patience, PACE_INTERVAL_MOST));

	pace->longest_ns -= least(
	    pace->longest_ns, pace->longest_ns / 1000 * (interval / 1000) / (FADE_NS / 1000000));
	if ((pace->arrived || (pace->waking && silence > patience)) && interval > pace->longest_ns)
		pace->longest_ns = interval;
	if (pace->arrived)
		measure(pace, interval);
	pace->arrived = true;
	pace->since_ns = now;
}

uint64_t
pace_patience_ns(const struct pace *pace)
{
	uint64_t mean = pace->intervals > 0 ? pace->mean_ns : 0, steady, irregular;

	/* Drivers begin with a burst: a slow one is believed for a while. */
	if (pace->intervals < PACE_SMOOTH && pace->announced_ns > mean)
		mean = pace->announced_ns;
	if (pace->intervals == 0 && mean == 0)
		mean = UNKNOWN_NS;
	steady = 3 * mean + CLOCK_S;
	irregular = pace->longest_ns * 3 / 2 + CLOCK_S;
	return steady > irregular ? steady : irregular;
}
