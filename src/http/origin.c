/* SPDX-License-Identifier: ISC */
#include "http/origin.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/word_list.h"
#include "http/reply.h"
#include "protocol/reasons.h"

enum { PREFLIGHT_S = 600 }; /* how long a browser may remember the answer */

bool
origin_listed(const char *allowed, const char *origin)
{
	return word_list_has(allowed, origin, strlen(origin));
}

/* Scheme and host, from nginx. */
static bool
origin_is_ours(const struct request *request, const char *origin)
{
	size_t scheme = strlen(request->scheme);

	return scheme > 0 && request->host[0] != '\0' &&
	    strncmp(origin, request->scheme, scheme) == 0 &&
	    strncmp(origin + scheme, "://", 3) == 0 &&
	    strcasecmp(origin + scheme + 3, request->host) == 0;
}

bool
origin_is_known(const struct request *request, const char *allowed, const char *origin)
{
	return origin_listed(allowed, origin) || origin_is_ours(request, origin);
}

bool
origin_may_change(const struct request *request, const char *allowed, bool ambient)
{
	if (origin_listed(allowed, request->origin))
		return true;
	/* "none": a person did it, not a page. */
	if (request->fetch_site[0] != '\0')
		return strcmp(request->fetch_site, "same-origin") == 0 ||
		    strcmp(request->fetch_site, "none") == 0;
	if (request->origin[0] != '\0')
		return origin_is_ours(request, request->origin);
	return !ambient;
}

json_t *
origin_of_site(const struct request *request)
{
	char text[512];

	snprintf(text, sizeof text, "%s://%s", request->scheme, request->host);
	return reply_text(text);
}

void
origin_refuse(struct conn *conn, const struct request *request, const char *text)
{
	reply_json(conn, 403,
	    json_pack("{s:s, s:s, s:o, s:o, s:s}", "error", text, "code",
		reason_foreign_origin.code, "origin", reply_text(request->origin), "site",
		origin_of_site(request), "advice",
		"Is the page ours, behind a proxy? Name that proxy in trusted_proxies (docs/proxies.md). "
		"Is it of another site that may do this? allow_origins of oriel-fcgi and oriel-ws."));
}

void
origin_refuse_host(struct conn *conn, const struct request *request)
{
	reply_json(conn, 403,
	    json_pack("{s:s, s:s, s:o, s:s}", "error", reason_unknown_host.text, "code",
		reason_unknown_host.code, "host", reply_text(request->host), "advice",
		"Log-in is off, so only known names are answered (docs/security.md). "
		"Is it a name of this machine? allow_hosts of oriel-fcgi and oriel-ws."));
}

bool
origin_preflight(struct conn *conn, const struct request *request, const char *allowed)
{
	struct reply_head head;

	if (strcmp(request->method, "OPTIONS") != 0 || request->preflight[0] == '\0' ||
	    !origin_listed(allowed, request->origin))
		return false;
	conn_set_shared(conn);
	reply_begin(&head, conn, 204);
	reply_add(&head, "Access-Control-Allow-Methods: GET, HEAD, POST, DELETE");
	reply_add(&head,
	    "Access-Control-Allow-Headers: Authorization, Content-Type, If-None-Match, Last-Event-ID");
	reply_add(&head, "Access-Control-Max-Age: %d", PREFLIGHT_S);
	reply_add(&head, "Cache-Control: no-store");
	reply_send(conn, &head, NULL, 0);
	return true;
}
