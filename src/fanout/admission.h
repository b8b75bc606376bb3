/* SPDX-License-Identifier: ISC */
/* admission: a place for somebody who stays: a stream, an event stream, a snapshot that waits. */
#ifndef ORIEL_FANOUT_ADMISSION_H
#define ORIEL_FANOUT_ADMISSION_H

#include "base/limiter.h"
#include "fastcgi/conn.h"
#include "fastcgi/request.h"

struct admission {
	struct limiter limiter;
	const char *full; /* what to say when there is none: "too many streams" */
};

/* One for who asks: the account, or with log-in off the address. False: none is left (503) or none
 * for this one (429), and the request has been answered. Given back with limiter_leave(*user). */
bool viewer_admit(struct admission *admission, struct conn *conn, const struct request *request,
    struct limiter_user **user);

#endif
