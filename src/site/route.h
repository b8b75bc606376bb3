/* SPDX-License-Identifier: ISC */
/* route: one table of what can be asked for, by which method, by whom. */
#ifndef ORIEL_SITE_ROUTE_H
#define ORIEL_SITE_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/role.h"

/* ROUTE(identifier, method, path, who may ask). A path that ends in * stands for any
 * name there. HEAD goes where GET goes. The rows from HEALTH on are the site's, not one
 * camera's, and mean the same below /cam/NAME: whose page is there, its links are relative. */
#define ROUTES(ROUTE)                                           \
	ROUTE(STATUS, "GET", "/status", ROLE_VIEWER)            \
	ROUTE(SNAPSHOT, "GET", "/snapshot.jpg", ROLE_VIEWER)    \
	ROUTE(STREAM, "GET", "/stream.jpg", ROLE_VIEWER)        \
	ROUTE(EVENTS, "GET", "/events", ROLE_VIEWER)            \
	ROUTE(GET_CONFIG, "GET", "/config", ROLE_VIEWER)        \
	ROUTE(SET_CONFIG, "POST", "/config", ROLE_OPERATOR)     \
	ROUTE(SNAPS, "GET", "/snaps/", ROLE_VIEWER)             \
	ROUTE(SNAP, "GET", "/snaps/*", ROLE_VIEWER)             \
	ROUTE(DELETE_SNAP, "DELETE", "/snaps/*", ROLE_OPERATOR) \
	ROUTE(HISTORY, "GET", "/history", ROLE_VIEWER)          \
	ROUTE(GET_CONTROLS, "GET", "/controls", ROLE_VIEWER)    \
	ROUTE(SET_CONTROLS, "POST", "/controls", ROLE_OPERATOR) \
	ROUTE(READY, "GET", "/readyz", ROLE_VIEWER)             \
	ROUTE(PAGE, "GET", "/", ROLE_VIEWER)                    \
	ROUTE(HEALTH, "GET", "/healthz", ROLE_NONE)             \
	ROUTE(SESSION, "GET", "/session", ROLE_VIEWER)          \
	ROUTE(LOGIN_PAGE, "GET", "/login", ROLE_NONE)           \
	ROUTE(LOGIN, "POST", "/login", ROLE_NONE)               \
	ROUTE(LOGOUT, "POST", "/logout", ROLE_NONE)             \
	ROUTE(API_LOGIN, "POST", "/api/login", ROLE_NONE)

#define ROUTE_ENUM(id, ...) ROUTE_##id,
enum route_id { ROUTES(ROUTE_ENUM) ROUTE_COUNT };
#undef ROUTE_ENUM

struct route_row {
	const char *method, *path;
	enum role role;
};
extern const struct route_row route_table[ROUTE_COUNT];

enum route_outcome { ROUTE_FOUND, ROUTE_NO_PATH, ROUTE_NO_METHOD };

struct route {
	enum route_id id; /* ROUTE_FOUND */
	/* That is needed to hear even what is there: of the row found, else the least of
	 * the path's rows, else ROLE_VIEWER. */
	enum role role;
	const char *camera; /* the name in /cam/NAME/…; NULL: none given */
	size_t camera_length;
	bool elsewhere;	  /* the page is at /cam/NAME/, and this was /cam/NAME or /?cam=NAME */
	const char *name; /* what * stood for, "" if nothing */
	char allow[64];	  /* ROUTE_NO_METHOD: "GET, HEAD, …" */
};

enum route_outcome route_find(const char *method, const char *path, struct route *route);

#endif
