/* SPDX-License-Identifier: ISC */
/* exchange: one accepted request, and what a route's handler needs to answer it. */
#ifndef ORIEL_SITE_EXCHANGE_H
#define ORIEL_SITE_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/role.h"
#include "fastcgi/conn.h"
#include "fastcgi/request.h"
#include "site/route.h"

struct exchange {
	struct site *site;
	const struct route *route;
	struct fanout *fanout; /* of the request's camera; NULL for SCOPE_SITE */
	struct conn *conn;
	const struct request *request;
	enum role role; /* of the client */
};

/* Answers exchange->conn, or takes it over to answer later. The exchange, route and request
 * are gone once it returns. */
typedef void route_handler(const struct exchange *exchange);

/* The camera of that name (`length` bytes), or the default one when name is NULL. NULL: there
 * is none, and the request has been answered. */
struct fanout *exchange_find(const struct exchange *exchange, const char *name, size_t length);

/* Call this first if the answer takes longer than a moment: it then ends with the log-in that
 * asked for it. False: that has ended already, and the request has been answered. */
bool exchange_hold(const struct exchange *exchange);

#endif
