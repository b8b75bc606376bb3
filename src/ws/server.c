/* SPDX-License-Identifier: ISC */
#include "ws/server.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/service.h"
#include "base/unixsock.h"
#include "loop/listener.h"
#include "loop/timer.h"
#include "ws/framing.h"

enum {
	ACCEPTS_A_TURN = 64,
	ACCEPT_PAUSE_S = 1, /* other sessions may end by then */
	STOP_STEPS = 20,
	STOP_STEP_MS = 50, /* all clients are told within a second */
	FDS_BESIDE = 32,   /* listener, loop, control sockets, logs */
};

struct server {
	struct session_host host;
	struct handshake_policy policy;
	const char *path;
	int fd;
	bool inherited;
	struct listener *listener; /* stopped while the server is full, or is ending */
	struct event *stopping, *terminate, *interrupt, *watchdog;
	size_t stop_batch; /* sessions per step; 0 = not stopping */
};

/* ---- accepting ------------------------------------------------------- */

static bool
server_full(const struct server *server)
{
	return server->host.count >= server->host.open_max + SERVER_HEADS_MAX;
}

static int
server_accepted(void *arg, int fd)
{
	struct server *server = arg;

	if (session_new(&server->host, fd) == -1)
		return -1;
	if (server_full(server))
		listener_stop(server->listener);
	return 0;
}

static void
server_failed(void *arg, int error)
{
	const struct server *server = arg;

	log_error("ws", "%s: accept: %s; trying on", server->path, strerror(error));
}

/* ---- ending ---------------------------------------------------------- */

static void
server_stopping(evutil_socket_t unused, short what, void *arg)
{
	struct server *server = arg;
	struct session *session = LIST_FIRST(&server->host.sessions);
	size_t told = 0;

	(void)unused, (void)what;
	for (; session != NULL && told < server->stop_batch; session = session_next(session))
		told += session_close(session, FRAMING_GOING_AWAY, "server is ending");
	if (told == server->stop_batch)
		timer_start(server->stopping, STOP_STEP_MS * CLOCK_MS);
}

static void
on_session_gone(struct session_host *host)
{
	struct server *server = (struct server *)host;

	if (server->stop_batch == 0 && server->listener != NULL)
		listener_start(server->listener);
	if (server->stop_batch > 0 && host->count == 0)
		event_base_loopbreak(host->base);
}

void
server_stop(struct server *server)
{
	if (server->stop_batch > 0)
		return;
	service_stopping();
	listener_stop(server->listener);
	server->stop_batch = server->host.count / STOP_STEPS + 1;
	if (server->host.count == 0)
		event_base_loopbreak(server->host.base);
	else
		server_stopping(-1, 0, server);
}

static void
server_signalled(evutil_socket_t number, short what, void *arg)
{
	(void)number, (void)what;
	server_stop(arg);
}

static void
server_watchdog(evutil_socket_t unused, short what, void *arg)
{
	(void)unused, (void)what, (void)arg;
	log_say_lost();
	service_watchdog();
}

/* ---- life ------------------------------------------------------------ */

/* Room for all clients: we may raise our soft limit. */
static void
server_raise_limit(size_t clients_max)
{
	rlim_t needed = clients_max + SERVER_HEADS_MAX + FDS_BESIDE;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1 || limit.rlim_cur >= needed)
		return;
	limit.rlim_cur = needed < limit.rlim_max ? needed : limit.rlim_max;
	if (limit.rlim_cur < needed || setrlimit(RLIMIT_NOFILE, &limit) == -1)
		log_warning("ws", "%zu clients need %llu descriptors, the limit is %llu",
		    clients_max, (unsigned long long)needed, (unsigned long long)limit.rlim_max);
}

static bool
server_make_events(struct server *server)
{
	struct event_base *base = server->host.base;

	server->listener = listener_new(base,
	    &(struct listener_setup){ .fd = server->fd,
		.turn = ACCEPTS_A_TURN,
		.pause_ns = ACCEPT_PAUSE_S * CLOCK_S,
		.accepted = server_accepted,
		.failed = server_failed,
		.arg = server });
	server->stopping = evtimer_new(base, server_stopping, server);
	server->terminate = evsignal_new(base, SIGTERM, server_signalled, server);
	server->interrupt = evsignal_new(base, SIGINT, server_signalled, server);
	return server->listener != NULL && server->stopping != NULL && server->terminate != NULL &&
	    server->interrupt != NULL && event_add(server->terminate, NULL) == 0 &&
	    event_add(server->interrupt, NULL) == 0;
}

struct server *
server_new(const struct server_setup *setup, struct cause *why)
{
	struct server *server = calloc(1, sizeof *server);

	if (server == NULL) {
		cause_errno(why, "server");
		return NULL;
	}
	server->path = setup->listen;
	server->policy = setup->policy;
	server->host.base = setup->base;
	server->host.policy = &server->policy;
	server->host.service = setup->service;
	server->host.world = setup->world;
	server->host.open_max = setup->clients_max;
	server->host.gone = on_session_gone;
	LIST_INIT(&server->host.sessions);
	server_raise_limit(setup->clients_max);
	signal(SIGPIPE, SIG_IGN);
	server->fd = unixsock_listen(setup->listen, &server->inherited, why);
	if (server->fd != -1 && server_make_events(server))
		return server;
	if (server->fd != -1)
		cause_set(why, "out of memory");
	server_free(&server);
	return NULL;
}

const char *
server_file(const struct server *server)
{
	return server->inherited ? "" : server->path;
}

static void
event_end(struct event *event)
{
	if (event != NULL)
		event_free(event);
}

void
server_free(struct server **server)
{
	struct server *gone = *server;

	if (gone == NULL)
		return;
	listener_free(&gone->listener);
	while (!LIST_EMPTY(&gone->host.sessions))
		session_free(LIST_FIRST(&gone->host.sessions));
	event_end(gone->stopping);
	event_end(gone->terminate);
	event_end(gone->interrupt);
	event_end(gone->watchdog);
	if (gone->fd != -1) {
		close(gone->fd);
		if (!gone->inherited)
			unlink(gone->path);
	}
	free(gone);
	*server = NULL;
}

/* systemd wants to hear of us, if its unit says so. */
static bool
server_feed_watchdog(struct server *server)
{
	uint64_t ns = service_watchdog_ns();

	if (ns == 0)
		return true;
	server->watchdog = event_new(server->host.base, -1, EV_PERSIST, server_watchdog, server);
	return timer_start(server->watchdog, ns) == 0;
}

int
server_run(struct server *server, struct cause *why)
{
	if (!server_feed_watchdog(server))
		return cause_set(why, "out of memory");
	service_ready("serving");
	if (event_base_dispatch(server->host.base) == -1)
		return cause_set(why, "the event loop failed");
	return 0;
}
