/* SPDX-License-Identifier: ISC */
/* server: accepts connections on a Unix socket, and closes them all cleanly. */
#ifndef ORIEL_WS_SERVER_H
#define ORIEL_WS_SERVER_H

#include "base/cause.h"
#include "ws/session.h"

/* Connections in addition to the allowed clients: in the handshake, or being closed. */
enum { SERVER_HEADS_MAX = 64 };

struct server;

struct server_setup {
	struct event_base *base;
	const char *listen; /* path of the socket */
	size_t clients_max;
	struct handshake_policy policy; /* its strings must outlive the server */
	const struct session_service *service;
	void *world;
};

/* Listen and accept. NULL with *why. */
struct server *server_new(const struct server_setup *setup, struct cause *why);

/* Run until SIGTERM or SIGINT, and until server_stop() is done. -1 with *why. */
int server_run(struct server *server, struct cause *why);

/* The socket's file, which is ours to remove; "" when the socket was handed over. */
const char *server_file(const struct server *server);

/* Begin to end: accept no more, and send 1001 to all clients, a few at a time so that they do
 * not all come back at once. The loop ends when the last one has gone, after a second and
 * SESSION_LINGER_SECONDS at the latest. */
void server_stop(struct server *server);

/* Remaining sessions are dropped. Clears *server. */
void server_free(struct server **server);

#endif
