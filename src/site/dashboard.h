/* SPDX-License-Identifier: ISC */
/* dashboard: a camera's page, /cam/NAME/, and what leads there. The page is a file, which nginx
 * sends; whether there is such a camera only the worker knows. */
#ifndef ORIEL_SITE_DASHBOARD_H
#define ORIEL_SITE_DASHBOARD_H

#include <stdbool.h>

#include "fastcgi/conn.h"
#include "http/query.h"
#include "fastcgi/request.h"
#include "site/route.h"

/* Whose page: *route, found as ROUTE_PAGE, has a camera afterwards, which may be the one of ?cam=,
 * kept in `name`. False: no page is meant, and that has been answered. */
bool dashboard_choose(struct route *route, char name[QUERY_VALUE_SIZE], struct conn *conn,
    const struct request *request);

/* The page of that camera, which exists, or where it is. */
void dashboard_get(struct conn *conn, const struct request *request, const struct route *route,
    const char *camera);

#endif
