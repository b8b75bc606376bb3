/* SPDX-License-Identifier: ISC */
#include "schema/http.h"

#include "protocol/objects.h"

/* ---- what they take -------------------------------------------------- */

static const struct field snapshot_query[] = {
	FIELD("after", TEXT, "an ETag: answer as soon as there is a newer frame", .optional = true),
	FIELD("wait", INTEGER, "for `after`: how long at most", .optional = true, .unit = "ms",
	    .max = 10000),
	FIELD("max_age", INTEGER, "503 when no frame is that young", .optional = true, .unit = "ms",
	    .max = 3600000),
	FIELD_END,
};

static const struct field stream_query[] = {
	FIELD("fps", INTEGER, "frames a second at most", .optional = true, .min = 1, .max = 240),
	FIELD_END,
};

static const struct field events_query[] = {
	FIELD("last_event_id", TEXT, "as the header Last-Event-ID, for who cannot send that",
	    .optional = true),
	FIELD_END,
};

static const struct field export_query[] = {
	FIELD("from", TEXT,
	    "not before this time: seconds since 1970, 2026-11-29 or 2026-11-29T06:30 in the "
	    "machine's time zone, with Z behind in UTC",
	    .optional = true),
	FIELD("to", TEXT, "only before this time, the same way; a day alone is in it as a whole",
	    .optional = true),
	FIELD_END,
};

static const struct field session_query[] = {
	FIELD("origin", TEXT, "may a page of this origin open a WebSocket?", .optional = true),
	FIELD_END,
};

static const struct field page_query[] = {
	FIELD("cam", TEXT, "a camera's name: leads to its page", .optional = true),
	FIELD_END,
};

static const struct field login_query[] = {
	FIELD("next", TEXT, "a path of this site to go to afterwards", .optional = true),
	FIELD_END,
};

static const struct field login_body[] = {
	FIELD("user", TEXT, "the user's name"),
	FIELD("pass", TEXT, "the password"),
	FIELD("next", TEXT, "a path of this site to go to afterwards", .optional = true),
	FIELD("token", TEXT, "the set-up token: makes the first user", .optional = true),
	FIELD("again", TEXT, "the password again, with `token`", .optional = true),
	FIELD_END,
};

static const struct field api_login_body[] = {
	FIELD("user", TEXT, "the user's name"),
	FIELD("pass", TEXT, "the password"),
	FIELD_END,
};

static const struct field keep_body[] = {
	FIELD("keep", BOOLEAN, "true: it never goes by itself"),
	FIELD_END,
};

#define JSON "application/json"
#define FORM "application/x-www-form-urlencoded"
#define HTML "text/html"

const struct http_route http_routes[ROUTE_COUNT] = {
	[ROUTE_SNAPSHOT] = { .query = snapshot_query },
	[ROUTE_STREAM] = { .query = stream_query },
	[ROUTE_EVENTS] = { .query = events_query },
	[ROUTE_EXPORT] = { .query = export_query },
	[ROUTE_EVENT] = { .name = "the event's number" },
	[ROUTE_SNAP] = { .name = "the picture's name" },
	[ROUTE_DELETE_SNAP] = { .name = "the picture's name" },
	[ROUTE_KEEP_SNAP] = { .name = "the picture's name", .body = keep_body },
	[ROUTE_KEEP_CLIP] = { .name = "the clip's name", .body = keep_body },
	[ROUTE_PAGE] = { .query = page_query },
	[ROUTE_SESSION] = { .query = session_query },
	[ROUTE_LOGIN_PAGE] = { .query = login_query },
	[ROUTE_LOGIN] = { .body = login_body, .body_type = FORM },
	[ROUTE_API_LOGIN] = { .body = api_login_body, .body_type = JSON },
};

/* ---- what they answer ------------------------------------------------ */

const struct field http_error[] = {
	FIELD("error", TEXT, "what is wrong, for people"),
	FIELD("code", CODE, "the same for programs", .optional = true),
	FIELD("id", TEXT, "the Idempotency-Key", .optional = true),
	FIELD("path", TEXT, "404: the path nobody knows", .optional = true),
	FIELD("cameras", TEXTS, "404: the cameras there are", .optional = true),
	FIELD("origin", TEXT, "foreign_origin: of the page", .optional = true),
	FIELD("site", TEXT, "foreign_origin: what the server takes itself for", .optional = true),
	FIELD("host", TEXT, "unknown_host: the name that was used", .optional = true),
	FIELD("advice", TEXT, "what to look at", .optional = true),
	FIELD_END,
};

static const struct field session_answer[] = {
	FIELD("login", BOOLEAN, "one has to log in here"),
	FIELD("user", TEXT, "who asks; empty with log-in off"),
	FIELD("role", TEXT, "what one may", .choices = "viewer|operator"),
	FIELD("kind", TEXT, "how one showed who one is", .choices = "session|token|basic|open"),
	FIELD("site", TEXT, "what the server takes itself for"),
	FIELD("origin", TEXT, "with ?origin=", .optional = true, .choices = "ok|refused"),
	FIELD_END,
};

static const struct field ack_answer[] = {
	FIELD("ok", BOOLEAN, "true"),
	SEEN(false),
	FIELD("user", TEXT, "who asks; empty with log-in off"),
	FIELD("id", TEXT, "the Idempotency-Key", .optional = true),
	FIELD_END,
};

static const struct field token_answer[] = {
	FIELD("token", TEXT, "for Authorization: Bearer"),
	FIELD("expires", INTEGER, "when it ends, in seconds since 1970", .unit = "s"),
	FIELD("role", TEXT, "what it may", .choices = "viewer|operator"),
	FIELD_END,
};

#define EMPTY(ID, STATUS, HELP)                                     \
	{                                                           \
		.route = ROUTE_##ID, .status = STATUS, .help = HELP \
	}
#define BYTES(ID, STATUS, TYPE, HELP)                                             \
	{                                                                         \
		.route = ROUTE_##ID, .status = STATUS, .help = HELP, .type = TYPE \
	}
#define OBJECT(ID, FIELDS, HELP)                                                                 \
	{                                                                                        \
		.route = ROUTE_##ID, .status = 200, .help = HELP, .type = JSON, .fields = FIELDS \
	}

const struct http_answer http_answers[] = {
	BYTES(SNAPSHOT, 200, "image/jpeg", "The newest frame."),
	EMPTY(SNAPSHOT, 204, "No newer frame within `wait`."),
	EMPTY(SNAPSHOT, 304, "If-None-Match names the newest frame."),
	BYTES(STREAM, 200, "multipart/x-mixed-replace", "Frames without end."),
	BYTES(
	    STREAM, 200, "application/octet-stream", "The same bytes, to who accepts this first."),
	BYTES(EVENTS, 200, "text/event-stream",
	    "Events without end; their data: events.schema.json."),
	OBJECT(EVENT, past_event_fields, "The event."),
	OBJECT(ACK, ack_answer, "Up to where all has been seen, and who has."),
	BYTES(SNAP, 200, "image/jpeg", "The picture."),
	BYTES(EXPORT, 200, "application/zip",
	    "The archive; one that is cut off ends without a proper end of the answer."),
	BYTES(CLIP, 200, "video/mp4", "The clip."),
	OBJECT(READY, ok_fields, "There is a fresh frame."),
	BYTES(PAGE, 200, HTML, "The dashboard."),
	EMPTY(PAGE, 303, "To the page of the camera that was named."),
	OBJECT(HEALTH, ok_fields, "The process lives."),
	OBJECT(SESSION, session_answer, "Who asks, and how."),
	BYTES(LOGIN_PAGE, 200, HTML, "The page."),
	EMPTY(LOGIN_PAGE, 303, "Log-in is off, or one is logged in."),
	EMPTY(LOGIN, 303, "Logged in: there, with the cookie."),
	BYTES(LOGIN, HTTP_REFUSED, HTML, "The page again, with what was wrong."),
	EMPTY(LOGOUT, 303, "Logged out: to the page."),
	OBJECT(API_LOGIN, token_answer, "A session for programs."),
};
const size_t http_answer_count = sizeof http_answers / sizeof http_answers[0];
