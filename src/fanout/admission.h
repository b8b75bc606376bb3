/* SPDX-License-Identifier: ISC */
/* admission: a place for a request that stays: a stream, an event stream, a snapshot that waits. */
#ifndef ORIEL_FANOUT_ADMISSION_H
#define ORIEL_FANOUT_ADMISSION_H

#include "base/limiter.h"
#include "fastcgi/conn.h"
#include "fastcgi/request.h"

struct admission {
	struct limiter limiter;
	const char *full; /* the error when there is none: "too many streams" */
};

/* A place for whoever asks: the account, or with log-in off the address. False: none is left
 * (503), or none for this one (429), and the request has been answered. limiter_leave(*user)
 * gives it back. */
bool viewer_admit(struct admission *admission, struct conn *conn, const struct request *request,
    struct limiter_user **user);

#endif
