/* SPDX-License-Identifier: ISC */
/* The small grey decode of unchecked bytes: a picture within its buffer or a reason, in bounded
 * memory. The buffer is that of the largest possible picture. */
#include <stdlib.h>

#include "jpeg/check.h"
#include "jpeg/jpeg.h"

enum { CAPACITY = JPEG_PIXELS_MOST / 64 };

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct jpeg_decoder *decoder = jpeg_decoder_new();
	static unsigned char grey[CAPACITY];
	uint32_t width, height;
	struct cause why;

	for (int twice = 0; twice < 2; twice++) /* the second time with memory kept */
		if (jpeg_decode_grey8(decoder, data, (uint32_t)size, grey, CAPACITY, &width,
			&height, &why) == 0 &&
		    width * height > CAPACITY)
			abort();
	jpeg_decoder_free(&decoder);
	return 0;
}
