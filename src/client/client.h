/* SPDX-License-Identifier: ISC */
/* client: a connection to one orield's control socket, kept up for ever.
 *
 * For programs with a libevent loop (oriel-fcgi, oriel-ws). It connects by itself and reconnects
 * with back-off (50 ms doubling to 1 s; the first failure and the return are logged once). Each
 * command has a tag, so a reply comes when it is ready, not in the order of the commands. Lines
 * that are no reply (events) go to the hook. A command that is not answered in time fails alone:
 * the connection stays. Viewers' queries go in lanes, a few at a time, operators first. So
 * however many there are, they delay neither changes nor events. One thread: the loop's. A
 * callback may send and may free the client. */
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
	CLIENT_OURS,   /* the program's own: sent at once, no time limit */
	CLIENT_CHANGE, /* sent at once */
	CLIENT_SHORT,  /* at most 32 under way, the others wait here */
	CLIENT_LONG,   /* at most 6: their replies may be 64 KiB each */
	CLIENT_LANES
};
struct client_way {
	enum client_lane lane;
	bool first; /* goes before those in the lane that are not */
};

/* The way for a command of somebody with that role. */
struct client_way client_way(enum command_id id, enum role role);

enum client_failure {
	CLIENT_ANSWERED,
	CLIENT_DOWN,	/* not sent, no connection: it was not done */
	CLIENT_BUSY,	/* not sent, too many wait: it was not done */
	CLIENT_UNKNOWN, /* no answer in time: a change may have been made, or may still be made */
};

/* orield's answer. `line`: length bytes of JSON without tag and newline, borrowed for the call,
 * or NULL when no answer will come: `failure` says why. `fds`: the descriptors of the reply to
 * client_send_for_fds(), -1 where there is none. The callee owns those that it replaces by -1; the
 * others are closed after the call. */
struct client_reply {
	const char *line;
	size_t length;
	enum client_failure failure;
	int fds[LINES_FDS];
};
typedef void client_done(void *arg, struct client_reply *reply);

struct client_hooks {
	void (*up)(void *arg);	 /* connected: subscribe and attach now */
	void (*down)(void *arg); /* connection lost (not at each failed try) */
	void (*event)(void *arg, const char *line, size_t length); /* a line that is no reply */
};

/* Begins to connect at once (from the loop). `path` is copied; `hooks` must
 * outlive the client. NULL when out of memory. */
struct client *client_new(
    struct event_base *base, const char *path, const struct client_hooks *hooks, void *arg);

/* First answers waiting commands with line = NULL. Clears *client. */
void client_free(struct client **client);

bool client_connected(const struct client *client);

/* Send one command: `line` is length bytes of JSON with no newline inside. `done` is called
 * exactly once: later, never from inside this call, and within CLIENT_REPLY_SECONDS unless it is
 * CLIENT_OURS. Commands given before the first try to connect wait for it. Returns a token for
 * client_forget, or 0 when out of memory (done is not called). */
unsigned long client_send(struct client *client, struct client_way way, const char *line,
    size_t length, client_done *done, void *arg);

/* The same, of a command whose reply brings descriptors. */
unsigned long client_send_for_fds(
    struct client *client, const char *line, size_t length, client_done *done, void *arg);

/* Send `attach`. */
unsigned long client_attach(struct client *client, client_done *done, void *arg);

/* The asker has gone: its callback will not be called, and an unsent command is not sent. */
void client_forget(struct client *client, unsigned long token);

#endif
