/* SPDX-License-Identifier: ISC */
/* span: when motion begins and when it ends.
 *
 * It takes each analysed picture, above the threshold or not, and says when a span of motion begins
 * and when it ends. Pure: no clock, no allocation; all state is in a struct, all zero at first. */
#ifndef ORIEL_MOTION_SPAN_H
#define ORIEL_MOTION_SPAN_H

#include <stdbool.h>
#include <stdint.h>

struct span_settings {
	unsigned gap_ms;      /* it ends after this long without a picture above the threshold */
	unsigned pictures;    /* it begins after this many in a row above the threshold; 0 = 1 */
	unsigned cooldown_ms; /* the shortest time between two beginnings */
};

struct span_picture {
	bool above;	 /* above the threshold, and it was motion */
	uint32_t change; /* tenths of a percent */
	uint64_t mono_ns, wall_ns;
};

enum span_step {
	SPAN_NONE,     /* no span is open, and the picture was not above */
	SPAN_SHORT,    /* above, but in too few pictures so far */
	SPAN_COOLDOWN, /* above, but too soon after the last beginning */
	SPAN_BEGINS,   /* with this picture */
	SPAN_LASTS,    /* a span is open */
	SPAN_ENDS,     /* the gap is over; the struct has the final values */
};

struct span {
	bool open;
	unsigned run;		     /* pictures above in a row */
	bool any;		     /* a span has begun before */
	uint64_t begun_ns, above_ns; /* CLOCK_MONOTONIC: the beginning; the last picture above */
	uint64_t begun_wall_ns, peak_wall_ns;
	uint32_t peak; /* the largest change since the beginning, tenths of a percent */
};

/* Take the next picture. If its time is before that of the last one, it counts as the same time. */
enum span_step span_look(
    struct span *span, const struct span_settings *settings, const struct span_picture *picture);

/* End the span now: the camera is gone, or motion is off. False: none was open. */
bool span_end(struct span *span);

/* From its beginning to its last picture above the threshold, nanoseconds. */
uint64_t span_length_ns(const struct span *span);

#endif
