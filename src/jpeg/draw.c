/* SPDX-License-Identifier: ISC */
#include "jpeg/draw.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { CELL_WIDTH = 8, CELL_HEIGHT = 16 };

/* The glyphs as pen strokes: a point is two hex digits, x 0..7 and y 0..f of the
 * 8x16 cell (capitals stand on y = c and reach up to 3, small letters to 6,
 * tails hang down to f), the pen goes from point to point, a blank lifts it. */
static const char *const glyphs[] = {
	[' '] = "",
	['!'] = "3338 3b3c",
	['"'] = "2326 4346",
	['#'] = "232c 434c 0666 0969",
	['$'] = "64531304061757686b5c1c0b 323d",
	['%'] = "0323250503 630c 4a6a6c4c4a",
	['&'] = "6c151423334445090b1c4c69",
	['\''] = "3336",
	['('] = "42252a4d",
	[')'] = "22454a2d",
	['*'] = "343a 1559 5519",
	['+'] = "353b 0868",
	[','] = "3b3d2e",
	['-'] = "1858",
	['.'] = "3b3c",
	['/'] = "630c",
	['0'] = "1353646b5c1c0b0413 4629",
	['1'] = "15333c 1c5c",
	['2'] = "04135364660c6c",
	['3'] = "0413536466572757686b5c1c0b",
	['4'] = "5c530969",
	['5'] = "63030757686b5c1c0b",
	['6'] = "5323050b1c5c6b685707",
	['7'] = "03632c",
	['8'] = "170604135364665717080b1c5c6b6857",
	['9'] = "1c4c6a64531304071868",
	[':'] = "3637 3b3c",
	[';'] = "3637 3b3d2e",
	['<'] = "54185c",
	['='] = "0666 0a6a",
	['>'] = "14581c",
	['?'] = "04135364663839 3b3c",
	['@'] = "5c1c0b0413536469393666",
	['A'] = "0c336c 1959",
	['B'] = "030c5c6b685707 5766645303",
	['C'] = "645313040b1c5c6b",
	['D'] = "0343656a4c0c03",
	['E'] = "63030c6c 0757",
	['F'] = "63030c 0757",
	['G'] = "645313040b1c5c6b6848",
	['H'] = "030c 636c 0767",
	['I'] = "1353 1c5c 333c",
	['J'] = "636b5c1c0b0a",
	['K'] = "030c 6309 276c",
	['L'] = "030c6c",
	['M'] = "0c0337636c",
	['N'] = "0c036c63",
	['O'] = "1353646b5c1c0b0413",
	['P'] = "0c035364675808",
	['Q'] = "1353646b5c1c0b0413 4a6d",
	['R'] = "0c035364675808 386c",
	['S'] = "64531304061757686b5c1c0b",
	['T'] = "0363 333c",
	['U'] = "030b1c5c6b63",
	['V'] = "033c63",
	['W'] = "031c375c63",
	['X'] = "036c 630c",
	['Y'] = "033863 383c",
	['Z'] = "03630c6c",
	['['] = "42222d4d",
	['\\'] = "036c",
	[']'] = "22424d2d",
	['^'] = "163356",
	['_'] = "0e6e",
	['`'] = "2345",
	['a'] = "1656676c 69190a0b1c4c6a",
	['b'] = "030c 082656676b5c2c0a",
	['c'] = "675616070b1c5c6b",
	['d'] = "636c 684616070b1c4c6a",
	['e'] = "0969675616070b1c5c",
	['f'] = "5343343c 1656",
	['g'] = "666e5f1f 684616070b1c4c6a",
	['h'] = "030c 082656676c",
	['i'] = "26363c 1c5c 33",
	['j'] = "36464e3f1f 43",
	['k'] = "030c 560a 286c",
	['l'] = "23333c 1c5c",
	['m'] = "060c 071626373c 374656676c",
	['n'] = "060c 082656676c",
	['o'] = "1656676b5c1c0b0716",
	['p'] = "060f 082656676b5c2c0a",
	['q'] = "666f 684616070b1c4c6a",
	['r'] = "060c 08265667",
	['s'] = "675616070819596a6b5c1c0b",
	['t'] = "333b4c5c 1656",
	['u'] = "060b1c4c6a 666c",
	['v'] = "063c66",
	['w'] = "061c385c66",
	['x'] = "066c 660c",
	['y'] = "063c 662e1f",
	['z'] = "06660c6c",
	['{'] = "5242333627383c4d5d",
	['|'] = "323e",
	['}'] = "1222333647383c2d1d",
	['~'] = "091727495967",
};
static const char glyph_unknown[] = "03636c0c03";

struct pen { /* one glyph being written */
	struct canvas *canvas;
	struct colour colour;
	int x, y, scale; /* of its cell */
};

uint32_t
canvas_size(uint32_t width, uint32_t height)
{
	return width * height + width * height / 2;
}

void
canvas_init(struct canvas *canvas, unsigned char *block, uint32_t width, uint32_t height)
{
	canvas->width = width;
	canvas->height = height;
	canvas->y = block;
	canvas->cb = block + width * height;
	canvas->cr = canvas->cb + width * height / 4;
}

/* Cut from..from + length to 0..limit; false when nothing is left. */
static bool
span_clip(int *from, int *length, int limit)
{
	long begin = *from, end = begin + *length;

	if (begin < 0)
		begin = 0;
	if (end > limit)
		end = limit;
	*from = (int)begin;
	*length = (int)(end - begin);
	return begin < end;
}

static void
plane_fill(unsigned char *plane, uint32_t stride, int x, int y, int width, int height, int value)
{
	for (unsigned char *row = plane + (size_t)y * stride + x; height > 0;
	     height--, row += stride)
		memset(row, value, (size_t)width);
}

void
draw_box(struct canvas *canvas, int x, int y, int width, int height, struct colour colour)
{
	int left, top, half_width, half_height;

	if (!span_clip(&x, &width, (int)canvas->width) ||
	    !span_clip(&y, &height, (int)canvas->height))
		return;
	left = x / 2;
	top = y / 2;
	half_width = (x + width + 1) / 2 - left;
	half_height = (y + height + 1) / 2 - top;
	plane_fill(canvas->y, canvas->width, x, y, width, height, colour.y);
	plane_fill(canvas->cb, canvas->width / 2, left, top, half_width, half_height, colour.cb);
	plane_fill(canvas->cr, canvas->width / 2, left, top, half_width, half_height, colour.cr);
}

static void
pen_box(const struct pen *pen, int x, int y, int width, int height)
{
	draw_box(pen->canvas, pen->x + x, pen->y + y, width, height, pen->colour);
}

/* A straight stroke between two points of the scaled cell, with a square nib. */
static void
pen_line(const struct pen *pen, int x0, int y0, int x1, int y1)
{
	int dx = x1 - x0, dy = y1 - y0, nib = pen->scale;
	int steps = abs(dx) > abs(dy) ? abs(dx) : abs(dy);

	if (dx == 0 || dy == 0) {
		pen_box(pen, dx < 0 ? x1 : x0, dy < 0 ? y1 : y0, abs(dx) + nib, abs(dy) + nib);
		return;
	}
	for (int i = 0; i <= steps; i++)
		pen_box(pen, x0 + dx * i / steps, y0 + dy * i / steps, nib, nib);
}

static void
pen_glyph(const struct pen *pen, const char *points)
{
	int x0 = -1, y0 = 0; /* -1: the pen is up */

	while (*points != '\0') {
		if (*points == ' ') {
			points++;
			x0 = -1;
			continue;
		}
		int x = hex_digit(points[0]) * pen->scale, y = hex_digit(points[1]) * pen->scale;
		pen_line(pen, x0 < 0 ? x : x0, x0 < 0 ? y : y0, x, y);
		x0 = x;
		y0 = y;
		points += 2;
	}
}

static const char *
glyph_of(unsigned char byte)
{
	if (byte >= sizeof glyphs / sizeof *glyphs || glyphs[byte] == NULL)
		return glyph_unknown;
	return glyphs[byte];
}

void
draw_text(struct canvas *canvas, int x, int y, int scale, struct colour colour, const char *text)
{
	struct pen pen = { canvas, colour, x, y, scale };

	if (scale < 1 || y >= (int)canvas->height || y + CELL_HEIGHT * scale <= 0)
		return;
	for (; *text != '\0' && pen.x < (int)canvas->width; text++, pen.x += CELL_WIDTH * scale)
		if (pen.x + CELL_WIDTH * scale > 0)
			pen_glyph(&pen, glyph_of((unsigned char)*text));
}
