/* SPDX-License-Identifier: ISC */
/* call: a connection to an orield for a program that may wait: ask, get the
 * answer. Blocks, with a limit. */
#ifndef ORIEL_CTL_CALL_H
#define ORIEL_CTL_CALL_H

#include <jansson.h>
#include <stddef.h>

#include "base/cause.h"
#include "base/vocabulary.h"

enum { CALL_SECONDS = 10, CALL_FDS = 2 };

struct call {
	int fd;
	int fds[CALL_FDS]; /* came with the last reply, -1 where none; ours to close */
	size_t used;
	char buffer[LINE_MAX_SIZE];
};

/* -1 with errno: ENOENT or ECONNREFUSED when no orield is there. */
int call_open(struct call *call, const char *path);
void call_close(struct call *call); /* also one that was never opened, or failed to be */

/* Send one command and wait for its reply. Takes the reference to `command`.
 * Events that come in between are dropped. NULL with *why: no orield any more. */
json_t *call_ask(struct call *call, json_t *command, struct cause *why);

/* The next line, whatever it is, waiting for at most `seconds`, -1 = for ever.
 * NULL with *why. */
json_t *call_line(struct call *call, int seconds, struct cause *why);

#endif
