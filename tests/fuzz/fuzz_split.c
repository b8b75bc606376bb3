/* SPDX-License-Identifier: ISC */
/* A stream of JPEGs as a pipe delivers it: however the bytes are cut into pieces, the same
 * pictures are split off, whole and inside the buffer. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "source/splitter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A sum over all pictures found when `size` bytes come in pieces. */
static uint64_t
split(const uint8_t *data, size_t size, size_t piece, uint64_t *broken)
{
	struct splitter splitter;
	const unsigned char *jpeg;
	uint64_t sum = 0;
	uint32_t length;

	if (splitter_init(&splitter, size + 1) == -1)
		abort();
	for (size_t at = 0; at < size;) {
		size_t room, take = size - at < piece ? size - at : piece;
		unsigned char *to = splitter_room(&splitter, &room);

		take = take < room ? take : room;
		memcpy(to, data + at, take);
		splitter_add(&splitter, take);
		at += take;
		while (splitter_next(&splitter, &jpeg, &length, NULL)) {
			if (length < 4 || memcmp(jpeg, "\xff\xd8", 2) != 0)
				abort();
			for (uint32_t i = 0; i < length; i++)
				sum = sum * 31 + jpeg[i];
		}
	}
	*broken = splitter.broken;
	splitter_deinit(&splitter);
	return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t sum, broken, other_broken;

	if (size < 1)
		return 0;
	sum = split(data + 1, size - 1, size, &broken);
	if (split(data + 1, size - 1, 1 + data[0] + size / 512, &other_broken) != sum ||
	    broken != other_broken)
		abort();
	return 0;
}
