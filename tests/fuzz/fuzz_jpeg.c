/* SPDX-License-Identifier: ISC */
/* What the check accepts can be repaired, and is then accepted once more. However large
 * it is, decoding it takes bounded memory, and its grey picture fits the room that
 * capture makes for it. */
#include <stdlib.h>

#include "capture/grey.h"
#include "jpeg/check.h"
#include "jpeg/jpeg.h"

enum { DECODE_PIXELS_MOST = 1 << 22 }; /* larger ones are rare, and slow here */

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void
decode(const unsigned char *jpeg, uint32_t length, const struct jpeg_shape *shape)
{
	static struct jpeg_decoder *decoder;
	uint32_t room = grey_size(shape->width, shape->height), width, height;
	unsigned char *grey = malloc(room);
	struct cause why;

	if (decoder == NULL)
		decoder = jpeg_decoder_new();
	if (jpeg_decode_grey8(decoder, jpeg, length, grey, room, &width, &height, &why) == 0 &&
	    width * height != room)
		abort();
	free(grey);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct jpeg_shape shape, again;
	struct cause why;
	unsigned char *out;
	uint32_t length;

	if (jpeg_check(data, (uint32_t)size, &shape, &why) == -1)
		return 0;
	length = jpeg_repaired_length(&shape);
	out = malloc(length);
	jpeg_repair(data, &shape, out);
	if (jpeg_check(out, length, &again, &why) == -1 || !again.has_dht || !again.has_eoi ||
	    again.end != length || again.orientation != shape.orientation ||
	    again.width != shape.width || again.height != shape.height)
		abort();
	if (shape.width * shape.height <= DECODE_PIXELS_MOST || size % 64 == 0)
		decode(out, length, &again);
	free(out);
	return 0;
}
