/* SPDX-License-Identifier: ISC */
#include "site/dashboard.h"

#include <stdio.h>
#include <string.h>

#include "http/reply.h"

/* The value of `name`, "" when it is not there; false: it is no text, and that has been answered. */
static bool
dashboard_asks(struct conn *conn, const struct request *request, const char *name,
    char value[QUERY_VALUE_SIZE])
{
	struct cause why;

	value[0] = '\0';
	if (query_text(request->query, name, value, &why) != -1)
		return true;
	reply_error(conn, 400, "%s", why.text);
	return false;
}

bool
dashboard_choose(struct route *route, char name[QUERY_VALUE_SIZE], struct conn *conn,
    const struct request *request)
{
	char action[QUERY_VALUE_SIZE];

	if (!dashboard_asks(conn, request, "action", action) ||
	    !dashboard_asks(conn, request, "cam", name))
		return false;
	if (route->camera == NULL && name[0] != '\0') {
		route->camera = name;
		route->camera_length = strlen(name);
		route->elsewhere = true;
	}
	/* Clients of other camera servers, which ask for an action, would take the page for a picture. */
	if (action[0] == '\0' && route->camera != NULL)
		return true;
	reply_no_path(conn, request->path);
	return false;
}

void
dashboard_get(
    struct conn *conn, const struct request *request, const struct route *route, const char *camera)
{
	char where[512];
	struct reply_head head;

	if (route->elsewhere) {
		snprintf(where, sizeof where, "%s/cam/%s/", request->mount, camera);
		reply_see(conn, where);
		return;
	}
	reply_begin(&head, conn, 200);
	reply_add(&head, "Content-Type: text/html; charset=utf-8");
	reply_add(&head, "X-Accel-Redirect: %s/_page", request_own_mount(request));
	reply_send(conn, &head, NULL, 0);
}
