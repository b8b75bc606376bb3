/* SPDX-License-Identifier: ISC */
/* staleness: how long a camera may be silent before its newest picture is stale. Pure:
 * arrivals in, limit out; times are CLOCK_MONOTONIC in ns.
 *
 * Patience is three times the mean interval of arrivals and a second, and at least
 * one and a half times the longest interval lately and a second: steady slow cameras
 * are fresh by the first, irregular ones do not flap by the second. What the camera
 * announces counts until it has been measured. The mean is smoothed over
 * STALENESS_SMOOTH arrivals, the longest is halved in about a minute. One silence teaches
 * at most four times the limit that was: a pause is no staleness. */
#ifndef ORIEL_CAPTURE_STALENESS_H
#define ORIEL_CAPTURE_STALENESS_H

#include <stdbool.h>
#include <stdint.h>

enum { STALENESS_SMOOTH = 8 };

struct staleness {		      /* all zero: nothing known */
	uint64_t announced_ns;	      /* interval the camera promises; 0 = none */
	uint64_t mean_ns, longest_ns; /* as measured */
	uint64_t since_ns;	      /* the newest arrival, or the opening */
	unsigned intervals;	      /* measured so far; stops counting at STALENESS_SMOOTH */
	bool arrived, waking;	      /* since the opening; the time to the first picture counts */
};

/* Opened at `now`. What was measured stays: see staleness_forget. `waking`: the time
 * until the first picture says something when it is longer than the limit (of a
 * camera), or nothing (of a pipe whose writer has yet to come). */
void staleness_open(struct staleness *staleness, uint64_t announced_ns, bool waking, uint64_t now);

/* It is another camera. */
void staleness_forget(struct staleness *staleness);

void staleness_arrive(struct staleness *staleness, uint64_t now);

/* From the newest arrival, or from the opening: at most STALENESS_INTERVAL_MOST * 3 + 1 s. */
uint64_t staleness_limit_ns(const struct staleness *staleness);

#define STALENESS_INTERVAL_MOST (UINT64_C(60) * 1000000000) /* of one interval that is believed */

#endif
