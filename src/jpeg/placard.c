/* SPDX-License-Identifier: ISC */
#include "jpeg/placard.h"

#include <stdlib.h>
#include <string.h>

#include "jpeg/draw.h"
#include "jpeg/jpeg.h"

enum { GLYPH_WIDTH = 8, GLYPH_HEIGHT = 16, LINES_MOST = 5, LINE_SIZE = 128, QUALITY = 85 };

static const struct colour light = { 225, 124, 130 }, dim = { 160, 128, 126 },
			   frame = { 84, 130, 126 }, lamp = { 92, 106, 208 };

struct lines {
	unsigned count;
	char text[LINES_MOST][LINE_SIZE];
};

static uint32_t
even_within(uint32_t value, uint32_t least, uint32_t most)
{
	value &= ~1u;
	return value < least ? least : value > most ? most : value;
}

/* How many bytes of `text` go on a line of `columns`: up to the last blank that fits. A longer
 * word is broken. */
static size_t
line_length(const char *text, size_t columns)
{
	size_t fits = strnlen(text, columns + 1);

	if (fits <= columns)
		return fits;
	while (fits > 0 && text[fits - 1] != ' ')
		fits--;
	return fits > 1 ? fits - 1 : columns;
}

/* Break `text` at blanks into at most `most` lines; what does not fit ends in dots. */
static void
lines_wrap(struct lines *lines, const char *text, size_t columns, unsigned most)
{
	lines->count = 0;
	if (most > LINES_MOST)
		most = LINES_MOST;
	if (columns > LINE_SIZE - 1)
		columns = LINE_SIZE - 1;
	for (text += strspn(text, " "); *text != '\0' && lines->count < most; lines->count++) {
		size_t length = line_length(text, columns);

		memcpy(lines->text[lines->count], text, length);
		lines->text[lines->count][length] = '\0';
		text += length;
		text += strspn(text, " ");
	}
	if (*text != '\0' && lines->count > 0) {
		char *last = lines->text[lines->count - 1];
		size_t length = strlen(last);

		memcpy(last + (length + 3 > columns ? columns - 3 : length), "...", 4);
	}
}

/* Nearly black, a little lighter at the top. */
static void
paint_ground(struct canvas *canvas)
{
	for (uint32_t y = 0; y < canvas->height; y++)
		draw_box(canvas, 0, (int)y, (int)canvas->width, 1,
		    (struct colour){ (unsigned char)(40 - 20 * y / canvas->height), 132, 126 });
}

/* The corners of a viewfinder, and a lamp that is off. */
static void
paint_finder(struct canvas *canvas, int unit)
{
	int width = (int)canvas->width, height = (int)canvas->height;
	int edge = 8 * unit, arm = 24 * unit, pen = 2 * unit;

	for (int corner = 0; corner < 4; corner++) {
		int right = corner & 1, low = corner >> 1;

		draw_box(canvas, right ? width - edge - arm : edge,
		    low ? height - edge - pen : edge, arm, pen, frame);
		draw_box(canvas, right ? width - edge - pen : edge,
		    low ? height - edge - arm : edge, pen, arm, frame);
	}
	if (height >= 180) /* smaller pictures need the place for the words */
		draw_box(canvas, 2 * edge, 2 * edge, 6 * unit, 6 * unit, lamp);
}

static void
paint_centred(struct canvas *canvas, int y, int scale, struct colour colour, const char *text)
{
	int width = (int)strlen(text) * GLYPH_WIDTH * scale;

	draw_text(canvas, ((int)canvas->width - width) / 2, y, scale, colour, text);
}

/* Title and reason together in the middle. */
static void
paint_words(struct canvas *canvas, int unit, const char *title, const char *reason)
{
	int text_width = (int)canvas->width - 24 * unit, title_scale = 2 * unit;
	int line_height = (GLYPH_HEIGHT + 2) * unit, height = (int)canvas->height - line_height, y;
	struct lines head, body;

	while (title_scale > unit && (int)strlen(title) * GLYPH_WIDTH * title_scale > text_width)
		title_scale--;
	lines_wrap(&head, title, (size_t)(text_width / (GLYPH_WIDTH * title_scale)), 2);
	height -= (int)head.count * GLYPH_HEIGHT * title_scale;
	lines_wrap(&body, reason, (size_t)(text_width / (GLYPH_WIDTH * unit)),
	    (unsigned)(height / line_height));
	y = (height - (int)body.count * line_height + line_height / 2) / 2;
	for (unsigned i = 0; i < head.count; i++, y += GLYPH_HEIGHT * title_scale)
		paint_centred(canvas, y, title_scale, light, head.text[i]);
	y += line_height / 2;
	for (unsigned i = 0; i < body.count; i++, y += line_height)
		paint_centred(canvas, y, unit, dim, body.text[i]);
}

static long
placard_encode(const struct canvas *canvas, unsigned char **jpeg)
{
	struct jpeg_encoder *encoder = jpeg_encoder_new();
	uint32_t size = canvas_size(canvas->width, canvas->height), capacity = size + 4096;
	struct picture picture = { .format = PIXEL_YUV420,
		.width = canvas->width,
		.height = canvas->height,
		.stride = canvas->width,
		.data = canvas->y,
		.length = size };
	long length = -1;

	*jpeg = malloc(capacity);
	if (encoder != NULL && *jpeg != NULL)
		length = jpeg_encode(encoder, &picture, QUALITY, *jpeg, capacity, NULL);
	if (length < 0) {
		free(*jpeg);
		*jpeg = NULL;
	}
	jpeg_encoder_free(&encoder);
	return length;
}

long
placard_render(
    uint32_t width, uint32_t height, const char *title, const char *reason, unsigned char **jpeg)
{
	unsigned char *block;
	struct canvas canvas;
	long length;
	int unit;

	*jpeg = NULL;
	width = even_within(width, 160, 1920);
	height = even_within(height, 120, 1080);
	block = malloc(canvas_size(width, height));
	if (block == NULL)
		return -1;
	canvas_init(&canvas, block, width, height);
	unit = (int)(width / 320 < height / 180 ? width / 320 : height / 180);
	if (unit < 1)
		unit = 1;
	paint_ground(&canvas);
	paint_finder(&canvas, unit);
	paint_words(&canvas, unit, title, reason);
	length = placard_encode(&canvas, jpeg);
	free(block);
	return length;
}
