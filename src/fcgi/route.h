/* SPDX-License-Identifier: ISC */
/* route: one table of what can be asked for, by which method, by whom. */
#ifndef ORIEL_FCGI_ROUTE_H
#define ORIEL_FCGI_ROUTE_H

#include <stddef.h>

/* Who may ask. */
enum route_role { ROUTE_ANYONE, ROUTE_VIEWER, ROUTE_OPERATOR };

/* ROUTE(identifier, method, path, role). A path that ends in * stands for any name
 * there. HEAD goes where GET goes. */
#define ROUTES(ROUTE)						\
	ROUTE(STATUS, "GET", "/status", ROUTE_VIEWER)		\
	ROUTE(SNAPSHOT, "GET", "/snapshot.jpg", ROUTE_VIEWER)	\
	ROUTE(STREAM, "GET", "/stream.jpg", ROUTE_VIEWER)	\
	ROUTE(EVENTS, "GET", "/events", ROUTE_VIEWER)		\
	ROUTE(GET_CONFIG, "GET", "/config", ROUTE_VIEWER)	\
	ROUTE(SET_CONFIG, "POST", "/config", ROUTE_OPERATOR)	\
	ROUTE(SNAPS, "GET", "/snaps/", ROUTE_VIEWER)		\
	ROUTE(SNAP, "GET", "/snaps/*", ROUTE_VIEWER)		\
	ROUTE(DELETE_SNAP, "DELETE", "/snaps/*", ROUTE_OPERATOR) \
	ROUTE(HISTORY, "GET", "/history", ROUTE_VIEWER)		\
	ROUTE(GET_CONTROLS, "GET", "/controls", ROUTE_VIEWER)	\
	ROUTE(SET_CONTROLS, "POST", "/controls", ROUTE_OPERATOR) \
	ROUTE(HEALTH, "GET", "/healthz", ROUTE_ANYONE)		\
	ROUTE(READY, "GET", "/readyz", ROUTE_ANYONE)

#define ROUTE_ENUM(id, ...) ROUTE_##id,
enum route_id { ROUTES(ROUTE_ENUM) ROUTE_COUNT };
#undef ROUTE_ENUM

struct route_row {
	const char *method, *path;
	enum route_role role;
};
extern const struct route_row route_table[ROUTE_COUNT];

enum route_outcome { ROUTE_FOUND, ROUTE_NO_PATH, ROUTE_NO_METHOD };

struct route {
	enum route_id id;		/* ROUTE_FOUND */
	const char *camera;		/* the name in /cam/NAME/…; NULL: none given */
	size_t camera_length;
	const char *name;		/* what * stood for, "" if nothing */
	char allow[64];			/* ROUTE_NO_METHOD: "GET, HEAD, …" */
};

enum route_outcome route_find(const char *method, const char *path, struct route *route);

#endif
