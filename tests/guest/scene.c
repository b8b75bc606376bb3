/* SPDX-License-Identifier: ISC */
#include "scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

enum { SQUARE = 8, NUMBER_BITS = 32, SOI_SIZE = 2, DIGITS = 8, QUALITY = 85 };

/* A COM segment with room for the number: marker, length, text (ITU T.81 B.2.4.5). */
static const char comment[] = "\xff\xfe\x00\x16"
			      "oriel frame 00000000";
enum { COMMENT_SIZE = sizeof comment - 1 };

struct scene {
	enum scene_format format;
	unsigned width, height, place;
	uint8_t *bytes;
	size_t length;
};

struct rgb {
	uint8_t r, g, b;
};

static struct rgb
scene_colour(const struct scene *scene, unsigned x, unsigned y)
{
	static const struct rgb bars[] = {
		{ 235, 235, 235 },
		{ 191, 191, 16 },
		{ 16, 191, 191 },
		{ 16, 191, 16 },
		{ 191, 16, 191 },
		{ 191, 16, 16 },
		{ 16, 16, 191 },
		{ 16, 16, 16 },
	};
	unsigned left = scene->width * (1 + 2 * scene->place) / 9;
	unsigned grey = 255 * x / scene->width;

	if (x >= left && x < left + scene->width / 5 && y >= scene->height / 4 &&
	    y < scene->height / 2)
		return (struct rgb){ 255, 255, 255 };
	if (y < scene->height * 3 / 4)
		return bars[8 * x / scene->width];
	return (struct rgb){ grey, grey, grey };
}

/* JPEG */

static void
jpeg_encode(const struct scene *scene, unsigned char **bytes, unsigned long *length)
{
	struct jpeg_compress_struct jpeg;
	struct jpeg_error_mgr errors;
	struct rgb *row = calloc(scene->width, sizeof *row);
	JSAMPROW rows[] = { (JSAMPROW)row };

	if (row == NULL)
		return;
	jpeg.err = jpeg_std_error(&errors);
	jpeg_create_compress(&jpeg);
	jpeg_mem_dest(&jpeg, bytes, length);
	jpeg.image_width = scene->width;
	jpeg.image_height = scene->height;
	jpeg.input_components = 3;
	jpeg.in_color_space = JCS_RGB;
	jpeg_set_defaults(&jpeg);
	jpeg_set_quality(&jpeg, QUALITY, TRUE);
	jpeg.comp_info[0].v_samp_factor = 1; /* 4:2:2, as webcams do */
	jpeg.write_JFIF_header = FALSE;
	jpeg_start_compress(&jpeg, TRUE);
	while (jpeg.next_scanline < jpeg.image_height) {
		for (unsigned x = 0; x < scene->width; x++)
			row[x] = scene_colour(scene, x, jpeg.next_scanline);
		jpeg_write_scanlines(&jpeg, rows, 1);
	}
	jpeg_finish_compress(&jpeg);
	jpeg_destroy_compress(&jpeg);
	free(row);
}

/* Copy without the DHT segments; returns the new length. What follows SOS is
 * copied as it is. */
static size_t
jpeg_without_huffman(uint8_t *to, const uint8_t *from, size_t length)
{
	enum { DHT = 0xc4, SOS = 0xda };
	size_t at = 0, written = 0;

	while (at + 4 <= length && from[at + 1] != SOS) {
		size_t segment = 2 + (from[at + 2] << 8) + from[at + 3];

		if (from[at + 1] != DHT) {
			memcpy(to + written, from + at, segment);
			written += segment;
		}
		at += segment;
	}
	memcpy(to + written, from + at, length - at);
	return written + length - at;
}

static bool
scene_make_jpeg(struct scene *scene, bool huffman)
{
	unsigned char *jpeg = NULL;
	unsigned long length = 0;

	jpeg_encode(scene, &jpeg, &length);
	scene->bytes = jpeg == NULL ? NULL : malloc(length + COMMENT_SIZE);
	if (scene->bytes != NULL) {
		uint8_t *body = scene->bytes + SOI_SIZE + COMMENT_SIZE;

		memcpy(scene->bytes, jpeg, SOI_SIZE);
		memcpy(scene->bytes + SOI_SIZE, comment, COMMENT_SIZE);
		length -= SOI_SIZE;
		if (huffman)
			memcpy(body, jpeg + SOI_SIZE, length);
		else
			length = jpeg_without_huffman(body, jpeg + SOI_SIZE, length);
		scene->length = SOI_SIZE + COMMENT_SIZE + length;
	}
	free(jpeg);
	return scene->bytes != NULL;
}

/* YUYV, in the studio range of ITU-R BT.601 */

static uint8_t
yuyv_byte(const struct scene *scene, unsigned x, unsigned y, unsigned part)
{
	struct rgb c = scene_colour(scene, x, y);

	switch (part) {
	case 1: return (int)(128.5 + (-37.797 * c.r - 74.203 * c.g + 112.0 * c.b) / 255);
	case 3: return (int)(128.5 + (112.0 * c.r - 93.786 * c.g - 18.214 * c.b) / 255);
	default: return (int)(16.5 + (65.481 * c.r + 128.553 * c.g + 24.966 * c.b) / 255);
	}
}

static bool
scene_make_yuyv(struct scene *scene)
{
	scene->length = (size_t)scene->width * scene->height * 2;
	scene->bytes = malloc(scene->length);
	for (size_t i = 0; scene->bytes != NULL && i < scene->length; i++)
		scene->bytes[i] = yuyv_byte(
		    scene, i / 2 % scene->width & (i % 2 ? ~1u : ~0u), i / 2 / scene->width, i % 4);
	return scene->bytes != NULL;
}

static void
yuyv_number(struct scene *scene, uint32_t number)
{
	for (unsigned y = 0; y < SQUARE && y < scene->height; y++) {
		for (unsigned x = 0; x < NUMBER_BITS * SQUARE && x < scene->width; x++) {
			uint8_t *pixel = scene->bytes + 2 * ((size_t)y * scene->width + x);

			pixel[0] = number >> (NUMBER_BITS - 1 - x / SQUARE) & 1 ? 235 : 16;
			pixel[1] = 128;
		}
	}
}

/* Both */

struct scene *
scene_new(enum scene_format format, unsigned width, unsigned height, unsigned place, bool huffman)
{
	struct scene *scene = calloc(1, sizeof *scene);

	if (scene == NULL)
		return NULL;
	*scene = (struct scene){
		.format = format, .width = width, .height = height, .place = place
	};
	if (format == SCENE_MJPEG ? !scene_make_jpeg(scene, huffman) : !scene_make_yuyv(scene))
		scene_free(&scene);
	return scene;
}

void
scene_free(struct scene **scene)
{
	if (*scene != NULL)
		free((*scene)->bytes);
	free(*scene);
	*scene = NULL;
}

const uint8_t *
scene_frame(struct scene *scene, uint32_t number, size_t *length)
{
	char digits[DIGITS + 1];

	if (scene->format == SCENE_MJPEG) {
		snprintf(digits, sizeof digits, "%08u", number % 100000000);
		memcpy(scene->bytes + SOI_SIZE + COMMENT_SIZE - DIGITS, digits, DIGITS);
	} else {
		yuyv_number(scene, number);
	}
	*length = scene->length;
	return scene->bytes;
}
