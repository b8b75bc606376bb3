/* SPDX-License-Identifier: ISC */
/* control_client: a connection to an orield for a program that may block: send a command, get
 * the answer. Every wait is limited. */
#ifndef ORIEL_CLIENT_CONTROL_CLIENT_H
#define ORIEL_CLIENT_CONTROL_CLIENT_H

#include <jansson.h>
#include <stddef.h>

#include "base/cause.h"
#include "lines/lines.h"

enum { CONTROL_CLIENT_SECONDS = 10 };

struct control_client {
	struct lines *lines; /* NULL while it is not open */
	int fds[LINES_FDS];  /* the last ones received with a line, -1 where none; ours to close */
};

/* -1 with errno: ENOENT or ECONNREFUSED when no orield is there. */
int control_client_open(struct control_client *call, const char *path);
void control_client_close(
    struct control_client *call); /* also for one that was never opened, or failed to open */

/* Send one command and wait for its reply. Takes the reference to `command`.
 * Events that come in between are dropped. NULL with *why: no orield any more. */
json_t *control_client_ask(struct control_client *call, json_t *command, struct cause *why);

/* The first descriptor that came with the last reply, -1 when none did: the caller's now. */
int control_client_take_fd(struct control_client *call);

/* The next line, whatever it is, waiting for at most `seconds`, -1 = for ever.
 * NULL with *why. */
json_t *control_client_line(struct control_client *call, int seconds, struct cause *why);

#endif
