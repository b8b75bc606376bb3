/* SPDX-License-Identifier: ISC */
/* holds: what must end when a grant ends: an open stream, event stream, WebSocket.
 *
 * One `struct holds` a process watches the folder of grants with inotify(7); it
 * polls nothing and needs neither SQLite nor cryptography. For the event loop of
 * whoever uses it: when holds_fd() is readable, call holds_dispatch().
 *
 *	if (!hold_begin(&conn->hold, holds, grant, conn_ended, conn))
 *		refuse: the grant ended between the check and now
 *	…
 *	hold_end(&conn->hold);
 */
#ifndef ORIEL_GRANTS_HOLDS_H
#define ORIEL_GRANTS_HOLDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cause.h"
#include "grants/grants.h"

struct holds;

/* The grant has ended. The hold is no longer registered; ended() may free what it
 * is part of, begin and end other holds. Runs inside holds_dispatch() only. */
typedef void hold_ended(void *arg);

struct hold { /* part of its owner; zeroed = not registered */
	struct hold *next, **back;
	struct holds *holds;
	hold_ended *ended;
	void *arg;
	unsigned long seen;
	char id[GRANT_SIZE];
};

/* The folder may come later. NULL with *why: out of memory or of inotify instances. */
struct holds *holds_new(const char *run_dir, struct cause *why);
void holds_free(struct holds **holds); /* all holds are ended before, by their owners */

int holds_fd(const struct holds *holds);
void holds_dispatch(struct holds *holds);
size_t holds_count(const struct holds *holds);

/* Register; false when the grant is not, or no longer, good (and for anything that
 * is no id): then nothing is registered. `hold` must not be registered already. */
bool hold_begin(
    struct hold *hold, struct holds *holds, const char *id, hold_ended *ended, void *arg);

/* Any number of times, also for one that was never begun. */
void hold_end(struct hold *hold);

/* Called for each id that newly appears; for who plans by what there is. May be NULL. */
void holds_on_new(struct holds *holds, void (*appeared)(void *arg), void *arg);

#endif
