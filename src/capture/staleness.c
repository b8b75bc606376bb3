/* SPDX-License-Identifier: ISC */
#include "capture/staleness.h"

#include "base/clock.h"

#define UNKNOWN_NS (2 * CLOCK_S) /* the interval, while none is known */
#define FADE_NS (87 * CLOCK_S)	 /* `longest` is halved in ln 2 of that: a minute */

static uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

void
staleness_open(struct staleness *staleness, uint64_t announced_ns, bool waking, uint64_t now)
{
	staleness->announced_ns = least(announced_ns, STALENESS_INTERVAL_MOST);
	staleness->since_ns = now;
	staleness->arrived = false;
	staleness->waking = waking;
}

void
staleness_forget(struct staleness *staleness)
{
	*staleness = (struct staleness){ 0 };
}

/* A running mean of the first intervals, then a smoothed one. */
static void
measure(struct staleness *staleness, uint64_t interval)
{
	if (staleness->intervals < STALENESS_SMOOTH)
		staleness->intervals++;
	if (interval >= staleness->mean_ns)
		staleness->mean_ns += (interval - staleness->mean_ns) / staleness->intervals;
	else
		staleness->mean_ns -= (staleness->mean_ns - interval) / staleness->intervals;
}

void
staleness_arrive(struct staleness *staleness, uint64_t now)
{
	uint64_t silence = now > staleness->since_ns ? now - staleness->since_ns : 0;
	uint64_t limit = staleness_limit_ns(staleness);
	uint64_t interval = least(silence, least(4 * limit, STALENESS_INTERVAL_MOST));

	staleness->longest_ns -= least(staleness->longest_ns,
	    staleness->longest_ns / 1000 * (interval / 1000) / (FADE_NS / 1000000));
	if ((staleness->arrived || (staleness->waking && silence > limit)) &&
	    interval > staleness->longest_ns)
		staleness->longest_ns = interval;
	if (staleness->arrived)
		measure(staleness, interval);
	staleness->arrived = true;
	staleness->since_ns = now;
}

uint64_t
staleness_limit_ns(const struct staleness *staleness)
{
	uint64_t mean = staleness->intervals > 0 ? staleness->mean_ns : 0, steady, irregular;

	/* Drivers begin with a burst, so the announced interval counts for a while. */
	if (staleness->intervals < STALENESS_SMOOTH && staleness->announced_ns > mean)
		mean = staleness->announced_ns;
	if (staleness->intervals == 0 && mean == 0)
		mean = UNKNOWN_NS;
	steady = 3 * mean + CLOCK_S;
	irregular = staleness->longest_ns * 3 / 2 + CLOCK_S;
	return steady > irregular ? steady : irregular;
}
