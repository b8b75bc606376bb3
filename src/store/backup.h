/* SPDX-License-Identifier: ISC */
/* backup: a camera's state in one file, and back. The file is an SQLite archive
 * (https://www.sqlite.org/sqlar.html, nothing compressed): `sqlite3 -A -t -f FILE` lists what is in
 * it. A second table holds a sum of each part.
 *
 *   about       {"oriel": 1, "camera", "made", "version"}
 *   state.db    settings, counters, events, the list of pictures
 *   auth.db     users and tokens
 *   snaps/…     pictures, when they were asked for
 *
 * Blocks; no two threads at a time. STORE_ results with *why. */
#ifndef ORIEL_STORE_BACKUP_H
#define ORIEL_STORE_BACKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cause.h"

struct backup;

enum { BACKUP_FORM = 1, BACKUP_NAME_SIZE = 80 };

/* Begin `path` under another name, mode 0600; nothing is at `path` before backup_finish(). A
 * full disk is not told apart from other failures. */
struct backup *backup_make(const char *path, struct cause *why);
int backup_put(
    struct backup *backup, const char *name, const void *bytes, size_t length, struct cause *why);

/* Sync, rename, sync the folder. `force`: replace what is there already. */
int backup_finish(struct backup *backup, bool force, struct cause *why);

/* Open a backup to read, and check all of it. NULL when it is no backup, or damaged. */
struct backup *backup_open(const char *path, struct cause *why);

/* The bytes of one part, for free(3); STORE_MISSING when the backup does not have it. */
int backup_get(struct backup *backup, const char *name, unsigned char **bytes, size_t *length,
    struct cause *why);

/* The name after `after` ("": the first); false: no more. */
bool backup_next(struct backup *backup, const char *after, char name[BACKUP_NAME_SIZE]);

/* Callable in any state; an unfinished file is removed. Clears *backup. */
void backup_free(struct backup **backup);

#endif
