/* SPDX-License-Identifier: ISC */
/* zip_record: the records of a ZIP archive as bytes (PKWARE's APPNOTE.TXT 6.3.10, 4.3).
 *
 *   local header │ bytes │ descriptor │ … │ central header … │ ending
 *
 * Entries are not compressed. An entry's size and CRC are known only after it has been read, so
 * they are in the descriptor behind it and in the central header. Numbers of more than 32 bits use
 * ZIP64's fields. Pure functions: they write no file and allocate nothing. */
#ifndef ORIEL_ZIP_ZIP_RECORD_H
#define ORIEL_ZIP_ZIP_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum {
	ZIP_NAME_MAX = 255,
	ZIP_LOCAL_MAX = 30 + ZIP_NAME_MAX + 20,
	ZIP_DESCRIPTOR_MAX = 24,
	ZIP_CENTRAL_MAX = 46 + ZIP_NAME_MAX + 28,
	ZIP_ENDING_MAX = 56 + 20 + 22,
};
#define ZIP_SMALL_MAX UINT32_C(0xfffffffe) /* in 32 bits; the next number means ZIP64 */

struct zip_entry {
	char name[ZIP_NAME_MAX + 1]; /* UTF-8, with / between folders */
	time_t when;		     /* stored in local time, in even seconds */
	bool large;		     /* it may be larger than ZIP_SMALL_MAX */
	uint32_t sum;		     /* CRC-32 */
	uint64_t size, offset;	     /* bytes; offset: of its local header */
};

/* Each returns how many bytes it put into `out`. */
size_t zip_local(unsigned char out[ZIP_LOCAL_MAX], const struct zip_entry *entry);
size_t zip_descriptor(unsigned char out[ZIP_DESCRIPTOR_MAX], const struct zip_entry *entry);
size_t zip_central(unsigned char out[ZIP_CENTRAL_MAX], const struct zip_entry *entry);

/* For `count` central headers, `size` bytes together, the first at `offset`. */
size_t zip_ending(
    unsigned char out[ZIP_ENDING_MAX], uint64_t count, uint64_t size, uint64_t offset);

#endif
