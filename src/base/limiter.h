/* SPDX-License-Identifier: ISC */
/* limiter: a number of limiter, and who has how many of them.
 *
 * Nobody can take all: one user has at most his share. And who may change something is not
 * kept out by those who look: the last eighth is for operators. Not for several threads. */
#ifndef ORIEL_BASE_LIMITER_H
#define ORIEL_BASE_LIMITER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "base/role.h"

enum { LIMITER_BUCKETS = 512, LIMITER_WHO_SIZE = 64, LIMITER_OPERATORS = 8 };

struct limiter_user; /* one who has some */

struct limiter {
	size_t most, share; /* in all; of one user */
	size_t taken;
	LIST_HEAD(limiter_bucket, limiter_user) buckets[LIMITER_BUCKETS];
};

enum limiter_verdict {
	LIMITER_OK,
	LIMITER_FULL,  /* none is left, or none but for operators */
	LIMITER_SHARE, /* this user has all that one may have */
	LIMITER_NO_MEMORY,
};

/* `share`: percent of `most` that one user may have, 1 to 100, rounded up. */
void limiter_init(struct limiter *limiter, size_t most, unsigned share);
void limiter_deinit(struct limiter *limiter); /* who has some must not give them back any more */

/* One for `who`: an account, or address_network() where there are none. *user is to give it back
 * with. */
enum limiter_verdict limiter_take(
    struct limiter *limiter, const char *who, enum role role, struct limiter_user **user);

/* One place back; the argument is the `user` of limiter_take(). */
void limiter_leave(void *user);

#endif
