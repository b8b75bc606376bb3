/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "fastcgi/conn_internal.h"
#include "loop/listener.h"
#include "loop/timer.h"

enum {
	ACCEPTS_A_TURN = 64,
	ACCEPT_PAUSE_MS = 200, /* out of descriptors: leave room to close some */
};

/* ---- deadline -------------------------------------------------------- */

static void
deadline_arm(struct deadline *deadline)
{
	struct conn *first = TAILQ_FIRST(&deadline->list);

	if (first != NULL) /* do not fire a microsecond too early */
		timer_start_at(deadline->timer, first->due_ns + CLOCK_MS);
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

/* ---- the server ------------------------------------------------------ */

static int
server_accepted(void *arg, int fd)
{
	struct fastcgi_server *server = arg;
	struct conn *conn = calloc(1, sizeof *conn);

	if (conn == NULL) {
		close(fd);
		errno = ENOMEM;
		return -1;
	}
	conn->server = server;
	conn->fd = fd;
	TAILQ_INSERT_TAIL(&server->conns, conn, next);
	event_assign(
	    &conn->readable, server->base, fd, EV_READ | EV_ET | EV_PERSIST, conn_readable, conn);
	if (event_add(&conn->readable, NULL) == -1) {
		conn_free(conn);
		errno = ENOMEM;
		return -1;
	}
	deadline_begin(&server->requests, conn);
	return 0;
}

static void
server_failed(void *arg, int error)
{
	(void)arg;
	log_warning("conn", "cannot accept: %s", strerror(error));
}

struct fastcgi_server *
fastcgi_server_new(struct event_base *base, int listen_fd, conn_handler *handler, void *arg)
{
	struct fastcgi_server *server = calloc(1, sizeof *server);

	if (server == NULL)
		return NULL;
	*server = (struct fastcgi_server){ .base = base, .handler = handler, .arg = arg };
	TAILQ_INIT(&server->conns);
	server->listener = listener_new(base,
	    &(struct listener_setup){ .fd = listen_fd,
		.turn = ACCEPTS_A_TURN,
		.pause_ns = ACCEPT_PAUSE_MS * CLOCK_MS,
		.accepted = server_accepted,
		.failed = server_failed,
		.arg = server });
	if (deadline_init(&server->requests, base, CONN_REQUEST_MS) == -1 ||
	    deadline_init(&server->writes, base, CONN_WRITE_MS) == -1 || server->listener == NULL)
		fastcgi_server_free(&server);
	return server;
}

void
fastcgi_server_stop(struct fastcgi_server *server)
{
	struct conn *conn, *next;

	server->shut = true;
	listener_stop(server->listener);
	for (conn = TAILQ_FIRST(&server->conns); conn != NULL; conn = next) {
		next = TAILQ_NEXT(conn, next);
		if (conn->phase != CONN_ANSWERING)
			conn_free(conn);
	}
}

size_t
fastcgi_server_busy(const struct fastcgi_server *server)
{
	return server->busy;
}

void
fastcgi_server_free(struct fastcgi_server **server)
{
	struct fastcgi_server *gone = *server;
	struct conn *conn;

	if (gone == NULL)
		return;
	listener_free(&gone->listener);
	while ((conn = TAILQ_FIRST(&gone->conns)) != NULL)
		conn_lose(conn);
	if (gone->requests.timer != NULL)
		event_free(gone->requests.timer);
	if (gone->writes.timer != NULL)
		event_free(gone->writes.timer);
	free(gone);
	*server = NULL;
}
