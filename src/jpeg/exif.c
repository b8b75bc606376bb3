/* SPDX-License-Identifier: ISC */
#include "jpeg/exif.h"

#include <string.h>

enum { TIFF_HEADER = 8, ENTRY = 12, SHORT = 3, LONG = 4, ORIENTATION = 0x0112, MP_COUNT = 0xb001 };

struct tiff { /* TIFF 6.0, section 2: header, directory of entries */
	const unsigned char *data;
	uint32_t length;
	bool big; /* byte order */
};

static uint32_t
tiff_short(const struct tiff *tiff, uint32_t at)
{
	const unsigned char *byte = tiff->data + at;

	return tiff->big ? (uint32_t)byte[0] << 8 | byte[1] : (uint32_t)byte[1] << 8 | byte[0];
}

static uint32_t
tiff_long(const struct tiff *tiff, uint32_t at)
{
	uint32_t first = tiff_short(tiff, at), second = tiff_short(tiff, at + 2);

	return tiff->big ? first << 16 | second : second << 16 | first;
}

/* `data` after `name`, if it begins with that. */
static bool
tiff_open(
    struct tiff *tiff, const unsigned char *data, uint32_t length, const char *name, uint32_t size)
{
	if (length < size + TIFF_HEADER || memcmp(data, name, size) != 0)
		return false;
	*tiff = (struct tiff){ data + size, length - size, data[size] == 'M' };
	return (memcmp(tiff->data, "II*", 4) == 0 || memcmp(tiff->data, "MM\0*", 4) == 0);
}

/* The one value of that type under `tag` in the first directory; 0: none. */
static uint32_t
tiff_value(const struct tiff *tiff, uint32_t tag, uint32_t type)
{
	uint32_t at = tiff_long(tiff, 4), count;

	if (at > tiff->length - 2)
		return 0;
	count = tiff_short(tiff, at);
	for (at += 2; count > 0 && tiff->length - at >= ENTRY; count--, at += ENTRY)
		if (tiff_short(tiff, at) == tag)
			return tiff_short(tiff, at + 2) != type || tiff_long(tiff, at + 4) != 1 ? 0
			    : type == SHORT ? tiff_short(tiff, at + 8)
					    : tiff_long(tiff, at + 8);
	return 0;
}

bool
exif_orientation(const unsigned char *data, uint32_t length, unsigned *orientation)
{
	struct tiff tiff;
	uint32_t value;

	if (!tiff_open(&tiff, data, length, "Exif\0", 6))
		return false;
	value = tiff_value(&tiff, ORIENTATION, SHORT);
	*orientation = value >= 1 && value <= 8 ? value : 1;
	return true;
}

unsigned
mpf_pictures(const unsigned char *data, uint32_t length)
{
	struct tiff tiff;

	return tiff_open(&tiff, data, length, "MPF", 4) ? tiff_value(&tiff, MP_COUNT, LONG) : 0;
}
