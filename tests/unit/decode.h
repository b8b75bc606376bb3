/* SPDX-License-Identifier: ISC */
/* Decodes a whole JPEG to YCbCr 4:4:4 with the library's plain decoder, to compare. */
#ifndef ORIEL_TESTS_DECODE_H
#define ORIEL_TESTS_DECODE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

struct decoded {
	uint32_t width, height;
	unsigned channels;     /* 3: Y, Cb, Cr; 1: grey */
	unsigned char *pixels; /* free(3) */
	long warnings;	       /* what the decoder found wrong */
};

/* For JPEGs that must decode: anything fatal ends the test program. */
static inline struct decoded
decode_whole(const unsigned char *jpeg, size_t length)
{
	struct jpeg_decompress_struct turbo;
	struct jpeg_error_mgr errors;
	struct decoded whole = { 0 };

	turbo.err = jpeg_std_error(&errors);
	jpeg_create_decompress(&turbo);
	jpeg_mem_src(&turbo, jpeg, length);
	jpeg_read_header(&turbo, TRUE);
	turbo.out_color_space = turbo.num_components == 3 ? JCS_YCbCr : JCS_GRAYSCALE;
	turbo.do_fancy_upsampling = FALSE;
	jpeg_start_decompress(&turbo);
	whole.width = turbo.output_width;
	whole.height = turbo.output_height;
	whole.channels = (unsigned)turbo.output_components;
	whole.pixels = malloc((size_t)whole.width * whole.height * whole.channels);
	while (turbo.output_scanline < turbo.output_height) {
		JSAMPROW row = whole.pixels +
		    (size_t)turbo.output_scanline * whole.width * whole.channels;
		jpeg_read_scanlines(&turbo, &row, 1);
	}
	jpeg_finish_decompress(&turbo);
	whole.warnings = errors.num_warnings;
	jpeg_destroy_decompress(&turbo);
	return whole;
}

#endif
