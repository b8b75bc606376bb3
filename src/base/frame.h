/* SPDX-License-Identifier: ISC */
/* frame: what the ring says about one JPEG picture, besides its bytes. Part of the ring's shared
 * layout: fixed widths only, see ring/ring.c. */
#ifndef ORIEL_BASE_FRAME_H
#define ORIEL_BASE_FRAME_H

#include <stdbool.h>
#include <stdint.h>

struct frame_info {
	uint64_t sequence;	/* 1, 2, … within one ring; set by the ring */
	uint64_t wall_ns;	/* capture time, CLOCK_REALTIME */
	uint64_t mono_ns;	/* capture time, CLOCK_MONOTONIC */
	uint32_t width, height; /* pixels, as people see it: turned as `orientation` says */
	uint32_t length;	/* bytes of JPEG */
	uint32_t encode_us;	/* time spent encoding; 0 = passed through */
	uint16_t change;	/* newest motion analysis, tenths of a percent */
	uint16_t orientation;	/* of the JPEG's Exif, 1..8; 0 or 1 = as it is coded */
	uint32_t stale_ms; /* ms; an older frame is stale (capture/staleness.h); 0 = not said */
};

enum { FRAME_STALE_MS = 4000 }; /* for frames of an older orield, which does not say it */

/* Its age at `now` (CLOCK_MONOTONIC). A frame from the future is new. */
static inline uint64_t
frame_age_ns(const struct frame_info *frame, uint64_t now)
{
	return now > frame->mono_ns ? now - frame->mono_ns : 0;
}

/* Is it too old to be shown as new? Daemon and workers all use this answer. */
static inline bool
frame_is_stale(const struct frame_info *frame, uint64_t now)
{
	uint64_t limit_ms = frame->stale_ms != 0 ? frame->stale_ms : FRAME_STALE_MS;

	return frame_age_ns(frame, now) > limit_ms * 1000000;
}

#endif
