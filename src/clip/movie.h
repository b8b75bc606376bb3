/* SPDX-License-Identifier: ISC */
/* movie: a file of one video stream, written through libavformat to a descriptor: no file is
 * opened. Only this module and encoder.c know libav. */
#ifndef ORIEL_CLIP_MOVIE_H
#define ORIEL_CLIP_MOVIE_H

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <stdint.h>

#include "base/cause.h"

enum { MOVIE_SECOND = 90000 }; /* time stamps are so many a second */

struct movie;

struct movie_setup {
	int fd;		    /* empty, to be read and written; borrowed */
	const char *format; /* "mp4": its index comes first; or "matroska" */
	const char *title;
	uint64_t wall_ns;     /* of its beginning */
	unsigned orientation; /* how it is to be turned: as Exif has it, 1..8; 0 = 1 */
};

/* Begin, with that codec. NULL with *why. */
struct movie *movie_new(
    const struct movie_setup *setup, const AVCodecParameters *codec, struct cause *why);

/* One packet, with times in MOVIE_SECOND; it is taken over (left blank). */
int movie_add(struct movie *movie, AVPacket *packet, struct cause *why);

/* What makes it whole. The descriptor is not synced. */
int movie_end(struct movie *movie, struct cause *why);

void movie_free(struct movie **movie);

/* "CONTEXT: libav's words" in *why; returns -1. */
int movie_cause(struct cause *why, const char *context, int error);

#endif
