/* SPDX-License-Identifier: ISC */
#include "site/export.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "client/cameras.h"
#include "export/archive.h"
#include "fanout/fanout.h"
#include "fastcgi/record.h"
#include "http/query.h"
#include "http/reply.h"
#include "protocol/reasons.h"
#include "site/settings.h"
#include "site/site_state.h"

enum {
	EXPORTS_MAX = 2, /* at a time: each has a thread */
	RETRY_S = 10,
	PIECE = RECORD_CONTENT_MAX, /* as much as a pipe holds */
	RECORDS_SIZE = RECORD_HEADER_SIZE + sizeof((struct reply_head *)0)->text +
	    RECORD_HEADER_SIZE + PIECE,
};

struct export
{
	LIST_ENTRY(export) next;
	struct site *site;
	struct conn *conn; /* NULL: the reader has gone */
	struct reply_head head;
	struct event *readable; /* of the pipe; not added while the reader takes nothing */
	bool begun;		/* the head has been sent */
	bool ending;		/* the last is in `records` */
	size_t at, length;	/* of `records`: what the reader has not taken yet */
	unsigned char records[RECORDS_SIZE];

	/* The thread's, until it has been joined. */
	struct thread thread;
	struct control_client orield;
	struct interval interval;
	int result;
	struct cause why;
	int pipe[2];	       /* the loop reads [0], the thread writes [1] and closes it last */
	_Atomic bool unwanted; /* by the loop: write no more */
};

/* ---- the thread ------------------------------------------------------ */

static int
export_write(void *arg, const void *bytes, size_t length)
{
	struct export *export = arg;
	const char *at = bytes;

	while (length > 0) {
		ssize_t done = export->unwanted ? -1 : write(export->pipe[1], at, length);

		if (done == -1 && (export->unwanted || errno != EINTR))
			return -1;
		at += done > 0 ? done : 0;
		length -= done > 0 ? (size_t)done : 0;
	}
	return 0;
}

static void
export_run(void *arg)
{
	struct export *export = arg;
	struct archive_sums sums;

	export->result = archive_write(
	    &export->orield, &export->interval, export_write, export, &sums, &export->why);
	close(export->pipe[1]);
}

/* ---- its end --------------------------------------------------------- */

static void
export_free(struct export *export)
{
	LIST_REMOVE(export, next);
	export->site->exports_count--;
	if (export->readable != NULL)
		event_free(export->readable);
	if (export->pipe[0] != -1)
		close(export->pipe[0]);
	control_client_close(&export->orield);
	free(export);
}

/* Nobody reads it any more. The thread notices wherever it waits, and then the pipe ends. */
static void
export_leave(struct export *export)
{
	export->conn = NULL;
	export->unwanted = true;
	shutdown(lines_fd(export->orield.lines), SHUT_RDWR);
	event_add(export->readable, NULL);
}

static void
export_gone(struct conn *conn, void *arg)
{
	(void)conn;
	export_leave(arg);
}

/* ---- to the reader --------------------------------------------------- */

static void
export_finish(struct export *export)
{
	struct conn *conn = export->conn;
	bool whole = export->result == 0;

	export_free(export);
	if (whole)
		conn_done(conn);
	else
		conn_close(conn);
}

/* As much as it takes now, of what has come through the pipe. */
static void
export_push(struct export *export)
{
	struct iovec rest = { export->records + export->at, export->length - export->at };
	struct conn *conn = export->conn;
	ssize_t sent = conn_write(conn, &rest, 1);

	if (sent == -1) {
		export_leave(export);
		conn_close(conn);
		return;
	}
	export->at += (size_t)sent;
	if (export->at < export->length) {
		event_del(export->readable);
	} else if (export->ending) {
		export_finish(export);
	} else {
		event_add(export->readable, NULL);
	}
}

static void
export_writable(struct conn *conn, void *arg)
{
	(void)conn;
	export_push(arg);
}

static const struct conn_user export_user = { export_writable, export_gone };

/* Only a whole archive has a proper end. */
static void
export_end(struct export *export)
{
	bool whole = export->result == 0;

	if (!whole)
		log_warning("export", "an archive is cut off: %s", export->why.text);
	export->at = 0;
	export->length = whole ? RECORD_END_SIZE : RECORD_HEADER_SIZE;
	memcpy(export->records, whole ? record_end : record_broken, export->length);
	export->ending = true;
	export_push(export);
}

/* The pipe has ended, and so has the thread. */
static void
export_over(struct export *export)
{
	thread_join(&export->thread);
	if (export->conn != NULL && export->begun) {
		export_end(export);
		return;
	}
	if (export->conn != NULL) {
		cause_default(&export->why, &reason_server_error);
		reply_error_why(export->conn, 503, &export->why);
	}
	export_free(export);
}

/* A piece, as records; the head goes before the first. */
static void
export_wrap(struct export *export, const unsigned char *piece, size_t length)
{
	unsigned char *end = export->records;

	if (!export->begun)
		end = record_wrap(end, export->head.text, export->head.used);
	end = record_wrap(end, piece, length);
	export->begun = true;
	export->at = 0;
	export->length = (size_t)(end - export->records);
}

static void
export_readable(evutil_socket_t fd, short what, void *arg)
{
	static unsigned char piece[PIECE];
	struct export *export = arg;
	ssize_t got = read(fd, piece, sizeof piece);

	(void)what;
	if (got == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		export_over(export);
	} else if (export->conn != NULL) {
		export_wrap(export, piece, (size_t)got);
		export_push(export);
	}
}

/* ---- the request ----------------------------------------------------- */

static void
export_head(struct reply_head *head, const struct exchange *exchange, const struct interval *of)
{
	char name[INTERVAL_NAME_SIZE];

	interval_name(of, name);
	reply_begin(head, exchange->conn, 200);
	reply_add(head, "Content-Type: application/zip");
	reply_add(head, "Content-Disposition: attachment; filename=\"%s-%s.zip\"",
	    camera_name(exchange->fanout->camera), name);
	reply_add(head, "Cache-Control: no-store");
}

static int
export_connect(struct export *export, const struct exchange *exchange)
{
	char path[CAMERA_PATH_SIZE];

	return camera_socket(path, options_text(export->site->options, SITE_RUN_DIR),
		   camera_name(exchange->fanout->camera))
	    ? control_client_open(&export->orield, path)
	    : -1;
}

static int
export_open_pipe(struct export *export)
{
	if (pipe2(export->pipe, O_CLOEXEC) == -1)
		return -1;
	export->readable = event_new(
	    export->site->base, export->pipe[0], EV_READ | EV_PERSIST, export_readable, export);
	if (export->readable != NULL && fcntl(export->pipe[0], F_SETFL, O_NONBLOCK) == 0 &&
	    event_add(export->readable, NULL) == 0)
		return 0;
	close(export->pipe[1]);
	return -1;
}

/* False: the request has been answered. */
static bool
export_begin(struct export *export, const struct exchange *exchange)
{
	if (export_connect(export, exchange) == -1) {
		reply_error(exchange->conn, 503, &reason_no_daemon);
		return false;
	}
	if (export_open_pipe(export) == -1) {
		reply_error(exchange->conn, 503, &reason_out_of_memory);
		return false;
	}
	if (thread_start(&export->thread, "export", export_run, export) == 0)
		return true;
	close(export->pipe[1]);
	reply_error(exchange->conn, 503, &reason_out_of_memory);
	return false;
}

static void
export_start(const struct exchange *exchange, const struct interval *interval)
{
	struct export *export = calloc(1, sizeof *export);

	if (export == NULL) {
		reply_error(exchange->conn, 503, &reason_out_of_memory);
		return;
	}
	export->site = exchange->site;
	export->conn = exchange->conn;
	export->interval = *interval;
	export->pipe[0] = export->pipe[1] = -1;
	export_head(&export->head, exchange, interval);
	reply_end_head(&export->head);
	LIST_INSERT_HEAD(&exchange->site->exports, export, next);
	exchange->site->exports_count++;
	if (export_begin(export, exchange))
		conn_take(exchange->conn, &export_user, export);
	else
		export_free(export);
}

static int
export_interval(const char *query, struct interval *interval, struct cause *why)
{
	char from[QUERY_VALUE_SIZE] = "", to[QUERY_VALUE_SIZE] = "";

	if (query_text(query, "from", from, why) == -1 || query_text(query, "to", to, why) == -1)
		return -1;
	return interval_parse(interval, from, to, (int64_t)(clock_wall_ns() / CLOCK_S), why);
}

void
export_get(const struct exchange *exchange)
{
	struct conn *conn = exchange->conn;
	struct interval interval;
	struct reply_head head;
	struct cause why;

	if (!exchange_hold(exchange))
		return;
	if (export_interval(exchange->request->query, &interval, &why) == -1) {
		reply_error_why(conn, 400, &why);
	} else if (conn_is_head(conn)) {
		export_head(&head, exchange, &interval);
		reply_send(conn, &head, NULL, 0);
	} else if (exchange->site->exports_count == EXPORTS_MAX) {
		cause_detail(&why, &reason_too_many,
		    "too many exports: two are under way, and one more can begin when one has ended");
		reply_later(conn, 429, RETRY_S, &why);
	} else {
		export_start(exchange, &interval);
	}
}

void
exports_end(struct site *site)
{
	struct export *export;

	while ((export = LIST_FIRST(&site->exports)) != NULL) {
		export_leave(export);
		event_del(export->readable);
		close(export->pipe[0]);
		export->pipe[0] = -1;
		thread_join(&export->thread);
		export_free(export);
	}
}
