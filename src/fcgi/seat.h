/* SPDX-License-Identifier: ISC */
/* seat: a place for somebody who stays: a stream, an event stream, a snapshot that waits. */
#ifndef ORIEL_FCGI_SEAT_H
#define ORIEL_FCGI_SEAT_H

#include "base/places.h"
#include "fcgi/conn.h"
#include "fcgi/request.h"

struct seats {
	struct places places;
	const char *full; /* what to say when there is none: "too many streams" */
};

/* One for who asks: the account, or with log-in off the address. False: none is left (503) or none
 * for this one (429), and the request has been answered. Given back with places_leave(*user). */
bool seat_take(struct seats *seats, struct conn *conn, const struct request *request,
    struct places_user **user);

#endif
