/* SPDX-License-Identifier: ISC */
/* scratch: a folder of a test's own, and file systems in it that are small or
 * read-only where the test may mount (as root, or in a user namespace). */
#ifndef ORIEL_TESTS_SCRATCH_H
#define ORIEL_TESTS_SCRATCH_H

#include <stdbool.h>
#include <stddef.h>

void scratch_make(void);
void scratch_remove(void);	      /* with all that is in it and mounted on it */
void scratch_clear(const char *name); /* one folder in it, and all in that */

/* Paths below the folder; the result lives until the eighth call from now. */
const char *scratch_path(const char *format, ...) __attribute__((format(printf, 1, 2)));

long scratch_size(const char *name);  /* -1 when it is not there */
long scratch_count(const char *name); /* entries that do not begin with a dot */
long scratch_count_like(const char *name, const char *start);
void scratch_write(const char *name, const char *text);
void scratch_fill(const char *name, size_t most); /* until the disk is full, at most this */

/* False when this machine does not let us: skip(). */
bool scratch_mount_small(const char *name, size_t bytes, unsigned inodes); /* 0 = enough */
bool scratch_mount_read_only(const char *name);

/* Expected log lines are not shown. */
void scratch_silence(bool on);

#endif
