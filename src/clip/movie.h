/* SPDX-License-Identifier: ISC */
/* movie: a file with one video stream. libavformat writes it to a descriptor and opens no file.
 * Only this module and encoder.c know libav. */
#ifndef ORIEL_CLIP_MOVIE_H
#define ORIEL_CLIP_MOVIE_H

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <stdint.h>

#include "base/cause.h"

enum { MOVIE_SECOND = 90000 }; /* unit of time stamps: 1/90000 s */

struct movie;

struct movie_setup {
	int fd;		    /* empty, to be read and written; borrowed */
	const char *format; /* "mp4", with the index first, or "matroska" */
	const char *title;
	uint64_t wall_ns;     /* when it begins */
	unsigned orientation; /* Exif's, 1..8: how to turn the picture; 0 = 1 */
};

/* Begin, with that codec. NULL with *why. */
struct movie *movie_new(
    const struct movie_setup *setup, const AVCodecParameters *codec, struct cause *why);

/* Add a packet, with times in MOVIE_SECOND. Its data is taken over, and *packet is blank then. -1
 * with *why. */
int movie_add(struct movie *movie, AVPacket *packet, struct cause *why);

/* Finish the file; does not sync it. -1 with *why. */
int movie_end(struct movie *movie, struct cause *why);

void movie_free(struct movie **movie);

/* Puts "CONTEXT: libav's words" into *why. Returns -1. */
int movie_cause(struct cause *why, const char *context, int error);

#endif
