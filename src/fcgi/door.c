/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "fcgi/conn_inside.h"

enum {
	ACCEPTS_PER_WAKE = 64, /* then others have their turn */
	ACCEPT_PAUSE_MS = 200, /* out of descriptors: leave room to close some */
};

/* ---- patience ---------------------------------------------------------------- */

static void
patience_arm(struct patience *patience)
{
	struct conn *first = TAILQ_FIRST(&patience->list);
	uint64_t now = clock_mono_ns(), wait;
	struct timeval span;

	if (first == NULL)
		return;
	wait = first->due_ns > now ? first->due_ns - now : 0;
	wait += CLOCK_MS; /* not a microsecond too early */
	span = (struct timeval){ .tv_sec = (time_t)(wait / CLOCK_S),
		.tv_usec = (suseconds_t)(wait % CLOCK_S / 1000) };
	event_add(patience->timer, &span);
}

void
patience_begin(struct patience *patience, struct conn *conn)
{
	bool first = TAILQ_EMPTY(&patience->list);

	if (conn->patience != NULL)
		return;
	conn->patience = patience;
	conn->due_ns = clock_mono_ns() + patience->span_ns;
	TAILQ_INSERT_TAIL(&patience->list, conn, waiting);
	if (first)
		patience_arm(patience);
}

void
patience_end(struct conn *conn)
{
	if (conn->patience == NULL)
		return;
	TAILQ_REMOVE(&conn->patience->list, conn, waiting);
	conn->patience = NULL;
}

static void
patience_over(evutil_socket_t unused, short what, void *arg)
{
	struct patience *patience = arg;
	uint64_t now = clock_mono_ns();
	struct conn *conn;

	(void)unused, (void)what;
	while ((conn = TAILQ_FIRST(&patience->list)) != NULL && conn->due_ns <= now) {
		log_debug("conn", "%s",
		    conn->phase == CONN_ANSWERING ? "a viewer did not take its answer in time"
						  : "a request did not come in time");
		conn_lose(conn);
	}
	patience_arm(patience);
}

static int
patience_init(struct patience *patience, struct event_base *base, unsigned ms)
{
	TAILQ_INIT(&patience->list);
	patience->span_ns = ms * CLOCK_MS;
	patience->timer = evtimer_new(base, patience_over, patience);
	return patience->timer != NULL ? 0 : -1;
}

/* ---- the door ---------------------------------------------------------------------- */

static void
door_admit(struct door *door, int fd)
{
	struct conn *conn = calloc(1, sizeof *conn);

	if (conn == NULL) {
		close(fd);
		return;
	}
	conn->door = door;
	conn->fd = fd;
	TAILQ_INSERT_TAIL(&door->conns, conn, next);
	event_assign(
	    &conn->readable, door->base, fd, EV_READ | EV_ET | EV_PERSIST, conn_readable, conn);
	if (event_add(&conn->readable, NULL) == -1) {
		conn_free(conn);
		return;
	}
	patience_begin(&door->requests, conn);
}

/* No descriptors or no memory: the backlog waits while others leave. */
static void
door_rest(struct door *door)
{
	struct timeval pause = { .tv_usec = ACCEPT_PAUSE_MS * 1000 };

	log_warning("conn", "cannot accept: %s", strerror(errno));
	event_del(door->readable);
	event_add(door->pause, &pause);
}

static void
door_rested(evutil_socket_t unused, short what, void *arg)
{
	struct door *door = arg;

	(void)unused, (void)what;
	if (!door->shut)
		event_add(door->readable, NULL);
}

static void
door_accept(evutil_socket_t listener, short what, void *arg)
{
	struct door *door = arg;

	(void)what;
	for (int i = 0; i < ACCEPTS_PER_WAKE; i++) {
		int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd != -1)
			door_admit(door, fd);
		else if (errno == EAGAIN)
			return;
		else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		    errno == ENOMEM) {
			door_rest(door);
			return;
		}
	}
}

struct door *
door_new(struct event_base *base, int listener, conn_handler *handler, void *arg)
{
	struct door *door = calloc(1, sizeof *door);

	if (door == NULL)
		return NULL;
	*door = (struct door){ .base = base, .handler = handler, .arg = arg };
	TAILQ_INIT(&door->conns);
	door->readable = event_new(base, listener, EV_READ | EV_PERSIST, door_accept, door);
	door->pause = evtimer_new(base, door_rested, door);
	if (patience_init(&door->requests, base, CONN_REQUEST_MS) == -1 ||
	    patience_init(&door->writes, base, CONN_WRITE_MS) == -1 || door->readable == NULL ||
	    door->pause == NULL || event_add(door->readable, NULL) == -1)
		door_free(&door);
	return door;
}

void
door_shut(struct door *door)
{
	struct conn *conn, *next;

	door->shut = true;
	event_del(door->readable);
	event_del(door->pause);
	for (conn = TAILQ_FIRST(&door->conns); conn != NULL; conn = next) {
		next = TAILQ_NEXT(conn, next);
		if (conn->phase != CONN_ANSWERING)
			conn_free(conn);
	}
}

size_t
door_busy(const struct door *door)
{
	return door->busy;
}

void
door_free(struct door **door)
{
	struct door *gone = *door;
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
	*door = NULL;
}
