/* SPDX-License-Identifier: ISC */
/* promises: a store at work. It records what the store has answered with ok, and after how many
 * operations of the disk (disk.h), and checks whether that is there afterwards. */
#ifndef ORIEL_TESTS_PROMISES_H
#define ORIEL_TESTS_PROMISES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/store.h"

enum { PROMISES_STEPS = 11, WHEN_SIZE = 120 };

extern struct store *store;  /* the one at work; NULL: closed */
extern char when[WHEN_SIZE]; /* what is being tried, for the words of a failure */

/* Events, pictures, a setting; alone, together, undone; deleted, evicted; closed and opened. */
void promises_work(const char *folder, int steps);

/* `folder` holds all that was promised by operation `end`, and is a good store. */
void promises_check(const char *folder, size_t end);

/* One event more, which must be stored; its number. Closes the store. */
int64_t promises_number(const char *folder);
void promises_one_more(const char *folder); /* the same, to be found afterwards */

/* A full disk costs old pictures. */
void promises_pictures_may_go(void);

/* Nothing was refused. */
bool promises_are_whole(void);

#endif
