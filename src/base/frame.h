/* SPDX-License-Identifier: ISC */
/* frame: what is known of one JPEG picture, apart from its bytes. Part of the
 * ring's shared layout: fixed widths only, see ring/ring.c. */
#ifndef ORIEL_BASE_FRAME_H
#define ORIEL_BASE_FRAME_H

#include <stdint.h>

struct frame_info {
	uint64_t sequence;	/* 1, 2, … within one ring; set by the ring */
	uint64_t wall_ns;	/* capture time, CLOCK_REALTIME */
	uint64_t mono_ns;	/* capture time, CLOCK_MONOTONIC */
	uint32_t width, height;	/* pixels, as people see it: turned as `orientation` says */
	uint32_t length;	/* bytes of JPEG */
	uint32_t encode_us;	/* time spent encoding; 0 = passed through */
	uint32_t change;	/* newest motion analysis, tenths of a percent */
	uint32_t orientation;	/* of the JPEG's Exif, 1..8; 0 or 1 = as it is coded */
};

#endif
