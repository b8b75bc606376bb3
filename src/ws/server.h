/* SPDX-License-Identifier: ISC */
/* server: accepts connections on a Unix socket and ends them all in order. */
#ifndef ORIEL_WS_SERVER_H
#define ORIEL_WS_SERVER_H

#include "base/cause.h"
#include "ws/session.h"

/* Connections beyond the clients allowed: in the handshake, or on their way out. */
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

/* Run until SIGTERM or SIGINT and the end they bring (server_stop). -1 with *why. */
int server_run(struct server *server, struct cause *why);

/* The socket's file, which is ours to remove; "" when the socket was handed over. */
const char *server_file(const struct server *server);

/* Begin to end: accept no more, say 1001 to all clients, a few at a time so that
 * they do not all come back at once. The loop is left when the last one has gone,
 * after a second and SESSION_LINGER_SECONDS at the latest. */
void server_stop(struct server *server);

/* What is still there is dropped. Clears *server. */
void server_free(struct server **server);

#endif
