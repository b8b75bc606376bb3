/* SPDX-License-Identifier: ISC */
/* places: a number of places, and who has how many of them.
 *
 * Nobody can take all: one user has at most his share. And who may change something is not
 * kept out by those who look: the last eighth is for operators. Not for several threads. */
#ifndef ORIEL_BASE_PLACES_H
#define ORIEL_BASE_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "base/role.h"

enum { PLACES_BUCKETS = 512, PLACES_WHO_SIZE = 64, PLACES_OPERATORS = 8 };

struct places_user; /* one who has some */

struct places {
	size_t most, share; /* in all; of one user */
	size_t taken;
	LIST_HEAD(places_bucket, places_user) buckets[PLACES_BUCKETS];
};

enum places_verdict {
	PLACES_OK,
	PLACES_FULL,  /* none is left, or none but for operators */
	PLACES_SHARE, /* this user has all that one may have */
	PLACES_NO_MEMORY,
};

/* `share`: percent of `most` that one user may have, 1 to 100, rounded up. */
void places_init(struct places *places, size_t most, unsigned share);
void places_deinit(struct places *places); /* who has some must not give them back any more */

/* One for `who`: an account, or address_network() where there are none. *user is to give it back with. */
enum places_verdict places_take(
    struct places *places, const char *who, enum role role, struct places_user **user);

/* One place back; the argument is the `user` of places_take(). */
void places_leave(void *user);

#endif
