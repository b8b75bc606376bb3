/* SPDX-License-Identifier: ISC */
#include "loop/listener.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "loop/timer.h"

struct listener {
	struct listener_setup setup;
	struct event *readable, *pause;
	bool stopped;
	bool paused;
	bool failing; /* and `failed` was called for it */
};

static void
listener_fail(struct listener *listener, int error)
{
	if (!listener->failing)
		listener->setup.failed(listener->setup.arg, error);
	listener->failing = listener->paused = true;
	event_del(listener->readable);
	timer_start(listener->pause, listener->setup.pause_ns);
}

static void
listener_readable(evutil_socket_t listen_fd, short what, void *arg)
{
	struct listener *listener = arg;

	(void)what;
	for (unsigned i = 0; i < listener->setup.turn && !listener->stopped; i++) {
		int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd == -1 && errno == EAGAIN)
			return;
		if (fd == -1 && (errno == EINTR || errno == ECONNABORTED))
			continue;
		if (fd == -1 || listener->setup.accepted(listener->setup.arg, fd) == -1) {
			listener_fail(listener, errno);
			return;
		}
		listener->failing = false;
	}
}

static void
listener_pause_over(evutil_socket_t unused, short what, void *arg)
{
	struct listener *listener = arg;

	(void)unused, (void)what;
	listener->paused = false;
	if (!listener->stopped)
		event_add(listener->readable, NULL);
}

void
listener_stop(struct listener *listener)
{
	listener->stopped = true;
	event_del(listener->readable);
}

void
listener_start(struct listener *listener)
{
	listener->stopped = false;
	if (!listener->paused)
		event_add(listener->readable, NULL);
}

struct listener *
listener_new(struct event_base *base, const struct listener_setup *setup)
{
	struct listener *listener = calloc(1, sizeof *listener);

	if (listener == NULL)
		return NULL;
	listener->setup = *setup;
	listener->readable = event_new(
	    base, setup->fd, EV_READ | EV_PERSIST, listener_readable, listener);
	listener->pause = evtimer_new(base, listener_pause_over, listener);
	if (listener->readable == NULL || listener->pause == NULL ||
	    event_add(listener->readable, NULL) == -1)
		listener_free(&listener);
	return listener;
}

void
listener_free(struct listener **listener)
{
	struct listener *gone = *listener;

	if (gone == NULL)
		return;
	if (gone->readable != NULL)
		event_free(gone->readable);
	if (gone->pause != NULL)
		event_free(gone->pause);
	free(gone);
	*listener = NULL;
}
