/* SPDX-License-Identifier: ISC */
/* staleness: how long a camera may be silent before its newest picture is stale. Pure:
 * arrivals in, limit out; times are CLOCK_MONOTONIC in ns.
 *
 * The limit is the larger of two: three times the mean interval of arrivals plus a
 * second (so that steady slow cameras are fresh), and one and a half times the longest
 * recent interval plus a second (so that irregular cameras do not flap). Until enough is
 * measured, the announced interval counts too. The mean is smoothed over STALENESS_SMOOTH
 * arrivals; the longest interval is halved in about a minute. An interval is measured as
 * at most four times the limit, so that one long pause does not teach too much. */
#ifndef ORIEL_CAPTURE_STALENESS_H
#define ORIEL_CAPTURE_STALENESS_H

#include <stdbool.h>
#include <stdint.h>

enum { STALENESS_SMOOTH = 8 };

struct staleness {		      /* all zero: nothing known */
	uint64_t announced_ns;	      /* the interval that the camera announces; 0 = none */
	uint64_t mean_ns, longest_ns; /* as measured */
	uint64_t since_ns;	      /* the newest arrival, or the opening */
	unsigned intervals;	      /* measured so far; stops counting at STALENESS_SMOOTH */
	bool arrived, waking;	      /* since the opening; `waking`: see staleness_open */
};

/* Opened at `now`. Measured values stay: see staleness_forget. `waking` (of a camera): the
 * time until the first picture is measured too if it is longer than the limit. Not of a
 * pipe, whose writer may come later. */
void staleness_open(struct staleness *staleness, uint64_t announced_ns, bool waking, uint64_t now);

/* Another camera: forget all measured values. */
void staleness_forget(struct staleness *staleness);

void staleness_arrive(struct staleness *staleness, uint64_t now);

/* Counted from the newest arrival, or from the opening. At most STALENESS_INTERVAL_MOST * 3 + 1 s.
 */
uint64_t staleness_limit_ns(const struct staleness *staleness);

#define STALENESS_INTERVAL_MOST (UINT64_C(60) * 1000000000) /* longer intervals count as this */

#endif
