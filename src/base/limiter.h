/* SPDX-License-Identifier: ISC */
/* limiter: a number of places, and who has how many of them.
 *
 * Nobody can take all: one user has at most a share. And viewers cannot keep operators out: the
 * last eighth is for operators. For one thread only. */
#ifndef ORIEL_BASE_LIMITER_H
#define ORIEL_BASE_LIMITER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "base/role.h"

enum { LIMITER_BUCKETS = 512, LIMITER_WHO_SIZE = 64, LIMITER_OPERATORS = 8 };

struct limiter_user; /* somebody who has places */

struct limiter {
	size_t most, share; /* in all; for one user */
	size_t taken;
	LIST_HEAD(limiter_bucket, limiter_user) buckets[LIMITER_BUCKETS];
};

enum limiter_verdict {
	LIMITER_OK,
	LIMITER_FULL,  /* no place is left, or only for operators */
	LIMITER_SHARE, /* this user has as many as one user may have */
	LIMITER_NO_MEMORY,
};

/* `share`: percent of `most` that one user may have, 1 to 100, rounded up. */
void limiter_init(struct limiter *limiter, size_t most, unsigned share);
void limiter_deinit(struct limiter *limiter); /* places must not be given back after this */

/* One place for `who`: an account, or address_network() where there are none. Give it back with
 * *user. */
enum limiter_verdict limiter_take(
    struct limiter *limiter, const char *who, enum role role, struct limiter_user **user);

/* Give one place back. The argument is the `user` of limiter_take(). */
void limiter_leave(void *user);

#endif
