/* SPDX-License-Identifier: ISC */
/* http: what the routes take and answer, as rows beside the site's own table of routes. */
#ifndef ORIEL_SCHEMA_HTTP_H
#define ORIEL_SCHEMA_HTTP_H

#include <stddef.h>

#include "protocol/field.h"
#include "protocol/commands.h"
#include "site/route.h"

struct http_route {
	const char *command;	   /* its reply is the answer; NULL: none */
	const struct field *query; /* NULL: none */
	const struct field *body;  /* of the request; NULL: none */
	const char *body_type;	   /* its media type */
};

enum http_body {
	HTTP_EMPTY,
	HTTP_BYTES,   /* of `type` */
	HTTP_OBJECT,  /* of `fields` */
	HTTP_SNAPS,   /* the list of the reply, without what stands around it */
	HTTP_HISTORY, /* the same, of events */
	HTTP_REPLY,   /* the command's, as it is */
};

enum { HTTP_REFUSED = 0 }; /* a status: any of 400 and above that has no row of its own */

struct http_answer {
	enum route_id route;
	int status;
	const char *help;
	enum http_body body;
	const char *type;
	const struct field *fields;
};

extern const struct http_route http_routes[ROUTE_COUNT];
extern const struct http_answer http_answers[];
extern const size_t http_answer_count;

extern const struct field http_error[]; /* any refusal */

#endif
