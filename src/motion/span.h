/* SPDX-License-Identifier: ISC */
/* span: motion has a beginning and an end.
 *
 * Is told of each analysed picture whether it was above the threshold, and says when a span of
 * motion begins and when it ends. Has no clock and no memory of its own: a struct, zero at first.
 */
#ifndef ORIEL_MOTION_SPAN_H
#define ORIEL_MOTION_SPAN_H

#include <stdbool.h>
#include <stdint.h>

struct span_settings {
	unsigned gap_ms;      /* it ends when nothing was above the threshold for so long */
	unsigned pictures;    /* above the threshold in a row, before it begins; 0 is as 1 */
	unsigned cooldown_ms; /* after a beginning there is no other for so long */
};

struct span_picture {
	bool above;	 /* the threshold, and it was motion */
	uint32_t change; /* tenths of a percent */
	uint64_t mono_ns, wall_ns;
};

enum span_step {
	SPAN_NONE,     /* none is open, and the picture was not above */
	SPAN_SHORT,    /* above, but in too few pictures so far */
	SPAN_COOLDOWN, /* above, but too soon after the last beginning */
	SPAN_BEGINS,   /* with this picture */
	SPAN_LASTS,    /* it is open */
	SPAN_ENDS,     /* the gap is over: what is in the struct is final */
};

struct span {
	bool open;
	unsigned run;		     /* pictures above in a row */
	bool any;		     /* there was a beginning */
	uint64_t begun_ns, above_ns; /* monotonic: its beginning, its last picture above */
	uint64_t begun_wall_ns, peak_wall_ns;
	uint32_t peak; /* the largest change since the beginning, tenths of a percent */
};

/* Take the next picture. One that goes back in time is taken as one of the same moment. */
enum span_step span_look(
    struct span *span, const struct span_settings *settings, const struct span_picture *picture);

/* It can go on no longer: the camera went, or nobody looks for motion. False: none was open. */
bool span_end(struct span *span);

/* From its beginning to its last picture above the threshold, nanoseconds. */
uint64_t span_length_ns(const struct span *span);

#endif
