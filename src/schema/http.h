/* SPDX-License-Identifier: ISC */
/* http: what those routes take and answer that are no commands, as rows in addition to the
 * site's own table of routes. */
#ifndef ORIEL_SCHEMA_HTTP_H
#define ORIEL_SCHEMA_HTTP_H

#include <stddef.h>

#include "protocol/field.h"
#include "site/route.h"

struct http_route {
	const struct field *query; /* NULL: none */
	const struct field *body;  /* of the request; NULL: none */
	const char *body_type;	   /* its media type */
	const char *name;	   /* what * in its path stands for; NULL: there is none */
};

enum { HTTP_REFUSED = 0 }; /* a status: any of 400 and above that has no row of its own */

struct http_answer {
	enum route_id route;
	int status;
	const char *help;
	const char *type;	    /* of the body; NULL: none */
	const struct field *fields; /* when it is JSON */
};

extern const struct http_route http_routes[ROUTE_COUNT];
extern const struct http_answer http_answers[];
extern const size_t http_answer_count;

extern const struct field http_error[]; /* any refusal */

#endif
