/* SPDX-License-Identifier: ISC */
#include "site/dispatch.h"

#include <string.h>

#include "protocol/reasons.h"
#include "http/origin.h"
#include "http/reply.h"
#include "site/api.h"
#include "site/dashboard.h"
#include "site/exchange.h"
#include "site/export.h"
#include "site/login_routes.h"
#include "site/site_state.h"
#include "site/view.h"

/* A row whose handler is missing does not compile here. */
#define ROUTE_HANDLER(id, method, path, role, scope, handler, ...) [ROUTE_##id] = (handler),
static route_handler *const handlers[ROUTE_COUNT] = { ROUTES(ROUTE_HANDLER) };
#undef ROUTE_HANDLER

static bool
method_changes(const char *method)
{
	return strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0 &&
	    strcmp(method, "OPTIONS") != 0;
}

/* May a page of this origin ask for it? Otherwise it has been answered. */
static bool
dispatch_origin(const struct exchange *exchange)
{
	const char *origins = exchange->site->login.origins;

	if (exchange->request->origin[0] == '\0')
		return true;
	if (origin_preflight(exchange->conn, exchange->request, origins))
		return false;
	if (origin_listed(origins, exchange->request->origin))
		conn_set_shared(exchange->conn);
	return true;
}

/* Has the client the role for it? Otherwise it has been answered. */
static bool
dispatch_lets_in(const struct exchange *exchange)
{
	const struct request *request = exchange->request;
	const struct site *site = exchange->site;
	struct conn *conn = exchange->conn;

	if (exchange->route->role == ROLE_NONE)
		return true;
	if (site->hosts != NULL &&
	    !hosts_have(site->hosts, request->host, strlen(request->host), request->site))
		origin_refuse_host(conn, request);
	else if (exchange->role == ROLE_NONE)
		login_refuse(&site->login, conn, request);
	else if (exchange->role < exchange->route->role)
		reply_error(conn, 403, &reason_operators_only);
	else if (method_changes(request->method) && !login_trusts(&site->login, request))
		origin_refuse(conn, request, "this page may not change anything here");
	else
		return true;
	return false;
}

static void
dispatch_no_method(const struct exchange *exchange)
{
	char body[REASON_LINE_SIZE];
	struct reply_head head;

	reason_line(&reason_method_not_allowed, body);

	reply_begin(&head, exchange->conn, 405);
	reply_add(&head, "Allow: %s", exchange->route->allow);
	reply_add(&head, "Content-Type: application/json");
	reply_add(&head, "Cache-Control: no-store");
	reply_send(exchange->conn, &head, body, strlen(body));
}

static void
dispatch_found(struct exchange *exchange)
{
	const struct route *route = exchange->route;

	if (route_table[route->id].scope == SCOPE_CAMERA) {
		exchange->fanout = exchange_find(exchange, route->camera, route->camera_length);
		if (exchange->fanout == NULL)
			return;
	}
	handlers[route->id](exchange);
}

void
dispatch(void *arg, struct conn *conn, const struct request *request)
{
	struct site *site = arg;
	struct route route;
	struct exchange exchange = { .site = site,
		.route = &route,
		.conn = conn,
		.request = request,
		.role = login_role(&site->login, request) };
	enum route_outcome outcome;

	if (request->task[0] != '\0') {
		login_task(&site->login, conn, request);
		return;
	}
	outcome = route_find(request->method, request->path, &route);
	if (!dispatch_origin(&exchange) || !dispatch_lets_in(&exchange))
		return;
	switch (outcome) {
	case ROUTE_NO_PATH: reply_no_path(conn, request->path); break;
	case ROUTE_NO_METHOD: dispatch_no_method(&exchange); break;
	case ROUTE_FOUND: dispatch_found(&exchange); break;
	}
}
