/* SPDX-License-Identifier: ISC */
/* numbers: the highest event number that may have been used, kept outside of the database. So no
 * number is used twice when the database is lost, damaged, or an older one. It is a line of text in
 * folder/numbers, written durably for 1,000 numbers at a time.
 *
 * The line also says which file it is (inode and birth). A copy that a backup has put back has
 * another inode, and says nothing about the numbers used since. */
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
	int64_t most; /* no number above it was used */
};

/* `folder` is a path. Never fails: a file that cannot be read is NUMBERS_NONE. */
void numbers_read(const char *folder, struct numbers *numbers);

/* Write and sync under another name, rename, sync the folder. STORE_OK, STORE_FULL,
 * STORE_FAILED. */
int numbers_write(const char *folder, int64_t most, struct cause *why);

/* Write without sync. After a power loss there is the former line, or an invalid one; both are
 * safe. */
void numbers_write_lazily(const char *folder, int64_t most);

/* Treat it as a copy from now on, because the database beside it comes from elsewhere. */
int numbers_distrust(const char *folder, int64_t most, struct cause *why);

#endif
