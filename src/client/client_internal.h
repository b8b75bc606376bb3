/* SPDX-License-Identifier: ISC */
/* client_internal: what the connection (client.c) and the commands under way (pending.c) share.
 * Included by those two only. */
#ifndef ORIEL_CLIENT_CLIENT_INTERNAL_H
#define ORIEL_CLIENT_CLIENT_INTERNAL_H

#include <stdint.h>
#include <sys/queue.h>

#include "client/client.h"
#include "protocol/limits.h"

enum { CLIENT_OUTPUT_MAX = 1 << 20 }; /* bytes waiting for orield to read them */

/* A command under way or waiting. */
struct pending {
	TAILQ_ENTRY(pending) next;
	TAILQ_ENTRY(pending) younger;
	unsigned long token; /* and its tag */
	struct client_way way;
	bool takes_fds, ages;
	char *line; /* while it waits to be sent */
	size_t length;
	uint64_t deadline_ns;
	enum client_failure failure;
	client_done *done; /* NULL once forgotten, or when its time is up */
	void *arg;
};
TAILQ_HEAD(pending_list, pending);

/* The commands of one lane that are under way, and those that wait: the first ones first. */
struct lane {
	unsigned under_way;
	struct pending_list waiting[2];
};
struct client {
	struct event_base *base;
	const struct client_hooks *hooks;
	void *arg;
	char *path;
	struct event *readable, *writable, *retry, *deadline, *failing;
	struct lines *lines;	   /* closed while down */
	struct pending_list sent;  /* in that order */
	struct pending_list aging; /* sent or waiting, with a deadline; the oldest first */
	struct pending_list lost;  /* to be answered with NULL from the loop */
	struct lane lanes[CLIENT_LANES];
	unsigned pending_count;
	unsigned long last_token;
	unsigned retry_ms;
	bool outage_said;
	bool tried;	/* commands given before wait for the first try to connect */
	unsigned depth; /* callbacks of ours on the stack */
	bool freed;	/* client_free was called from one of them */
};

/* ---- client.c -------------------------------------------------------- */

/* Callbacks may free the client, so each function that runs callbacks calls leave at its end. */
void client_enter(struct client *client);
void client_leave(struct client *client);

void client_write(struct client *client);

/* ---- pending.c ------------------------------------------------------- */

void client_init_pending(struct client *client);
void client_arm_deadline(struct client *client);
void client_deadline(evutil_socket_t unused, short what, void *client);

/* A line that is no event. */
void client_take_answer(struct client *client, const char *line, size_t length);

/* Move all that is under way or waits to `lost`; those that were sent get that failure. */
void client_fail_pending(struct client *client, enum client_failure sent);

/* Call back all in `lost`. */
void client_tell_lost(struct client *client);

#endif
