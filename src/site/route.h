/* SPDX-License-Identifier: ISC */
/* route: one table of all routes: path, method, and who may ask. */
#ifndef ORIEL_SITE_ROUTE_H
#define ORIEL_SITE_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/role.h"

/* ROUTE(identifier, method, path, who may ask, scope, handler, "what one gets", …). A path that
 * ends in * stands for any name there. HEAD goes where GET goes. The methods of a path are those of
 * its rows. A route that is a command to the camera's daemon adds .command, its name, and perhaps
 * .list, the array of its reply that is the answer. Its arguments are the query of a GET, otherwise
 * the body.
 *
 * Scope CAMERA: the route is answered for one existing camera, that of /cam/NAME/ or the default
 * one. Scope SITE: the route means the same below /cam/NAME/, because the links of a page there are
 * relative. (The page itself finds its camera, also by ?cam=.)
 *
 * The handlers are route_handler()s (exchange.h); dispatch.c calls them. */
#define ROUTES(ROUTE)                                                                             \
	ROUTE(STATUS, "GET", "/status", ROLE_VIEWER, CAMERA, api_command,                         \
	    "Live numbers: camera, pictures, viewers, disk, motion.", .command = "status")        \
	ROUTE(SNAPSHOT, "GET", "/snapshot.jpg", ROLE_VIEWER, CAMERA, view_snapshot,               \
	    "The newest frame.")                                                                  \
	ROUTE(STREAM, "GET", "/stream.jpg", ROLE_VIEWER, CAMERA, view_stream,                     \
	    "Frames as they come (MJPEG).")                                                       \
	ROUTE(EVENTS, "GET", "/events", ROLE_VIEWER, CAMERA, view_events,                         \
	    "Events as they happen (Server-Sent Events).")                                        \
	ROUTE(EVENT, "GET", "/events/*", ROLE_VIEWER, CAMERA, api_event, "One past event.")       \
	ROUTE(ACK, "POST", "/api/ack", ROLE_OPERATOR, CAMERA, api_ack,                            \
	    "Say that a motion event, and all before it, have been seen.", .command = "ack")      \
	ROUTE(GET_CONFIG, "GET", "/config", ROLE_VIEWER, CAMERA, api_command,                     \
	    "All settings, and where each value is from.", .command = "get")                      \
	ROUTE(SET_CONFIG, "POST", "/config", ROLE_OPERATOR, CAMERA, api_command,                  \
	    "Change settings, all of them or none, and keep them.", .command = "set")             \
	ROUTE(SNAPS, "GET", "/snaps/", ROLE_VIEWER, CAMERA, api_command,                          \
	    "The saved pictures, newest first.", .command = "snaps", .list = "snaps")             \
	ROUTE(SNAP, "GET", "/snaps/*", ROLE_VIEWER, CAMERA, api_snap, "One saved picture.")       \
	ROUTE(DELETE_SNAP, "DELETE", "/snaps/*", ROLE_OPERATOR, CAMERA, api_delete_snap,          \
	    "Delete a saved picture.", .command = "snap_delete")                                  \
	ROUTE(KEEP_SNAP, "POST", "/snaps/*", ROLE_OPERATOR, CAMERA, api_keep_snap,                \
	    "Keep a saved picture, so that it never goes by itself, or no longer.",               \
	    .command = "keep")                                                                    \
	ROUTE(CLIPS, "GET", "/clips/", ROLE_VIEWER, CAMERA, api_command,                          \
	    "The clips, newest first.", .command = "clips", .list = "clips")                      \
	ROUTE(CLIP, "GET", "/clips/*", ROLE_VIEWER, CAMERA, api_clip,                             \
	    "One clip (.mp4, .mkv), or its picture (.jpg).")                                      \
	ROUTE(DELETE_CLIP, "DELETE", "/clips/*", ROLE_OPERATOR, CAMERA, api_delete_clip,          \
	    "Delete a clip, with its picture.", .command = "clip_delete")                         \
	ROUTE(KEEP_CLIP, "POST", "/clips/*", ROLE_OPERATOR, CAMERA, api_keep_clip,                \
	    "Keep a clip, so that it never goes by itself, or no longer.", .command = "keep")     \
	ROUTE(HISTORY, "GET", "/history", ROLE_VIEWER, CAMERA, api_command, "Past events.",       \
	    .command = "events", .list = "events")                                                \
	ROUTE(EXPORT, "GET", "/export", ROLE_VIEWER, CAMERA, export_get,                          \
	    "What happened in a time: events, pictures, clips and their checksums, as one ZIP.")  \
	ROUTE(GET_CONTROLS, "GET", "/controls", ROLE_VIEWER, CAMERA, api_command,                 \
	    "The camera's own V4L2 controls.", .command = "controls")                             \
	ROUTE(SET_CONTROLS, "POST", "/controls", ROLE_OPERATOR, CAMERA, api_command,              \
	    "Set V4L2 controls, all of them or none, and keep them.", .command = "control")       \
	ROUTE(READY, "GET", "/readyz", ROLE_VIEWER, CAMERA, api_ready, "Is there a fresh frame?") \
	ROUTE(PAGE, "GET", "/", ROLE_VIEWER, SITE, dashboard_get, "The dashboard.")               \
	ROUTE(HEALTH, "GET", "/healthz", ROLE_NONE, SITE, api_health, "Is the process alive?")    \
	ROUTE(SESSION, "GET", "/session", ROLE_VIEWER, SITE, login_session,                       \
	    "Who is logged in, and what they may do.")                                            \
	ROUTE(LOGIN_PAGE, "GET", "/login", ROLE_NONE, SITE, login_page, "The page to log in.")    \
	ROUTE(LOGIN, "POST", "/login", ROLE_NONE, SITE, login_post,                               \
	    "Log in with the page's form, or make the first user.")                               \
	ROUTE(LOGOUT, "POST", "/logout", ROLE_NONE, SITE, login_logout,                           \
	    "Log out; ends what is open, too.")                                                   \
	ROUTE(API_LOGIN, "POST", "/api/login", ROLE_NONE, SITE, login_api,                        \
	    "Log in as a program: a token.")

#define ROUTE_ENUM(id, ...) ROUTE_##id,
enum route_id { ROUTES(ROUTE_ENUM) ROUTE_COUNT };
#undef ROUTE_ENUM

enum route_scope { SCOPE_SITE, SCOPE_CAMERA };

struct route_row {
	const char *method, *path;
	enum role role;
	enum route_scope scope;
	const char *summary; /* one sentence, for the docs and the OpenAPI file */
	const char *command; /* sent to the camera's daemon; NULL: none */
	const char *list;    /* this array of its reply is the whole answer; NULL: all of it */
};
extern const struct route_row route_table[ROUTE_COUNT];

enum route_outcome { ROUTE_FOUND, ROUTE_NO_PATH, ROUTE_NO_METHOD };

struct route {
	enum route_id id; /* ROUTE_FOUND */
	/* The role needed to learn even what exists: of the row found, else the least of the
	 * path's rows, else ROLE_VIEWER. */
	enum role role;
	const char *camera; /* the name in /cam/NAME/…; NULL: none given */
	size_t camera_length;
	bool elsewhere;	  /* the page is at /cam/NAME/, and this was /cam/NAME or /?cam=NAME */
	const char *name; /* what * stood for, "" if nothing */
	char allow[64];	  /* ROUTE_NO_METHOD: "GET, HEAD, …" */
};

enum route_outcome route_find(const char *method, const char *path, struct route *route);

#endif
