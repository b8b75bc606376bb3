/* SPDX-License-Identifier: ISC */
#include "fastcgi/conn_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "protocol/reasons.h"
#include "fastcgi/validate.h"
#include "fastcgi/record.h"

enum {
	DRAIN_MAX = 1 << 20, /* bytes of a refused body that we read and drop */
	REFUSAL_LOG_S = 10,
};

/* ---- one connection -------------------------------------------------- */

static void
conn_let_go(struct conn *conn)
{
	if (conn->hold == NULL)
		return;
	grant_hold_end(conn->hold);
	free(conn->hold);
	conn->hold = NULL;
}

void
conn_free(struct conn *conn)
{
	struct fastcgi_server *server = conn->server;

	deadline_end(conn);
	conn_let_go(conn);
	if (conn->phase == CONN_ANSWERING)
		server->busy--;
	event_del(&conn->readable);
	if (conn->writable != NULL)
		event_free(conn->writable);
	if (conn->fd != -1)
		close(conn->fd);
	TAILQ_REMOVE(&server->conns, conn, next);
	free(conn);
}

void
conn_lose(struct conn *conn)
{
	if (conn->phase == CONN_ANSWERING)
		conn->user->gone(conn, conn->arg);
	conn_free(conn);
}

/* It is not our kind of FastCGI. Logged at most every REFUSAL_LOG_S. */
static void
conn_refuse(struct conn *conn, const char *reason)
{
	struct fastcgi_server *server = conn->server;
	uint64_t now = clock_mono_ns();

	server->refused++;
	if (server->refusal_said_ns == 0 ||
	    now - server->refusal_said_ns > REFUSAL_LOG_S * CLOCK_S) {
		log_warning("validate", "connection refused: %s (%llu so far)", reason,
		    (unsigned long long)server->refused);
		server->refusal_said_ns = now;
	}
	conn_lose(conn);
}

static void
conn_answer(struct conn *conn)
{
	struct request request;

	deadline_end(conn);
	if (request_read(&conn->fd, &request) == -1) {
		conn_refuse(conn, "libfcgi could not read it");
		return;
	}
	conn->phase = CONN_ANSWERING;
	conn->server->busy++;
	conn->user = NULL;
	conn->keep = request.keep;
	conn->head = strcmp(request.method, "HEAD") == 0;
	conn->shared = conn->begun = false;
	conn->server->handler(conn->server->arg, conn, &request);
	request_release();
}

static void
conn_drain(struct conn *conn)
{
	static char sink[16384];
	ssize_t got;

	while ((got = recv(conn->fd, sink, sizeof sink, MSG_DONTWAIT)) > 0) {
		conn->drained += (unsigned)got;
		if (conn->drained > DRAIN_MAX)
			break;
	}
	if (got != -1 || errno != EAGAIN)
		conn_lose(conn);
}

/* An answer of one record: what went wrong. Returns its end. */
enum { CONN_ERROR_SIZE = RECORD_HEADER_SIZE + 128 + REASON_LINE_SIZE };

static unsigned char *
conn_wrap_error(unsigned char *out, const char *status, const struct reason *reason)
{
	char text[128 + REASON_LINE_SIZE], line[REASON_LINE_SIZE];
	int length;

	reason_line(reason, line);
	length = snprintf(text, sizeof text,
	    "Status: %s\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n\r\n%s",
	    status, line);
	return record_wrap(out, text, (size_t)length);
}

/* The body is too long. Answer at once, then read and drop the rest: closing with unread bytes
 * would destroy the answer. */
static void
conn_say_too_large(struct conn *conn)
{
	unsigned char answer[CONN_ERROR_SIZE + RECORD_END_SIZE], *end;

	end = conn_wrap_error(answer, "413 Content Too Large", &reason_body_too_large);
	memcpy(end, record_end, RECORD_END_SIZE);
	end += RECORD_END_SIZE;
	conn->phase = CONN_DRAINING;
	if (send(conn->fd, answer, (size_t)(end - answer), MSG_NOSIGNAL | MSG_DONTWAIT) ==
		end - answer &&
	    shutdown(conn->fd, SHUT_WR) == 0)
		conn_drain(conn);
	else
		conn_lose(conn);
}

/* Look at the bytes that have come, without taking them out of the socket. */
static void
conn_look(struct conn *conn)
{
	static unsigned char window[VALIDATE_WINDOW];
	const char *reason;
	ssize_t got = recv(conn->fd, window, sizeof window, MSG_PEEK | MSG_DONTWAIT);

	if (got == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		conn_lose(conn);
		return;
	}
	switch (validate_look(window, (size_t)got, &reason)) {
	case VALIDATE_MORE: deadline_begin(&conn->server->requests, conn); break;
	case VALIDATE_PASS: conn_answer(conn); break;
	case VALIDATE_LARGE:
		deadline_begin(&conn->server->requests, conn);
		conn_say_too_large(conn);
		break;
	case VALIDATE_REFUSE: conn_refuse(conn, reason); break;
	}
}

/* While we answer, a peer can only leave (nginx closes; others send ABORT_REQUEST, which has the
 * same effect). */
static void
conn_watch(struct conn *conn)
{
	char byte;

	if (recv(conn->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == -1 &&
	    (errno == EAGAIN || errno == EINTR))
		return;
	conn_lose(conn);
}

void
conn_readable(evutil_socket_t fd, short what, void *arg)
{
	struct conn *conn = arg;

	(void)fd, (void)what;
	switch ((enum conn_phase)conn->phase) {
	case CONN_IDLE: conn_look(conn); break;
	case CONN_ANSWERING: conn_watch(conn); break;
	case CONN_DRAINING: conn_drain(conn); break;
	}
}

static void
conn_writable(evutil_socket_t fd, short what, void *arg)
{
	struct conn *conn = arg;

	(void)fd, (void)what;
	conn->user->writable(conn, conn->arg);
}

/* ---- for the users --------------------------------------------------- */

void
conn_take(struct conn *conn, const struct conn_user *user, void *arg)
{
	conn->user = user;
	conn->arg = arg;
}

bool
conn_await(struct conn *conn)
{
	if (conn->writable == NULL)
		conn->writable = event_new(
		    conn->server->base, conn->fd, EV_WRITE | EV_ET, conn_writable, conn);
	return conn->writable != NULL && event_add(conn->writable, NULL) == 0;
}

/* The peer takes no more now: get told when it does. */
static int
conn_block(struct conn *conn)
{
	if (!conn_await(conn))
		return -1;
	deadline_begin(&conn->server->writes, conn);
	return 0;
}

ssize_t
conn_write(struct conn *conn, const struct iovec *parts, int count)
{
	struct msghdr message = { .msg_iov = (struct iovec *)parts, .msg_iovlen = (size_t)count };
	size_t length = 0;
	ssize_t sent;

	for (int i = 0; i < count; i++)
		length += parts[i].iov_len;
	do
		sent = sendmsg(conn->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (sent == -1 && errno == EINTR);
	if (sent == -1 && errno == EAGAIN)
		sent = 0;
	if (sent == -1)
		return -1;
	conn->begun = true;
	if (sent > 0)
		deadline_end(conn);
	if ((size_t)sent < length && conn_block(conn) == -1)
		return -1;
	return sent;
}

void
conn_done(struct conn *conn)
{
	if (!conn->keep || conn->server->shut) {
		conn_free(conn);
		return;
	}
	conn_let_go(conn);
	conn->server->busy--;
	conn->phase = CONN_IDLE;
	conn->user = NULL;
}

void
conn_close(struct conn *conn)
{
	conn_free(conn);
}

void
conn_limit_buffer(struct conn *conn)
{
	int size = CONN_STREAM_BUFFER;

	/* If it fails, a slow viewer gets older frames; nothing else happens. */
	(void)setsockopt(conn->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
}

bool
conn_is_head(const struct conn *conn)
{
	return conn->head;
}

void
conn_set_shared(struct conn *conn)
{
	conn->shared = true;
}

bool
conn_is_shared(const struct conn *conn)
{
	return conn->shared;
}

/* ---- grants ---------------------------------------------------------- */

/* Users write whole records, so the answer can be ended between two writes. In the middle of one
 * (deadline) it can only be cut off. */
static void
conn_grant_ended(void *arg)
{
	unsigned char last[CONN_ERROR_SIZE + RECORD_END_SIZE], *end = last;
	struct conn *conn = arg;

	conn->user->gone(conn, conn->arg);
	if (!conn->begun)
		end = conn_wrap_error(last, "401 Unauthorized", &reason_not_logged_in);
	memcpy(end, record_end, RECORD_END_SIZE);
	end += RECORD_END_SIZE;
	if (conn->deadline == NULL) /* a failure does not matter: it is closed all the same */
		(void)send(conn->fd, last, (size_t)(end - last), MSG_NOSIGNAL | MSG_DONTWAIT);
	conn_free(conn);
}

bool
conn_hold(struct conn *conn, struct grant_watch *holds, const char *grant)
{
	conn->hold = calloc(1, sizeof *conn->hold);
	if (conn->hold != NULL &&
	    grant_hold_begin(conn->hold, holds, grant, conn_grant_ended, conn))
		return true;
	conn_let_go(conn);
	return false;
}
