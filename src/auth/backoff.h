/* SPDX-License-Identifier: ISC */
/* backoff: whoever has sent wrong passwords lately has to wait.
 *
 * One table in memory, shared by the worker processes: make it before they are forked. After
 * BACKOFF_FREE wrong passwords for an account, or from an address (IPv6: from a /64), the next
 * attempt must wait a second. Each further one doubles the wait, up to 15 minutes. An hour without
 * a wrong one forgets them all. The table has a fixed size: under attack from very many addresses
 * the quietest are forgotten first.
 *
 * An attempt is counted as wrong when it begins and taken back when it was right, so that
 * guesses made at the same time are counted as well. The clock is the monotonic one. */
#ifndef ORIEL_AUTH_BACKOFF_H
#define ORIEL_AUTH_BACKOFF_H

#include <stdint.h>

#include "base/cause.h"

enum {
	BACKOFF_FREE = 5, /* after this many one has to wait */
	BACKOFF_MAX_S = 15 * 60,
	BACKOFF_FORGET_S = 3600,
	BACKOFF_ENTRIES = 4096,
};

struct backoff;

struct backoff *backoff_new(struct cause *why);
void backoff_free(struct backoff **backoff);

/* May `account` be tried from `address` now? 0: yes, and it is counted. Otherwise the seconds to
 * wait, and nothing is counted. Either may be NULL. */
unsigned backoff_begin(
    struct backoff *backoff, const char *address, const char *account, uint64_t mono_ns);

/* It was right: the account's wrong ones are forgotten. The address loses only the count of this
 * attempt, so nobody can clear his address with an account of his own. */
void backoff_right(struct backoff *backoff, const char *address, const char *account);

/* It was not checked (too busy, database unusable): take back the count. */
void backoff_undo(struct backoff *backoff, const char *address, const char *account);

#endif
