/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "fastcgi/conn_internal.h"

enum {
	ACCEPTS_PER_WAKE = 64, /* then others have their turn */
	ACCEPT_PAUSE_MS = 200, /* out of descriptors: leave room to close some */
};

/* ---- deadline ---------------------------------------------------------------- */

static void
deadline_arm(struct deadline *deadline)
{
	struct conn *first = TAILQ_FIRST(&deadline->list);
	uint64_t now = clock_mono_ns(), wait;
	struct timeval span;

	if (first == NULL)
		return;
	wait = first->due_ns > now ? first->due_ns - now : 0;
	wait += CLOCK_MS; /* not a microsecond too early */
	span = (struct timeval){ .tv_sec = (time_t)(wait / CLOCK_S),
		.tv_usec = (suseconds_t)(wait % CLOCK_S / 1000) };
	event_add(deadline->timer, &span);
}

void
deadline_begin(struct deadline *deadline, struct conn *conn)
{
	bool first = TAILQ_EMPTY(&deadline->list);

	if (conn->deadline != NULL)
		return;
	conn->deadline = deadline;
	conn->due_ns = clock_mono_ns() + deadline->span_ns;
	TAILQ_INSERT_TAIL(&deadline->list, conn, waiting);
	if (first)
		deadline_arm(deadline);
}

void
deadline_end(struct conn *conn)
{
	if (conn->deadline == NULL)
		return;
	TAILQ_REMOVE(&conn->deadline->list, conn, waiting);
	conn->deadline = NULL;
}

static void
deadline_over(evutil_socket_t unused, short what, void *arg)
{
	struct deadline *deadline = arg;
	uint64_t now = clock_mono_ns();
	struct conn *conn;

	(void)unused, (void)what;
	while ((conn = TAILQ_FIRST(&deadline->list)) != NULL && conn->due_ns <= now) {
		log_debug("conn", "%s",
		    conn->phase == CONN_ANSWERING ? "a viewer did not take its answer in time"
						  : "a request did not come in time");
		conn_lose(conn);
	}
	deadline_arm(deadline);
}

static int
deadline_init(struct deadline *deadline, struct event_base *base, unsigned ms)
{
	TAILQ_INIT(&deadline->list);
	deadline->span_ns = ms * CLOCK_MS;
	deadline->timer = evtimer_new(base, deadline_over, deadline);
	return deadline->timer != NULL ? 0 : -1;
}

/* ---- the listener ---------------------------------------------------------------------- */

static void
listener_admit(struct listener *listener, int fd)
{
	struct conn *conn = calloc(1, sizeof *conn);

	if (conn == NULL) {
		close(fd);
		return;
	}
	conn->listener = listener;
	conn->fd = fd;
	TAILQ_INSERT_TAIL(&listener->conns, conn, next);
	event_assign(
	    &conn->readable, listener->base, fd, EV_READ | EV_ET | EV_PERSIST, conn_readable, conn);
	if (event_add(&conn->readable, NULL) == -1) {
		conn_free(conn);
		return;
	}
	deadline_begin(&listener->requests, conn);
}

/* No descriptors or no memory: the backlog waits while others leave. */
static void
listener_rest(struct listener *listener)
{
	struct timeval pause = { .tv_usec = ACCEPT_PAUSE_MS * 1000 };

	log_warning("conn", "cannot accept: %s", strerror(errno));
	event_del(listener->readable);
	event_add(listener->pause, &pause);
}

static void
listener_rested(evutil_socket_t unused, short what, void *arg)
{
	struct listener *listener = arg;

	(void)unused, (void)what;
	if (!listener->shut)
		event_add(listener->readable, NULL);
}

static void
listener_accept(evutil_socket_t listen_fd, short what, void *arg)
{
	struct listener *listener = arg;

	(void)what;
	for (int i = 0; i < ACCEPTS_PER_WAKE; i++) {
		int fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd != -1)
			listener_admit(listener, fd);
		else if (errno == EAGAIN)
			return;
		else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		    errno == ENOMEM) {
			listener_rest(listener);
			return;
		}
	}
}

struct listener *
listener_new(struct event_base *base, int listen_fd, conn_handler *handler, void *arg)
{
	struct listener *listener = calloc(1, sizeof *listener);

	if (listener == NULL)
		return NULL;
	*listener = (struct listener){ .base = base, .handler = handler, .arg = arg };
	TAILQ_INIT(&listener->conns);
	listener->readable = event_new(
	    base, listen_fd, EV_READ | EV_PERSIST, listener_accept, listener);
	listener->pause = evtimer_new(base, listener_rested, listener);
	if (deadline_init(&listener->requests, base, CONN_REQUEST_MS) == -1 ||
	    deadline_init(&listener->writes, base, CONN_WRITE_MS) == -1 ||
	    listener->readable == NULL || listener->pause == NULL ||
	    event_add(listener->readable, NULL) == -1)
		listener_free(&listener);
	return listener;
}

void
listener_shut(struct listener *listener)
{
	struct conn *conn, *next;

	listener->shut = true;
	event_del(listener->readable);
	event_del(listener->pause);
	for (conn = TAILQ_FIRST(&listener->conns); conn != NULL; conn = next) {
		next = TAILQ_NEXT(conn, next);
		if (conn->phase != CONN_ANSWERING)
			conn_free(conn);
	}
}

size_t
listener_busy(const struct listener *listener)
{
	return listener->busy;
}

void
listener_free(struct listener **listener)
{
	struct listener *gone = *listener;
	struct conn *conn;

	if (gone == NULL)
		return;
	while ((conn = TAILQ_FIRST(&gone->conns)) != NULL)
		conn_lose(conn);
	struct event *events[] = { gone->readable, gone->pause, gone->requests.timer,
		gone->writes.timer };
	for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
		if (events[i] != NULL)
			event_free(events[i]);
	free(gone);
	*listener = NULL;
}
