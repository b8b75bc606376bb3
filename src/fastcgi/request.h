/* SPDX-License-Identifier: ISC */
/* request: one HTTP request, read by libfcgi. Only request.c includes <fcgiapp.h>.
 *
 * libfcgi only parses. It does not accept, answer or own the socket. */
#ifndef ORIEL_FASTCGI_REQUEST_H
#define ORIEL_FASTCGI_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

/* Texts are never NULL ("" when the server sent none), and live like the body
 * until request_release(). */
struct request {
	/* `mount`: where clients see the site; `prefix`: the part of it that a proxy before
	 * nginx strips. */
	const char *method, *path, *mount, *prefix, *query;
	const char *content_type, *if_none_match, *last_event_id, *idempotency_key;
	/* Who asks, as the log-in has told nginx: site/auth_request.h. */
	const char *role, *user, *grant, *kind;
	/* Where it comes from: http/origin.h. */
	const char *scheme, *host, *site, *origin, *fetch_site, *preflight;
	/* For the log-in only; `task` comes from nginx itself, not from a client. */
	const char *task, *refusal, *uri, *accept, *fetch_dest, *cookie, *authorization, *address,
	    *agent;
	const char *body;
	size_t body_length; /* at most VALIDATE_BODY_MAX; no NUL after it */
	bool keep;	    /* the server wants to keep the connection */
};

/* Once a process, before signals are set up. -1 when libfcgi does not start. */
int request_init(void);

/* Read the whole request that lies in *fd (VALIDATE_PASS says so). -1: it could not be read; *fd
 * is then -1 if libfcgi has closed it. One request at a time. */
int request_read(int *fd, struct request *request);

void request_release(void);

/* The mount as nginx itself knows it: without what a proxy before it strips. */
const char *request_own_mount(const struct request *request);

/* Has the body this media type, whatever its parameters? */
bool request_content_is(const struct request *request, const char *type);

/* Does Accept (RFC 9110 section 12.5.1) name that media type before all others? Ranges with
 * a * in them name none. */
bool request_prefers(const struct request *request, const char *type);

#endif
