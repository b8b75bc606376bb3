/* SPDX-License-Identifier: ISC */
/* crew: several threads encode one picture. Each takes a band of it, and the bands
 * are joined by restart markers (ITU-T T.81 E.1.4): the picture is the same to
 * the bit, comes out sooner, and only one of the source's buffers is needed. */
#ifndef ORIEL_JPEG_CREW_H
#define ORIEL_JPEG_CREW_H

#include <stdint.h>

#include "base/cause.h"
#include "base/picture.h"

enum { JPEG_CREW_MOST = 8 };

struct jpeg_crew;

/* `threads` (1..JPEG_CREW_MOST) in all: one of them is the caller's own. NULL
 * with *why. */
struct jpeg_crew *jpeg_crew_new(unsigned threads, struct cause *why);
void jpeg_crew_free(struct jpeg_crew **crew);

/* As jpeg_encode (jpeg/jpeg.h). */
long jpeg_crew_encode(struct jpeg_crew *crew, const struct picture *picture, int quality,
    unsigned char *out, uint32_t capacity, struct cause *why);

#endif
