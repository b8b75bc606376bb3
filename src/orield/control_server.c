/* SPDX-License-Identifier: ISC */
#include "orield/control_server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/unixsock.h"

enum { ACCEPTS_A_TURN = 16 };

struct control_server {
	struct event_base *base;
	const struct peer_hooks *user;
	void *user_arg;
	struct peer_hooks hooks;
	LIST_HEAD(, peer) peers;
	unsigned count;
	int listener;
	char *path; /* to be removed at the end; NULL when it is not ours */
	struct event *accepting, *resting;
	bool short_said;
};

/* ---- hooks: ours around the user's ---------------------------------------------- */

static void
control_command(void *arg, struct call *call, json_t *command)
{
	struct control_server *control = arg;

	control->user->command(control->user_arg, call, command);
}

static void
control_drained(void *arg, struct peer *peer)
{
	struct control_server *control = arg;

	control->user->drained(control->user_arg, peer);
}

static void
control_gone(void *arg, struct peer *peer)
{
	struct control_server *control = arg;

	LIST_REMOVE(peer, next);
	control->count--;
	control->user->gone(control->user_arg, peer);
}

/* ---- accepting -------------------------------------------------------------------- */

void
control_server_adopt(struct control_server *control, int fd)
{
	struct peer *peer = peer_new(control->base, fd, &control->hooks, control);

	if (peer == NULL) {
		log_error("control", "out of memory for a connection");
		return;
	}
	LIST_INSERT_HEAD(&control->peers, peer, next);
	if (++control->count > CONTROL_SERVER_PEERS_MAX)
		peer_refuse(peer, "too many connections");
}

/* Out of descriptors or memory: the waiting connection would wake us for ever. */
static void
control_server_rest(struct control_server *control)
{
	const struct timeval second = { .tv_sec = 1 };

	if (!control->short_said)
		log_error("control", "accept: %s; trying again every second", strerror(errno));
	control->short_said = true;
	event_del(control->accepting);
	event_add(control->resting, &second);
}

static void
control_server_wake(evutil_socket_t fd, short what, void *arg)
{
	struct control_server *control = arg;

	(void)fd, (void)what;
	event_add(control->accepting, NULL);
}

static void
control_server_accept(evutil_socket_t listener, short what, void *arg)
{
	struct control_server *control = arg;

	(void)what;
	for (int i = 0; i < ACCEPTS_A_TURN; i++) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd == -1 && (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED))
			return;
		if (fd == -1) {
			control_server_rest(control);
			return;
		}
		control->short_said = false;
		control_server_adopt(control, fd);
	}
}

/* ---- life --------------------------------------------------------------------------- */

static int
control_server_listen(struct control_server *control, const char *path, struct cause *why)
{
	bool inherited;

	control->listener = unixsock_listen(path, &inherited, why);
	if (control->listener == -1)
		return -1;
	if (!inherited)
		control->path = strdup(path);
	control->accepting = event_new(
	    control->base, control->listener, EV_READ | EV_PERSIST, control_server_accept, control);
	control->resting = evtimer_new(control->base, control_server_wake, control);
	if ((!inherited && control->path == NULL) || control->accepting == NULL ||
	    control->resting == NULL || event_add(control->accepting, NULL) == -1)
		return cause_set(why, "control socket: out of memory");
	return 0;
}

struct control_server *
control_server_new(struct event_base *base, const char *path, const struct peer_hooks *hooks,
    void *arg, struct cause *why)
{
	struct control_server *control = calloc(1, sizeof *control);

	if (control == NULL) {
		cause_errno(why, "control socket");
		return NULL;
	}
	control->base = base;
	control->user = hooks;
	control->user_arg = arg;
	control->hooks = (struct peer_hooks){ control_command, control_drained, control_gone };
	control->listener = -1;
	LIST_INIT(&control->peers);
	if (path != NULL && control_server_listen(control, path, why) == -1)
		control_server_free(&control);
	return control;
}

void
control_server_free(struct control_server **control)
{
	struct control_server *gone = *control;
	struct peer *peer;

	if (gone == NULL)
		return;
	while ((peer = LIST_FIRST(&gone->peers)) != NULL)
		peer_free(&peer);
	if (gone->accepting != NULL)
		event_free(gone->accepting);
	if (gone->resting != NULL)
		event_free(gone->resting);
	if (gone->path != NULL)
		unlink(gone->path);
	free(gone->path);
	if (gone->listener != -1)
		close(gone->listener);
	free(gone);
	*control = NULL;
}

struct peer *
control_server_first(const struct control_server *control)
{
	return LIST_FIRST(&control->peers);
}

struct peer *
control_server_next(const struct peer *peer)
{
	return LIST_NEXT(peer, next);
}

void
control_server_viewers(const struct control_server *control, unsigned viewers[PEER_KINDS])
{
	for (int kind = 0; kind < PEER_KINDS; kind++)
		viewers[kind] = 0;
	for (struct peer *peer = control_server_first(control); peer != NULL;
	     peer = control_server_next(peer))
		for (int kind = 0; kind < PEER_KINDS; kind++)
			viewers[kind] += peer->viewers[kind];
}
