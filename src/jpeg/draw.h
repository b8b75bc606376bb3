/* SPDX-License-Identifier: ISC */
/* draw: text and boxes on a YUV420 canvas, for the test card and the placard. The 8x16 glyphs
 * are our own. */
#ifndef ORIEL_JPEG_DRAW_H
#define ORIEL_JPEG_DRAW_H

#include <stdint.h>

struct canvas { /* planar 4:2:0; width and height even, stride = width */
	uint32_t width, height;
	unsigned char *y, *cb, *cr; /* one block of canvas_size() bytes, y first */
};

struct colour {
	unsigned char y, cb, cr;
};

uint32_t canvas_size(uint32_t width, uint32_t height);
void canvas_init(struct canvas *canvas, unsigned char *block, uint32_t width, uint32_t height);

/* What lies outside the canvas is cut off. Coordinates in pixels. */
void draw_box(struct canvas *canvas, int x, int y, int width, int height, struct colour colour);

/* One line of ASCII, `scale` times 8x16 a glyph; other bytes show as a box. */
void draw_text(
    struct canvas *canvas, int x, int y, int scale, struct colour colour, const char *text);

#endif
