/* SPDX-License-Identifier: ISC */
/* A driver that lies about what it delivers: format, size, stride and length come from the first
 * 8 bytes, the pixels from the rest. A picture that can be encoded can also be checked for
 * motion. */
#include <stdlib.h>

#include "capture/grey.h"

#include "jpeg/jpeg.h"

enum { HEAD = 8, CAPACITY = 1 << 16 };

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static struct jpeg_encoder *encoder;
	struct picture picture;
	unsigned char *out;
	struct cause why;

	if (encoder == NULL)
		encoder = jpeg_encoder_new();
	if (size < HEAD)
		return 0;
	picture = (struct picture){ .format = (enum pixel_format)(data[0] % PIXEL_FORMATS),
		.width = (uint32_t)data[1] << 8 | data[2],
		.height = (uint32_t)data[3] << 8 | data[4],
		.stride = (uint32_t)data[5] << 8 | data[6],
		.data = data + HEAD,
		.length = (uint32_t)size - HEAD };
	if (jpeg_check_raw(&picture, &why) == 0) {
		uint32_t width, height;

		out = malloc(grey_size(picture.width, picture.height));
		grey_shrink(&picture, out, &width, &height);
		free(out);
	}
	out = malloc(CAPACITY);
	if (jpeg_encode(encoder, &picture, data[7], out, CAPACITY, &why) >= CAPACITY)
		abort();
	free(out);
	return 0;
}
