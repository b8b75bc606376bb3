/* SPDX-License-Identifier: ISC */
/* client: a connection to one orield's control socket, kept up for ever.
 *
 * For programs with a libevent loop (oriel-fcgi, oriel-ws). Connects by itself,
 * comes back with back-off (50 ms doubling to 1 s; the first failure and the
 * return are logged once). Replies come in the order of the commands; lines
 * that are no reply (events) go to the hook. One thread: the loop's. A callback
 * may send and may free the client. */
#ifndef ORIEL_CLIENT_CLIENT_H
#define ORIEL_CLIENT_CLIENT_H

#include <event2/event.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct client;

enum { CLIENT_REPLY_SECONDS = 10, CLIENT_PENDING_MAX = 4096, CLIENT_FDS_MAX = 2 };

/* What orield answered. `line`: length bytes of JSON without the newline,
 * borrowed for the call, or NULL when there is no answer and none will come
 * (daemon not running, gone, or silent for CLIENT_REPLY_SECONDS: then the
 * connection is closed and all that wait are told). `fds`: what came with the
 * reply to client_attach(), -1 where none; the callee owns those it replaces
 * by -1, the others are closed after the call. */
struct client_reply {
	const char *line;
	size_t length;
	int fds[CLIENT_FDS_MAX];
};
typedef void client_reply_fn(void *arg, struct client_reply *reply);

struct client_hooks {
	void (*up)(void *arg);			/* connected: subscribe and attach now */
	void (*down)(void *arg);		/* connection lost (not at each failed try) */
	void (*event)(void *arg, const char *line, size_t length);	/* a line that is no reply */
};

/* Begins to connect at once (from the loop). `path` is copied; `hooks` must
 * outlive the client. NULL when out of memory. */
struct client *client_new(struct event_base *base, const char *path,
	const struct client_hooks *hooks, void *arg);

/* Waiting commands are answered with line = NULL first. Clears *client. */
void client_free(struct client **client);

bool client_connected(const struct client *client);

/* Send one command: `line` is length bytes of JSON with no newline inside.
 * `done` is called exactly once: later, never from inside this call. When not
 * connected, or too many wait, it is called with line = NULL from the loop; what
 * is sent before the first try to connect waits for it.
 * Returns a token for client_forget, 0 when out of memory (done is not called). */
unsigned long client_send(struct client *client, const char *line, size_t length,
	client_reply_fn *done, void *arg);

/* Send `attach`: the one command whose reply brings descriptors. */
unsigned long client_attach(struct client *client, client_reply_fn *done, void *arg);

/* The asker has gone: its callback will not be called. */
void client_forget(struct client *client, unsigned long token);

#endif
