/* SPDX-License-Identifier: ISC */
/* origin: which page a request comes from, and what that page may do.
 *
 * A page of another site can make its visitor's browser send us any request, with the visitor's
 * cookie. It cannot read the answer unless we allow it (CORS), and it cannot hide its origin:
 * browsers send Sec-Fetch-Site (W3C Fetch Metadata) and Origin (RFC 6454). */
#ifndef ORIEL_HTTP_ORIGIN_H
#define ORIEL_HTTP_ORIGIN_H

#include <jansson.h>
#include <stdbool.h>

#include "fastcgi/conn.h"
#include "fastcgi/request.h"

/* Is `origin` one of `allowed`, exactly? They are separated by spaces. */
bool origin_listed(const char *allowed, const char *origin);

/* Would a page at `origin` count as one of the site's own, or an allowed one? Pages ask this,
 * because a browser does not tell them why a WebSocket was refused. */
bool origin_is_known(const struct request *request, const char *allowed, const char *origin);

/* May it change something? `ambient`: the browser itself has added the credential (a cookie,
 * Basic), so it must say where the request comes from. */
bool origin_may_change(const struct request *request, const char *allowed, bool ambient);

/* The site's origin, from nginx: what our own pages send in Origin. A new reference, or NULL. */
json_t *origin_of_site(const struct request *request);

/* 403: `text` says what the page may not do, `advice` in the answer what to set if it should. */
void origin_refuse(struct conn *conn, const struct request *request, const char *text);

/* 403: the client uses a name that is not ours (base/hosts.h). */
void origin_refuse_host(struct conn *conn, const struct request *request);

/* A CORS preflight: a browser asks, without a cookie, whether a page of another origin may send
 * a request. If that origin is allowed, it is answered; otherwise false. */
bool origin_preflight(struct conn *conn, const struct request *request, const char *allowed);

#endif
