/* SPDX-License-Identifier: ISC */
/* numbers: the highest event number that may have been given away, outside of the database, so
 * that none is given away twice when the database is lost, damaged, or an older one. A line of
 * text in folder/numbers, written durably for 1,000 numbers at a time.
 *
 * The line also holds which file it is (inode and birth): a copy of it, put back by a
 * backup, says nothing about the numbers given away since, and is told by that. */
#ifndef ORIEL_STORE_NUMBERS_H
#define ORIEL_STORE_NUMBERS_H

#include <stdint.h>

#include "base/cause.h"
#include "store/result.h"

enum { NUMBERS_STEP = 1000 };
#define NUMBERS_MAX (INT64_C(1) << 53) /* what a number in JavaScript can hold */

enum numbers_state {
	NUMBERS_NONE, /* there is no such file, or none that can be read */
	NUMBERS_COPY, /* not the file that was written: `most` is a lower bound */
	NUMBERS_OWN,
};

struct numbers {
	enum numbers_state state;
	int64_t most; /* nothing above it was given away */
};

/* `folder` is a path. Never fails: what cannot be read is NUMBERS_NONE. */
void numbers_read(const char *folder, struct numbers *numbers);

/* Written and synced under another name, renamed, the folder synced. STORE_OK, STORE_FULL,
 * STORE_FAILED. */
int numbers_write(const char *folder, int64_t most, struct cause *why);

/* Not synced: when the power goes, the former line is there, or none that is believed; both are
 * safe. */
void numbers_write_lazily(const char *folder, int64_t most);

/* From now on it is a copy: what is beside it has come from elsewhere. */
int numbers_distrust(const char *folder, int64_t most, struct cause *why);

#endif
