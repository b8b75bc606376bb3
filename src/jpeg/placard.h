/* SPDX-License-Identifier: ISC */
/* placard: the picture that says why there is no picture. */
#ifndef ORIEL_JPEG_PLACARD_H
#define ORIEL_JPEG_PLACARD_H

#include <stdint.h>

/* A JPEG of about width x height (made even, 160..1920 x 120..1080) showing
 * `title` and, wrapped over a few lines, `reason`. *jpeg is the caller's to
 * free(3). Returns its length, -1 when out of memory. */
long placard_render(
    uint32_t width, uint32_t height, const char *title, const char *reason, unsigned char **jpeg);

#endif
