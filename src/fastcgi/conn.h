/* SPDX-License-Identifier: ISC */
/* conn: the server of one listening socket, and its FastCGI connections.
 *
 * A connection waits for a whole request (5 s for one that has begun) and gives it to the
 * server's handler. From then on it belongs to whoever answers: its user. The user writes with
 * conn_write() and ends with conn_done() or conn_close(). Nothing here blocks, and only users
 * send. */
#ifndef ORIEL_FASTCGI_CONN_H
#define ORIEL_FASTCGI_CONN_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "fastcgi/request.h"
#include "grants/grant_watch.h"

enum {
	CONN_REQUEST_MS = 5000, /* to send the rest of a request */
	CONN_WRITE_MS =
	    20000, /* when the peer takes nothing: as long as nginx waits for its client */
	CONN_STREAM_BUFFER = 64 * 1024, /* bytes of socket buffer for a stream */
};

struct conn;

/* Neither may be NULL. Both run from the loop only, never inside a user's call. */
struct conn_user {
	void (*writable)(struct conn *conn, void *arg); /* conn_write() may go on */
	/* The peer has left or was too slow: let go. The connection is closed right after; do
	 * not close it here. */
	void (*gone)(struct conn *conn, void *arg);
};

/* Answers, or takes the connection over, before it returns. */
typedef void conn_handler(void *arg, struct conn *conn, const struct request *request);

struct fastcgi_server;

/* Accepts on `listen_fd` (borrowed, non-blocking) until fastcgi_server_stop(). NULL when out
 * of memory. */
struct fastcgi_server *fastcgi_server_new(
    struct event_base *base, int listen_fd, conn_handler *handler, void *arg);

/* Accept no more and close idle connections; answers under way go on. */
void fastcgi_server_stop(struct fastcgi_server *server);

size_t fastcgi_server_busy(const struct fastcgi_server *server); /* connections being answered */
void fastcgi_server_free(struct fastcgi_server **server);	 /* closes all, users are told */

/* The connection belongs to `user` now. */
void conn_take(struct conn *conn, const struct conn_user *user, void *arg);

/* Write as much as the peer takes now. Returns the bytes written, or -1 when the connection is
 * broken (then conn_close it). If it is less than all, the user's `writable` is called once the
 * peer takes more, or `gone` if it takes nothing for CONN_WRITE_MS. */
ssize_t conn_write(struct conn *conn, const struct iovec *parts, int count);

/* Call the user's `writable` once the socket is empty, or nearly: at once when it is. False: out of
 * memory. */
bool conn_await(struct conn *conn);

/* The answer is complete: wait for the next request, or close if none is wanted. The connection
 * is no longer the user's. */
void conn_done(struct conn *conn);

/* Close at once. The connection is no longer the user's. */
void conn_close(struct conn *conn);

/* From now until it is answered, the connection ends when `grant` does. Then the user is told
 * that it has gone, and the peer gets 401, or the proper end of an answer that had begun. Call
 * it before anything is written. False when the grant has ended, or memory is short. */
bool conn_hold(struct conn *conn, struct grant_watch *holds, const char *grant);

/* An allowed page of another origin will read the answer: reply_begin() tells nginx so. */
void conn_set_shared(struct conn *conn);
bool conn_is_shared(const struct conn *conn);

/* Use a small socket buffer, so that a slow viewer gets few old frames. */
void conn_limit_buffer(struct conn *conn);

bool conn_is_head(const struct conn *conn); /* HEAD: headers, no body */

#endif
