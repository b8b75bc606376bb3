/* SPDX-License-Identifier: ISC */
/* backoff: who has guessed wrong lately has to wait.
 *
 * One table in memory, shared by the worker processes: make it before they are
 * forked. After BACKOFF_FREE wrong passwords for an account, or from an address
 * (IPv6: from a /64), the next must wait a second, and twice as long after each
 * further one, up to 15 minutes; an hour without one forgets them all. It is fixed in size: under
 * attack from very many addresses the quietest are forgotten first.
 *
 * An attempt is counted as wrong when it begins and taken back when it was right,
 * so that guesses made at the same time are counted as well. The clock is the
 * monotonic one. */
#ifndef ORIEL_AUTH_BACKOFF_H
#define ORIEL_AUTH_BACKOFF_H

#include <stdint.h>

#include "base/cause.h"

enum {
	BACKOFF_FREE = 5, /* the last of them makes one wait */
	BACKOFF_MAX_S = 15 * 60,
	BACKOFF_FORGET_S = 3600,
	BACKOFF_ENTRIES = 4096,
};

struct backoff;

struct backoff *backoff_new(struct cause *why);
void backoff_free(struct backoff **backoff);

/* May `account` be tried from `address` now? 0: yes, and it is counted; else the
 * seconds to wait, and nothing is counted. Either may be NULL. */
unsigned backoff_begin(
    struct backoff *backoff, const char *address, const char *account, uint64_t mono_ns);

/* It was right: the account's wrong ones are forgotten, the address loses the one
 * that was counted (who has an account must not use it to clean his address). */
void backoff_right(struct backoff *backoff, const char *address, const char *account);

/* It was never judged (too busy, database away): take back the one count. */
void backoff_undo(struct backoff *backoff, const char *address, const char *account);

#endif
