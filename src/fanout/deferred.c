/* SPDX-License-Identifier: ISC */
#include "fanout/deferred.h"

#include <stdlib.h>

#include "http/reply.h"
#include "protocol/reasons.h"

static void
deferred_writable(struct conn *conn, void *arg)
{
	(void)conn, (void)arg; /* nothing was written yet */
}

static void
deferred_gone(struct conn *conn, void *arg)
{
	(void)conn;
	deferred_free(arg);
}

static const struct conn_user deferred_user = { deferred_writable, deferred_gone };

void *
deferred_new(size_t size, void (*drop)(struct deferred *deferred), struct conn *conn,
    const struct request *request, struct admission *admission)
{
	struct limiter_user *place = NULL;
	struct deferred *deferred;

	if (admission != NULL && !viewer_admit(admission, conn, request, &place))
		return NULL;
	deferred = calloc(1, size);
	if (deferred == NULL) {
		if (place != NULL)
			limiter_leave(place);
		reply_error(conn, 503, &reason_out_of_memory);
		return NULL;
	}
	*deferred = (struct deferred){ .conn = conn, .place = place, .drop = drop };
	conn_take(conn, &deferred_user, deferred);
	return deferred;
}

void
deferred_free(struct deferred *deferred)
{
	deferred->drop(deferred);
	if (deferred->place != NULL)
		limiter_leave(deferred->place);
	free(deferred);
}
