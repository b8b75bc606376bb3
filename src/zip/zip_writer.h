/* SPDX-License-Identifier: ISC */
/* zip_writer: a ZIP archive written from front to back, to wherever the user's `write` puts it.
 *
 * It keeps the central headers until the end, some 80 bytes an entry, and nothing else. */
#ifndef ORIEL_ZIP_ZIP_WRITER_H
#define ORIEL_ZIP_ZIP_WRITER_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* Write all of it: 0, or -1, and then the archive cannot be finished. */
typedef int zip_write_fn(void *arg, const void *bytes, size_t length);

struct zip_writer;

/* NULL when out of memory. */
struct zip_writer *zip_writer_new(zip_write_fn *write, void *arg);
void zip_writer_free(struct zip_writer **zip); /* finished or not; clears *zip */

/* The rest: 0, or -1 when `write` said so, or when out of memory. */

/* Begin an entry: its name (at most ZIP_NAME_MAX bytes), and how many bytes it may have. */
int zip_writer_begin(struct zip_writer *zip, const char *name, time_t when, uint64_t most);
int zip_writer_add(struct zip_writer *zip, const void *bytes, size_t length);
int zip_writer_end(struct zip_writer *zip);

int zip_writer_finish(struct zip_writer *zip);

uint64_t zip_writer_size(const struct zip_writer *zip); /* bytes written so far */

#endif
