/* SPDX-License-Identifier: ISC */
/* encoder: makes a movie of a journal: H.264 in MP4 (libx264, superfast, constant quality), or the
 * camera's own JPEGs in Matroska. The frames keep their times. Run it in a process of its own,
 * because libav reads bytes that may be harmful. */
#ifndef ORIEL_CLIP_ENCODER_H
#define ORIEL_CLIP_ENCODER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cause.h"
#include "base/json.h"

/* The journal's head is a JSON object, which says how:
 *   codec    "h264", or "mjpeg"
 *   quality  of H.264: constant rate factor, 1 (best) to 51
 *   wall_ns  when the cause was: the poster is the first frame from then on
 *   camera   its name, for the movie's title
 * If the journal's end has peak_ns, the poster is the first frame from that time on. */
struct encoder_setup { /* descriptors; borrowed */
	int journal;   /* to be read */
	int movie;     /* empty, to be read and written */
	int poster;    /* empty, to be written: one JPEG */
};

struct encoder_result {
	json_t *head;		 /* of the journal; NULL: it has none. The caller's */
	uint64_t ms, before_ms;	 /* the movie's length; the part before the cause */
	uint32_t frames, broken; /* in the movie; left out: not decodable */
	bool cut;		 /* the journal has no end */
	bool empty; /* it was read to its end and has no frame: there will be no movie */
};

/* Syncs nothing. -1 with *why, also when no frame can be decoded. */
int encoder_run(
    const struct encoder_setup *setup, struct encoder_result *result, struct cause *why);

#endif
