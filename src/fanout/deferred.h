/* SPDX-License-Identifier: ISC */
/* deferred: a request that is answered later: when a frame has come, orield has replied, or a
 * password has been hashed. It takes one of its user's places, and ends when the peer leaves. */
#ifndef ORIEL_FANOUT_DEFERRED_H
#define ORIEL_FANOUT_DEFERRED_H

#include <stddef.h>

#include "fanout/admission.h"
#include "fastcgi/conn.h"
#include "fastcgi/request.h"

/* The first member of a struct with the rest. */
struct deferred {
	struct conn *conn;
	struct limiter_user *place; /* NULL: it needs none */
	/* Stop waiting, if it still does; free nothing. */
	void (*drop)(struct deferred *deferred);
};

/* `size` bytes that begin with a struct deferred, the others 0. `admission` NULL: no place is
 * needed. NULL: there was no place, or no memory, and the request has been answered. */
void *deferred_new(size_t size, void (*drop)(struct deferred *deferred), struct conn *conn,
    const struct request *request, struct admission *admission);

/* Call it after the answer. If the peer leaves before, it happens by itself. */
void deferred_free(struct deferred *deferred);

#endif
