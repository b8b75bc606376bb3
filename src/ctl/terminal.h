/* SPDX-License-Identifier: ISC */
/* terminal: reads a password, from a person without echo, or from a script's pipe. */
#ifndef ORIEL_CTL_TERMINAL_H
#define ORIEL_CTL_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cause.h"

/* A line from standard input, without its newline. At a terminal it is asked for with `prompt`,
 * without echo, and twice if `twice`. -1 with *why: none, too long for `size`, or cancelled. */
int terminal_password(const char *prompt, bool twice, char *line, size_t size, struct cause *why);

#endif
