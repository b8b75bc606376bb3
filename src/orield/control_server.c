/* SPDX-License-Identifier: ISC */
#include "orield/control_server.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/unixsock.h"
#include "loop/listener.h"
#include "protocol/reasons.h"

enum { ACCEPTS_A_TURN = 16, ACCEPT_PAUSE_S = 1 };

struct control_server {
	struct event_base *base;
	const struct peer_hooks *user;
	void *user_arg;
	struct peer_hooks hooks;
	LIST_HEAD(, peer) peers;
	unsigned count;
	int fd;	    /* -1: no socket */
	char *path; /* removed at the end; NULL: not ours */
	struct listener *listener;
};

/* ---- hooks: ours around the user's ----------------------------------- */

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

/* ---- accepting ------------------------------------------------------- */

void
control_server_adopt(struct control_server *control, int fd)
{
	struct peer *peer = peer_new(control->base, fd, &control->hooks, control);
	struct cause why;

	if (peer == NULL) {
		log_error("control", "out of memory for a connection");
		return;
	}
	LIST_INSERT_HEAD(&control->peers, peer, next);
	if (++control->count <= CONTROL_SERVER_PEERS_MAX)
		return;
	cause_detail(&why, &reason_too_many, "too many connections");
	peer_refuse_why(peer, &why);
}

static int
control_accepted(void *arg, int fd)
{
	control_server_adopt(arg, fd);
	return 0;
}

static void
control_failed(void *arg, int error)
{
	(void)arg;
	log_error("control", "accept: %s; trying again every second", strerror(error));
}

/* ---- life ------------------------------------------------------------ */

static int
control_server_listen(struct control_server *control, const char *path, struct cause *why)
{
	bool inherited;

	control->fd = unixsock_listen(path, &inherited, why);
	if (control->fd == -1)
		return -1;
	if (!inherited)
		control->path = strdup(path);
	control->listener = listener_new(control->base,
	    &(struct listener_setup){ .fd = control->fd,
		.turn = ACCEPTS_A_TURN,
		.pause_ns = ACCEPT_PAUSE_S * CLOCK_S,
		.accepted = control_accepted,
		.failed = control_failed,
		.arg = control });
	if ((!inherited && control->path == NULL) || control->listener == NULL)
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
	control->fd = -1;
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
	listener_free(&gone->listener);
	if (gone->path != NULL)
		unlink(gone->path);
	free(gone->path);
	if (gone->fd != -1)
		close(gone->fd);
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
