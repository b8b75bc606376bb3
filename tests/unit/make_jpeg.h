/* SPDX-License-Identifier: ISC */
/* JPEGs of every kind, made with the plain library: what our encoder never writes. */
#ifndef ORIEL_TESTS_MAKE_JPEG_H
#define ORIEL_TESTS_MAKE_JPEG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

struct made {
	unsigned char *jpeg; /* free(3) */
	unsigned long length;
};

struct make_options {
	bool progressive, arithmetic, optimised;
	bool separate;	  /* a scan for each of three components */
	unsigned restart; /* interval in MCUs, 0 = none */
	int components;	  /* 1, 3, 4; 0 = 3 */
	int h, v;	  /* sampling factors of the first; 0 = 2 x 2 */
};

/* A colour wheel of a picture with some texture; or grey, if `patch` is one or more, its
 * upper left corner of patch - 1 pixels dark. */
static inline struct made
make_painted(uint32_t width, uint32_t height, const struct make_options *options, uint32_t patch)
{
	struct jpeg_compress_struct turbo;
	struct jpeg_error_mgr errors;
	struct made made = { 0 };
	int components = options->components == 0 ? 3 : options->components;
	JSAMPROW row = malloc((size_t)width * 4);

	turbo.err = jpeg_std_error(&errors);
	jpeg_create_compress(&turbo);
	jpeg_mem_dest(&turbo, &made.jpeg, &made.length);
	turbo.image_width = width;
	turbo.image_height = height;
	turbo.input_components = components;
	turbo.in_color_space = components == 1 ? JCS_GRAYSCALE
	    : components == 4		       ? JCS_CMYK
					       : JCS_YCbCr;
	jpeg_set_defaults(&turbo);
	jpeg_set_quality(&turbo, 80, TRUE);
	turbo.restart_interval = options->restart;
	turbo.arith_code = options->arithmetic;
	turbo.optimize_coding = options->optimised;
	if (options->h != 0) {
		turbo.comp_info[0].h_samp_factor = options->h;
		turbo.comp_info[0].v_samp_factor = options->v;
	}
	static const jpeg_scan_info separate[] = { { 1, { 0 }, 0, 63, 0, 0 },
		{ 1, { 1 }, 0, 63, 0, 0 }, { 1, { 2 }, 0, 63, 0, 0 } };
	if (options->separate) {
		turbo.scan_info = separate;
		turbo.num_scans = 3;
		turbo.optimize_coding = FALSE;
	}
	if (options->progressive)
		jpeg_simple_progression(&turbo);
	jpeg_start_compress(&turbo, TRUE);
	for (uint32_t y = 0; y < height; y++) {
		for (uint32_t x = 0; x < width * (uint32_t)components; x++)
			row[x] = patch == 0 ? (unsigned char)(x * 3 + y * 2 + (x * y) % 23)
			    : x + 1 < patch && y + 1 < patch ? 20
							     : 160;
		jpeg_write_scanlines(&turbo, &row, 1);
	}
	jpeg_finish_compress(&turbo);
	jpeg_destroy_compress(&turbo);
	free(row);
	return made;
}

static inline struct made
make_jpeg(uint32_t width, uint32_t height, const struct make_options *options)
{
	return make_painted(width, height, options, 0);
}

static inline struct made
make_patched(uint32_t width, uint32_t height, uint32_t patch)
{
	return make_painted(width, height, &(struct make_options){ .components = 1 }, patch + 1);
}

#endif
