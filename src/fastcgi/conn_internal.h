/* SPDX-License-Identifier: ISC */
/* conn_internal: what a connection and its server share. For conn.c and server.c only. */
#ifndef ORIEL_FASTCGI_CONN_INTERNAL_H
#define ORIEL_FASTCGI_CONN_INTERNAL_H

#include <event2/event_struct.h>
#include <sys/queue.h>

#include "fastcgi/conn.h"

/* Connections with a deadline, the earliest first. All get the same time, so a new one goes to
 * the end, and one timer serves all. */
TAILQ_HEAD(conn_list, conn);
struct deadline {
	struct conn_list list;
	struct event *timer;
	uint64_t span_ns;
};

enum conn_phase { CONN_IDLE, CONN_ANSWERING, CONN_DRAINING };

/* Memory per viewer counts: ten thousand of these are normal. */
struct conn {
	struct event readable;
	struct event *writable; /* made when a write is first incomplete */
	struct fastcgi_server *server;
	const struct conn_user *user; /* CONN_ANSWERING */
	void *arg;
	TAILQ_ENTRY(conn) next;
	TAILQ_ENTRY(conn) waiting;
	struct deadline *deadline; /* whose list it is in, or NULL */
	struct grant_hold *hold;   /* the hold with which it must end, or NULL */
	uint64_t due_ns;
	int fd;
	unsigned drained;
	unsigned char phase;
	bool keep, head, shared;
	bool begun; /* something of the answer has been written */
};

struct fastcgi_server {
	struct event_base *base;
	struct listener *listener;
	conn_handler *handler;
	void *arg;
	struct conn_list conns;
	struct deadline requests, writes;
	size_t busy;
	bool shut;
	uint64_t refused, refusal_said_ns;
};

/* ---- conn.c ---------------------------------------------------------- */

void conn_free(struct conn *conn);
void conn_lose(struct conn *conn); /* the peer's fault: the user, if any, is told */

/* For event_assign(): bytes have come, or the peer has left. */
void conn_readable(evutil_socket_t fd, short what, void *conn);

/* ---- server.c -------------------------------------------------------- */

/* Nothing happens when it is in a list already, or in none. */
void deadline_begin(struct deadline *deadline, struct conn *conn);
void deadline_end(struct conn *conn);

#endif
