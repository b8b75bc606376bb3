/* SPDX-License-Identifier: ISC */
/* reply: answers that are complete at once, as FastCGI records.
 *
 * Each reply_…() ends the request: the connection is no longer the caller's. */
#ifndef ORIEL_HTTP_REPLY_H
#define ORIEL_HTTP_REPLY_H

#include <jansson.h>
#include <stddef.h>

#include "base/cause.h"
#include "fastcgi/conn.h"

/* The header lines of an answer, kept by the caller. */
struct reply_head {
	size_t used;
	char text[1000]; /* nginx takes 1 KiB of headers where buffers are small (/events) */
};

/* "Status: CODE REASON", and reply_share() unless conn is NULL. */
void reply_begin(struct reply_head *head, const struct conn *conn, int status);

/* If conn_is_shared(), tell nginx to let the other origin read the answer. */
void reply_share(struct reply_head *head, const struct conn *conn);

/* One line, "Name: value"; left out (and logged) when it does not fit. */
void reply_add(struct reply_head *head, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The empty line. `head` is then head->used bytes of STDOUT content. */
void reply_end_head(struct reply_head *head);

/* Head and body. Adds Content-Length (not without a body: 204, 304) and the empty
 * line. HEAD gets no body. */
void reply_send(struct conn *conn, struct reply_head *head, const void *body, size_t length);

/* A finished head (reply_end_head), without a body. */
void reply_send_head(struct conn *conn, const struct reply_head *head);

/* JSON text from orield. */
void reply_line(struct conn *conn, int status, const char *line, size_t length);

/* A JSON value; takes the reference. NULL (out of memory) gives 500. */
void reply_json(struct conn *conn, int status, json_t *value);

/* Any text as a JSON string; what is not UTF-8 becomes question marks. A new reference, or NULL. */
json_t *reply_text(const char *text);

/* {"error": "…", "code": "…"}, and with 503 also Retry-After: 1. */
void reply_error(struct conn *conn, int status, const struct reason *reason);
void reply_error_why(struct conn *conn, int status, const struct cause *why);

/* 404: {"error": "not found", "code": "not_found", "path": "…"} */
void reply_no_path(struct conn *conn, const char *path);

/* The same as reply_error_why(), with Retry-After unless wait_s is 0. */
void reply_later(struct conn *conn, int status, unsigned wait_s, const struct cause *why);

/* 303: go to `where`, with GET. */
void reply_see(struct conn *conn, const char *where);

#endif
