/* SPDX-License-Identifier: ISC */
/* motion: how much of one picture changed, and whether that is motion. Beginning and end of motion:
 * span.h.
 *
 * Works on a small grey picture (1/8 scale) and gives a reason for every decision. Not
 * thread-safe: one detector a capture thread. Allocates only when the picture's
 * size changes. */
#ifndef ORIEL_MOTION_MOTION_H
#define ORIEL_MOTION_MOTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cause.h"

struct motion;

struct motion_settings {
	unsigned threshold; /* 0..1000: motion if more changed than this, in tenths of a percent */
	unsigned noise;	    /* 0..255: differences up to this many grey levels are noise */
	unsigned
	    light_switch; /* 1..100: a change of this many percent or more is light; 100 = off */
};

enum motion_held {
	MOTION_FREE,	 /* it is motion */
	MOTION_BELOW,	 /* change is not above the threshold */
	MOTION_LIGHT,	 /* nearly all of the picture changed */
	MOTION_WARMING,	 /* the background is not learned yet */
	MOTION_DISARMED, /* above, but motion is not armed now */
	/* These two depend on the pictures before: span.h. */
	MOTION_SHORT,	 /* above, but in too few pictures so far */
	MOTION_COOLDOWN, /* above, but too soon after the last motion began */
};

const char *motion_held_word(
    enum motion_held held); /* "", "below threshold", "light switch", "warming up", "too brief so
			       far", "cool-down" */

struct motion_verdict {
	enum motion_held held;
	uint32_t change;    /* tenths of a percent of the (unmasked) picture, 0..1000 */
	uint32_t threshold; /* tenths of a percent, at that time */
	uint32_t box_x, box_y, box_width,
	    box_height; /* around the change, in 1/8-scale pixels; 0 = none */
};

struct motion *motion_new(void);
void motion_free(struct motion **motion);

/* Look only where the mask is not black. `path`: a grey PGM (P5) of any size, which is scaled to
 * the picture; "" = look everywhere. -1 with *why. */
int motion_set_mask(struct motion *motion, const char *path, struct cause *why);

/* Judge one grey picture (lines packed) taken at mono_ns. A picture of another
 * size starts over with a new background. */
struct motion_verdict motion_judge(struct motion *motion, const struct motion_settings *settings,
    const unsigned char *grey, uint32_t width, uint32_t height, uint64_t mono_ns);

/* Forget the background: the camera has been away. */
void motion_forget(struct motion *motion);

#endif
