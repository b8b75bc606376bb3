/* SPDX-License-Identifier: ISC */
#include "http/reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "protocol/reasons.h"
#include "fastcgi/record.h"

struct reply { /* the part that the peer did not take at once */
	size_t at, length;
	unsigned char bytes[];
};

static const char *
reply_phrase(int status)
{
	switch (status) {
	case 200: return "OK";
	case 204: return "No Content";
	case 303: return "See Other";
	case 304: return "Not Modified";
	case 400: return "Bad Request";
	case 401: return "Unauthorized";
	case 403: return "Forbidden";
	case 404: return "Not Found";
	case 405: return "Method Not Allowed";
	case 413: return "Content Too Large";
	case 415: return "Unsupported Media Type";
	case 429: return "Too Many Requests";
	case 500: return "Internal Server Error";
	case 503: return "Service Unavailable";
	case 504: return "Gateway Timeout";
	}
	return "Unknown";
}

/* ---- head ------------------------------------------------------------ */

void
reply_begin(struct reply_head *head, const struct conn *conn, int status)
{
	head->used = 0;
	reply_add(head, "Status: %d %s", status, reply_phrase(status));
	if (conn != NULL)
		reply_share(head, conn);
}

void
reply_share(struct reply_head *head, const struct conn *conn)
{
	if (conn_is_shared(conn))
		reply_add(head, "X-Oriel-Cors: 1");
}

void
reply_add(struct reply_head *head, const char *format, ...)
{
	size_t left = sizeof head->text - head->used - 2; /* the empty line always fits */
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(head->text + head->used, left, format, args);
	va_end(args);
	if (length < 0 || (size_t)length + 2 > left) {
		log_error("reply", "a header does not fit: %s", format);
		return;
	}
	memcpy(head->text + head->used + length, "\r\n", 2);
	head->used += (size_t)length + 2;
}

void
reply_end_head(struct reply_head *head)
{
	memcpy(head->text + head->used, "\r\n", 2);
	head->used += 2;
}

/* ---- sending --------------------------------------------------------- */

static void
reply_writable(struct conn *conn, void *arg)
{
	struct reply *reply = arg;
	struct iovec rest = { reply->bytes + reply->at, reply->length - reply->at };
	ssize_t sent = conn_write(conn, &rest, 1);

	if (sent >= 0) {
		reply->at += (size_t)sent;
		if (reply->at < reply->length)
			return;
	}
	free(reply);
	if (sent == -1)
		conn_close(conn);
	else
		conn_done(conn);
}

static void
reply_gone(struct conn *conn, void *arg)
{
	(void)conn;
	free(arg);
}

static const struct conn_user reply_user = { reply_writable, reply_gone };

static void
reply_go(struct conn *conn, const struct reply_head *head, const void *body, size_t length)
{
	struct reply *reply = malloc(
	    sizeof *reply + record_wrapped(head->used) + record_wrapped(length) + RECORD_END_SIZE);
	unsigned char *end;

	if (reply == NULL) {
		conn_close(conn);
		return;
	}
	end = record_wrap(reply->bytes, head->text, head->used);
	end = record_wrap(end, body, length);
	memcpy(end, record_end, RECORD_END_SIZE);
	reply->at = 0;
	reply->length = (size_t)(end - reply->bytes) + RECORD_END_SIZE;
	conn_take(conn, &reply_user, reply);
	reply_writable(conn, reply);
}

void
reply_send_head(struct conn *conn, const struct reply_head *head)
{
	reply_go(conn, head, NULL, 0);
}

void
reply_send(struct conn *conn, struct reply_head *head, const void *body, size_t length)
{
	if (body != NULL)
		reply_add(head, "Content-Length: %zu", length);
	reply_end_head(head);
	reply_go(conn, head, body, conn_is_head(conn) ? 0 : length);
}

/* ---- JSON ------------------------------------------------------------ */

static void
reply_json_text(struct conn *conn, int status, unsigned wait_s, const char *text, size_t length)
{
	struct reply_head head;

	reply_begin(&head, conn, status);
	reply_add(&head, "Content-Type: application/json");
	reply_add(&head, "Cache-Control: no-store");
	if (wait_s > 0)
		reply_add(&head, "Retry-After: %u", wait_s);
	reply_send(conn, &head, text, length);
}

void
reply_line(struct conn *conn, int status, const char *line, size_t length)
{
	reply_json_text(conn, status, status == 503 ? 1 : 0, line, length);
}

/* Takes the reference. */
static void
reply_json_wait(struct conn *conn, int status, unsigned wait_s, json_t *value)
{
	char *line = value != NULL ? json_line(value) : NULL, failed[REASON_LINE_SIZE];

	json_decref(value);
	if (line != NULL)
		reply_json_text(conn, status, wait_s, line, strlen(line));
	else {
		reason_line(&reason_out_of_memory, failed);
		reply_json_text(conn, 500, 0, failed, strlen(failed));
	}
	free(line);
}

void
reply_json(struct conn *conn, int status, json_t *value)
{
	reply_json_wait(conn, status, status == 503 ? 1 : 0, value);
}

json_t *
reply_text(const char *text)
{
	return json_words(text);
}

void
reply_error_why(struct conn *conn, int status, const struct cause *why)
{
	reply_json(conn, status, reason_error(why));
}

void
reply_error(struct conn *conn, int status, const struct reason *reason)
{
	struct cause why;

	cause_reason(&why, reason);
	reply_error_why(conn, status, &why);
}

void
reply_no_path(struct conn *conn, const char *path)
{
	reply_json(conn, 404,
	    json_pack("{s:s, s:s, s:o}", "error", reason_not_found.text, "code",
		reason_not_found.code, "path", reply_text(path)));
}

void
reply_later(struct conn *conn, int status, unsigned wait_s, const struct cause *why)
{
	reply_json_wait(conn, status, wait_s, reason_error(why));
}

void
reply_see(struct conn *conn, const char *where)
{
	struct reply_head head;

	reply_begin(&head, conn, 303);
	reply_add(&head, "Location: %s", where);
	reply_add(&head, "Cache-Control: no-store");
	reply_send(conn, &head, "", 0);
}
