/* SPDX-License-Identifier: ISC */
/* zip_writer: writes a ZIP archive from front to back, through the caller's `write`.
 *
 * It keeps only the central headers until the end, about 80 bytes an entry. */
#ifndef ORIEL_ZIP_ZIP_WRITER_H
#define ORIEL_ZIP_ZIP_WRITER_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* Writes all bytes: 0. -1: it failed, and the archive cannot be finished. */
typedef int zip_write_fn(void *arg, const void *bytes, size_t length);

struct zip_writer;

/* NULL when out of memory. */
struct zip_writer *zip_writer_new(zip_write_fn *write, void *arg);
void zip_writer_free(struct zip_writer **zip); /* finished or not; clears *zip */

/* The next four return 0, or -1 when `write` failed or memory ran out. */

/* Begin an entry. `name`: at most ZIP_NAME_MAX bytes; `most`: the bytes that it may have. */
int zip_writer_begin(struct zip_writer *zip, const char *name, time_t when, uint64_t most);
int zip_writer_add(struct zip_writer *zip, const void *bytes, size_t length);
int zip_writer_end(struct zip_writer *zip);

int zip_writer_finish(struct zip_writer *zip);

uint64_t zip_writer_size(const struct zip_writer *zip); /* bytes written so far */

#endif
