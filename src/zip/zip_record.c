/* SPDX-License-Identifier: ISC */
#include "zip/zip_record.h"

#include <string.h>
#include <sys/stat.h>

enum {
	VERSION = 20,		  /* to read it: folders */
	VERSION_LARGE = 45,	  /* ZIP64 */
	MADE_ON_UNIX = 3 << 8,	  /* so readers take the mode */
	FLAGS = 1 << 3 | 1 << 11, /* a descriptor follows; the name is UTF-8 */
	STORED = 0,		  /* the method */
	EXTRA_LARGE = 1,	  /* the extra field of ZIP64 */
	MANY = 0xffff,		  /* from this number of entries on, ZIP64 */
	ENDING_LARGE = 56,
	LOCATOR = 20,
};
#define LARGE UINT32_C(0xffffffff)

/* Little-endian on every machine; moves `at` on. */
static void
put(unsigned char **at, uint64_t number, int bytes)
{
	for (int i = 0; i < bytes; i++)
		*(*at)++ = (unsigned char)(number >> 8 * i);
}

static void
put_small(unsigned char **at, uint64_t number)
{
	put(at, number <= ZIP_SMALL_MAX ? number : LARGE, 4);
}

/* MS-DOS time: from 1980 on, in steps of two seconds. */
static void
put_time(unsigned char **at, time_t when)
{
	struct tm now = { 0 };

	if (localtime_r(&when, &now) == NULL || now.tm_year < 80 || now.tm_year > 80 + 127)
		now = (struct tm){ .tm_year = 80, .tm_mday = 1 };
	put(at, (uint64_t)(now.tm_hour << 11 | now.tm_min << 5 | now.tm_sec / 2), 2);
	put(at, (uint64_t)((now.tm_year - 80) << 9 | (now.tm_mon + 1) << 5 | now.tm_mday), 2);
}

static void
put_name(unsigned char **at, const struct zip_entry *entry)
{
	size_t length = strlen(entry->name);

	memcpy(*at, entry->name, length);
	*at += length;
}

size_t
zip_local(unsigned char out[ZIP_LOCAL_MAX], const struct zip_entry *entry)
{
	unsigned char *at = out;

	put(&at, 0x04034b50, 4);
	put(&at, entry->large ? VERSION_LARGE : VERSION, 2);
	put(&at, FLAGS, 2);
	put(&at, STORED, 2);
	put_time(&at, entry->when);
	put(&at, 0, 4);
	put(&at, entry->large ? LARGE : 0, 4);
	put(&at, entry->large ? LARGE : 0, 4);
	put(&at, strlen(entry->name), 2);
	put(&at, entry->large ? 20 : 0, 2);
	put_name(&at, entry);
	if (entry->large) { /* this makes the descriptor's numbers 64 bits */
		put(&at, EXTRA_LARGE, 2);
		put(&at, 16, 2);
		put(&at, 0, 8);
		put(&at, 0, 8);
	}
	return (size_t)(at - out);
}

size_t
zip_descriptor(unsigned char out[ZIP_DESCRIPTOR_MAX], const struct zip_entry *entry)
{
	unsigned char *at = out;

	put(&at, 0x08074b50, 4);
	put(&at, entry->sum, 4);
	put(&at, entry->size, entry->large ? 8 : 4);
	put(&at, entry->size, entry->large ? 8 : 4);
	return (size_t)(at - out);
}

size_t
zip_central(unsigned char out[ZIP_CENTRAL_MAX], const struct zip_entry *entry)
{
	unsigned extra = (entry->size > ZIP_SMALL_MAX ? 16 : 0) +
	    (entry->offset > ZIP_SMALL_MAX ? 8 : 0);
	unsigned version = entry->large || extra > 0 ? VERSION_LARGE : VERSION;
	unsigned char *at = out;

	put(&at, 0x02014b50, 4);
	put(&at, MADE_ON_UNIX | version, 2);
	put(&at, version, 2);
	put(&at, FLAGS, 2);
	put(&at, STORED, 2);
	put_time(&at, entry->when);
	put(&at, entry->sum, 4);
	put_small(&at, entry->size);
	put_small(&at, entry->size);
	put(&at, strlen(entry->name), 2);
	put(&at, extra > 0 ? extra + 4 : 0, 2);
	put(&at, 0, 2 + 2 + 2); /* comment, disk, internal */
	put(&at, (uint64_t)(S_IFREG | 0644) << 16, 4);
	put_small(&at, entry->offset);
	put_name(&at, entry);
	if (extra > 0) {
		put(&at, EXTRA_LARGE, 2);
		put(&at, extra, 2);
	}
	if (entry->size > ZIP_SMALL_MAX) {
		put(&at, entry->size, 8);
		put(&at, entry->size, 8);
	}
	if (entry->offset > ZIP_SMALL_MAX)
		put(&at, entry->offset, 8);
	return (size_t)(at - out);
}

static void
put_ending_large(unsigned char **at, uint64_t count, uint64_t size, uint64_t offset)
{
	put(at, 0x06064b50, 4);
	put(at, ENDING_LARGE - 12, 8);
	put(at, MADE_ON_UNIX | VERSION_LARGE, 2);
	put(at, VERSION_LARGE, 2);
	put(at, 0, 4 + 4); /* disks */
	put(at, count, 8);
	put(at, count, 8);
	put(at, size, 8);
	put(at, offset, 8);
	put(at, 0x07064b50, 4); /* says where the record above is */
	put(at, 0, 4);
	put(at, offset + size, 8);
	put(at, 1, 4);
}

size_t
zip_ending(unsigned char out[ZIP_ENDING_MAX], uint64_t count, uint64_t size, uint64_t offset)
{
	unsigned char *at = out;

	if (count >= MANY || size > ZIP_SMALL_MAX || offset > ZIP_SMALL_MAX)
		put_ending_large(&at, count, size, offset);
	put(&at, 0x06054b50, 4);
	put(&at, 0, 2 + 2); /* disks */
	put(&at, count < MANY ? count : MANY, 2);
	put(&at, count < MANY ? count : MANY, 2);
	put_small(&at, size);
	put_small(&at, offset);
	put(&at, 0, 2); /* comment */
	return (size_t)(at - out);
}
