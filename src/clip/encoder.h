/* SPDX-License-Identifier: ISC */
/* encoder: a journal becomes a movie: H.264 in MP4 (libx264, superfast, constant quality), or the
 * camera's JPEGs as they are in Matroska. The frames keep their times. For a process of its own: it
 * reads bytes of strangers with libav. */
#ifndef ORIEL_CLIP_ENCODER_H
#define ORIEL_CLIP_ENCODER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cause.h"
#include "base/json.h"

/* The journal's head is a JSON object, which says how:
 *   codec    "h264", or "mjpeg"
 *   quality  of H.264: constant rate factor, 1 (best) to 51
 *   wall_ns  when its cause was: the poster is the first frame from then on
 *   camera   its name, for the movie's title
 * Its end may say peak_ns instead: the poster is the first frame from then on. */
struct encoder_setup { /* descriptors; borrowed */
	int journal;   /* to be read */
	int movie;     /* empty, to be read and written */
	int poster;    /* empty, to be written: one JPEG */
};

struct encoder_result {
	json_t *head;		 /* of the journal; NULL: it has none. The caller's */
	uint64_t ms, before_ms;	 /* how long it plays, and of that before its cause */
	uint32_t frames, broken; /* encoded; left out, for they could not be decoded */
	bool cut;		 /* the journal has no end */
	bool empty; /* it was read as far as it goes, and has no frame: nothing will come of it */
};

/* -1 with *why, also when there is no frame that can be decoded. Nothing is synced. */
int encoder_run(
    const struct encoder_setup *setup, struct encoder_result *result, struct cause *why);

#endif
