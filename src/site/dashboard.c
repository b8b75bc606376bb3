/* SPDX-License-Identifier: ISC */
#include "site/dashboard.h"

#include <stdio.h>
#include <string.h>

#include "fanout/fanout.h"
#include "http/query.h"
#include "http/reply.h"

/* The value of `name`, "" when it is missing. False: it is broken, and that has been answered. */
static bool
dashboard_asks(const struct exchange *exchange, const char *name, char value[QUERY_VALUE_SIZE])
{
	struct cause why;

	value[0] = '\0';
	if (query_text(exchange->request->query, name, value, &why) != -1)
		return true;
	reply_error_why(exchange->conn, 400, &why);
	return false;
}

static void
dashboard_send(const struct exchange *exchange)
{
	struct reply_head head;

	reply_begin(&head, exchange->conn, 200);
	reply_add(&head, "Content-Type: text/html; charset=utf-8");
	reply_add(&head, "X-Accel-Redirect: %s/_page", request_own_mount(exchange->request));
	reply_send(exchange->conn, &head, NULL, 0);
}

static void
dashboard_redirect(const struct exchange *exchange, const char *camera)
{
	char where[512];

	snprintf(where, sizeof where, "%s/cam/%s/", exchange->request->mount, camera);
	reply_see(exchange->conn, where);
}

void
dashboard_get(const struct exchange *exchange)
{
	const struct route *route = exchange->route;
	bool elsewhere = route->camera == NULL || route->elsewhere;
	char action[QUERY_VALUE_SIZE], named[QUERY_VALUE_SIZE];
	struct fanout *fanout;

	if (!dashboard_asks(exchange, "action", action) || !dashboard_asks(exchange, "cam", named))
		return;
	/* Clients of other camera servers ask for an action, and would take the page for a
	 * picture. */
	if (action[0] != '\0' || (route->camera == NULL && named[0] == '\0')) {
		reply_no_path(exchange->conn, exchange->request->path);
		return;
	}
	fanout = route->camera != NULL
	    ? exchange_find(exchange, route->camera, route->camera_length)
	    : exchange_find(exchange, named, strlen(named));
	if (fanout != NULL && elsewhere)
		dashboard_redirect(exchange, camera_name(fanout->camera));
	else if (fanout != NULL)
		dashboard_send(exchange);
}
