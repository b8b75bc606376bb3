/* SPDX-License-Identifier: ISC */
/* client: a connection to one orield's control socket, kept up for ever.
 *
 * For programs with a libevent loop (oriel-fcgi, oriel-ws). Connects by itself,
 * comes back with back-off (50 ms doubling to 1 s; the first failure and the
 * return are logged once). Each command has a tag, so a reply comes when it is ready
 * and not in the order of the commands; lines that are no reply (events) go to the
 * hook. A command that is not answered in time fails alone: the connection stays.
 * What viewers ask goes in lanes, a few at a time each, operators first: however much
 * that is, it holds up neither changes nor events. One thread: the loop's. A callback
 * may send and may free the client. */
#ifndef ORIEL_CLIENT_CLIENT_H
#define ORIEL_CLIENT_CLIENT_H

#include <event2/event.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/role.h"
#include "lines/lines.h"
#include "protocol/commands.h"

struct client;

enum { CLIENT_REPLY_SECONDS = 10, CLIENT_PENDING_MAX = 4096 };

enum client_lane {
	CLIENT_OURS,   /* the program's own: at once, and waits as long as it takes */
	CLIENT_CHANGE, /* at once */
	CLIENT_SHORT,  /* 32 under way at most, the others wait here */
	CLIENT_LONG,   /* 6: their replies may be 64 KiB each */
	CLIENT_LANES
};
struct client_way {
	enum client_lane lane;
	bool first; /* before those in the lane that are not */
};

/* The way of a command that somebody with that role sends. */
struct client_way client_way(enum command_id id, enum role role);

enum client_failure {
	CLIENT_ANSWERED,
	CLIENT_DOWN,	/* not sent, there is no connection: it was not done */
	CLIENT_BUSY,	/* not sent, too many wait: it was not done */
	CLIENT_UNKNOWN, /* no answer in time: a change may have been made, or may be yet */
};

/* What orield answered. `line`: length bytes of JSON without tag and newline,
 * borrowed for the call, or NULL when there is no answer and none will come:
 * `failure` says why. `fds`: what came with the reply to client_attach(), -1 where
 * none; the callee owns those it replaces by -1, the others are closed after the call. */
struct client_reply {
	const char *line;
	size_t length;
	enum client_failure failure;
	int fds[LINES_FDS];
};
typedef void client_reply_fn(void *arg, struct client_reply *reply);

struct client_hooks {
	void (*up)(void *arg);	 /* connected: subscribe and attach now */
	void (*down)(void *arg); /* connection lost (not at each failed try) */
	void (*event)(void *arg, const char *line, size_t length); /* a line that is no reply */
};

/* Begins to connect at once (from the loop). `path` is copied; `hooks` must
 * outlive the client. NULL when out of memory. */
struct client *client_new(
    struct event_base *base, const char *path, const struct client_hooks *hooks, void *arg);

/* Waiting commands are answered with line = NULL first. Clears *client. */
void client_free(struct client **client);

bool client_connected(const struct client *client);

/* Send one command: `line` is length bytes of JSON with no newline inside.
 * `done` is called exactly once: later, never from inside this call, and within
 * CLIENT_REPLY_SECONDS unless it is CLIENT_OURS. What is sent before the first try to
 * connect waits for it. Returns a token for client_forget, 0 when out of memory (done
 * is not called). */
unsigned long client_send(struct client *client, struct client_way way, const char *line,
    size_t length, client_reply_fn *done, void *arg);

/* Send `attach`: the one command whose reply brings descriptors. */
unsigned long client_attach(struct client *client, client_reply_fn *done, void *arg);

/* The asker has gone: its callback will not be called, and what was not sent yet is not. */
void client_forget(struct client *client, unsigned long token);

#endif
