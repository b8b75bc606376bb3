/* SPDX-License-Identifier: ISC */
/* encoder_pool: several threads encode one picture. Each takes a band of it, and restart markers
 * (ITU-T T.81 E.1.4) join the bands. The picture is the same to the bit and comes sooner, and
 * only one of the source's buffers is needed. */
#ifndef ORIEL_JPEG_ENCODER_POOL_H
#define ORIEL_JPEG_ENCODER_POOL_H

#include <stdint.h>

#include "base/cause.h"
#include "base/picture.h"

enum { ENCODER_POOL_MOST = 8 };

struct encoder_pool;

/* `threads` (1..ENCODER_POOL_MOST) includes the caller's own thread. NULL with *why. */
struct encoder_pool *encoder_pool_new(unsigned threads, struct cause *why);
void encoder_pool_free(struct encoder_pool **pool);

/* As jpeg_encode (jpeg/jpeg.h). */
long encoder_pool_encode(struct encoder_pool *pool, const struct picture *picture, int quality,
    unsigned char *out, uint32_t capacity, struct cause *why);

#endif
