/* SPDX-License-Identifier: ISC */
/* terminal: a password from a person, unseen, or from a script's pipe. */
#ifndef ORIEL_CTL_TERMINAL_H
#define ORIEL_CTL_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cause.h"

/* A line from standard input without its end: at a terminal after `prompt`, without
 * echo, and twice the same if `twice`. -1 with *why: none, too long for `size`, or given up. */
int terminal_password(const char *prompt, bool twice, char *line, size_t size, struct cause *why);

#endif
