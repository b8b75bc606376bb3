/* SPDX-License-Identifier: ISC */
/* origin: which page a request comes from, and what that page may do.
 *
 * A page of another site can make its visitor's browser ask anything of us, with the visitor's
 * cookie. It cannot read the answer unless we say so (CORS), and it cannot hide where it
 * comes from: browsers send Sec-Fetch-Site (W3C Fetch Metadata) and Origin (RFC 6454). */
#ifndef ORIEL_HTTP_ORIGIN_H
#define ORIEL_HTTP_ORIGIN_H

#include <jansson.h>
#include <stdbool.h>

#include "fastcgi/conn.h"
#include "fastcgi/request.h"

/* Is `origin` one of `allowed`, exactly? They are separated by spaces. */
bool origin_listed(const char *allowed, const char *origin);

/* Would a page at `origin` be taken for one of the site's own, or an allowed one? For the
 * page that wonders: a browser says nothing of why a WebSocket was refused. */
bool origin_is_known(const struct request *request, const char *allowed, const char *origin);

/* May it change something? `ambient`: the browser itself has sent along what makes it
 * welcome (a cookie, Basic), so it has to say where it comes from. */
bool origin_may_change(const struct request *request, const char *allowed, bool ambient);

/* The site as nginx tells it: what our own pages' Origin is. A new reference, or NULL. */
json_t *origin_of_site(const struct request *request);

/* 403: `text` is what the page may not, `advice` in the answer what to set if it should. */
void origin_refuse(struct conn *conn, const struct request *request, const char *text);

/* 403: who asks calls us by a name that is not ours (base/hosts.h). */
void origin_refuse_host(struct conn *conn, const struct request *request);

/* A browser's question whether a page of another origin may ask (CORS preflight), and
 * that origin is allowed: answered; else false. It is asked without a cookie. */
bool origin_preflight(struct conn *conn, const struct request *request, const char *allowed);

#endif
