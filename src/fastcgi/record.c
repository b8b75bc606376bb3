/* SPDX-License-Identifier: ISC */
#include "fastcgi/record.h"

#include <string.h>

/* clang-format off */
const unsigned char record_end[RECORD_END_SIZE] = {
	RECORD_VERSION, RECORD_STDOUT, 0, RECORD_REQUEST, 0, 0, 0, 0,
	RECORD_VERSION, RECORD_END_REQUEST, 0, RECORD_REQUEST, 0, 8, 0, 0,
	0, 0, 0, 0, 0 /* FCGI_REQUEST_COMPLETE */, 0, 0, 0,
};
/* clang-format on */

const unsigned char record_broken[RECORD_HEADER_SIZE] = { 0 };

void
record_header(unsigned char header[RECORD_HEADER_SIZE], enum record_type type, size_t length)
{
	header[0] = RECORD_VERSION;
	header[1] = (unsigned char)type;
	header[2] = 0;
	header[3] = RECORD_REQUEST;
	header[4] = (unsigned char)(length >> 8);
	header[5] = (unsigned char)length;
	header[6] = header[7] = 0;
}

size_t
record_wrapped(size_t length)
{
	size_t records = (length + RECORD_CONTENT_MAX - 1) / RECORD_CONTENT_MAX;

	return length + records * RECORD_HEADER_SIZE;
}

unsigned char *
record_wrap(unsigned char *out, const void *content, size_t length)
{
	const unsigned char *from = content;

	while (length > 0) {
		size_t part = length < RECORD_CONTENT_MAX ? length : RECORD_CONTENT_MAX;

		record_header(out, RECORD_STDOUT, part);
		memcpy(out + RECORD_HEADER_SIZE, from, part);
		out += RECORD_HEADER_SIZE + part;
		from += part;
		length -= part;
	}
	return out;
}
