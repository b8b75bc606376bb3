/* SPDX-License-Identifier: ISC */
/* What the check accepts can be repaired, and is then accepted once more. */
#include <stdlib.h>

#include "jpeg/check.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

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
	free(out);
	return 0;
}
