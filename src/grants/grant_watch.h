/* SPDX-License-Identifier: ISC */
/* grant_watch: what must end when a grant ends: an open stream, event stream, WebSocket.
 *
 * One `struct grant_watch` a process watches the folder of grants with inotify(7); it
 * polls nothing and needs neither SQLite nor cryptography. For the event loop of
 * whoever uses it: when grant_watch_fd() is readable, call grant_watch_dispatch().
 *
 *	if (!grant_hold_begin(&conn->hold, holds, grant, conn_ended, conn))
 *		refuse: the grant ended between the check and now
 *	…
 *	grant_hold_end(&conn->hold);
 */
#ifndef ORIEL_GRANTS_GRANT_WATCH_H
#define ORIEL_GRANTS_GRANT_WATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cause.h"
#include "grants/grants.h"

struct grant_watch;

/* The grant has ended. The hold is no longer registered. ended() may free what it is part of,
 * and begin and end other holds. It runs inside grant_watch_dispatch() only. */
typedef void grant_hold_ended(void *arg);

struct grant_hold { /* part of its owner; zeroed = not registered */
	struct grant_hold *next, **back;
	struct grant_watch *holds;
	grant_hold_ended *ended;
	void *arg;
	unsigned long seen;
	char id[GRANT_SIZE];
};

/* The folder may be made later. NULL with *why: out of memory or of inotify instances. */
struct grant_watch *grant_watch_new(const char *run_dir, struct cause *why);
void grant_watch_free(struct grant_watch **holds); /* the owners must have ended all holds before */

int grant_watch_fd(const struct grant_watch *holds);
void grant_watch_dispatch(struct grant_watch *holds);
size_t grant_watch_count(const struct grant_watch *holds);

/* Register. False when the grant is not good (any more), or is no id: then nothing is
 * registered. `hold` must not be registered already. */
bool grant_hold_begin(struct grant_hold *hold, struct grant_watch *holds, const char *id,
    grant_hold_ended *ended, void *arg);

/* May be called any number of times, also for one that was never begun. */
void grant_hold_end(struct grant_hold *hold);

/* Called for each new id, for users that plan by what exists. May be NULL. */
void grant_watch_on_new(struct grant_watch *holds, void (*appeared)(void *arg), void *arg);

#endif
