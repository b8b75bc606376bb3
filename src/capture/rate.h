/* SPDX-License-Identifier: ISC */
/* rate: how fast frames come, measured over the newest ones. */
#ifndef ORIEL_CAPTURE_RATE_H
#define ORIEL_CAPTURE_RATE_H

#include <stdint.h>

enum { RATE_STAMPS = 32 };

struct rate {			      /* all zero: nothing measured yet */
	uint64_t stamps[RATE_STAMPS]; /* monotonic */
	uint64_t count;
};

static inline void
rate_add(struct rate *rate, uint64_t mono_ns)
{
	/* If a driver's stamps run backwards, begin anew. */
	if (rate->count > 0 && mono_ns < rate->stamps[(rate->count - 1) % RATE_STAMPS])
		rate->count = 0;
	rate->stamps[rate->count++ % RATE_STAMPS] = mono_ns;
}

/* Mean time between two frames, ns; 0 = not known yet. */
static inline uint64_t
rate_frame_ns(const struct rate *rate)
{
	uint64_t held = rate->count < RATE_STAMPS ? rate->count : RATE_STAMPS;

	if (held < 2)
		return 0;
	return (rate->stamps[(rate->count - 1) % RATE_STAMPS] -
		   rate->stamps[(rate->count - held) % RATE_STAMPS]) /
	    (held - 1);
}

#endif
