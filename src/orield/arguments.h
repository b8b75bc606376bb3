/* SPDX-License-Identifier: ISC */
/* arguments: what a command may carry, checked before its handler sees it. */
#ifndef ORIEL_ORIELD_ARGUMENTS_H
#define ORIEL_ORIELD_ARGUMENTS_H

#include <jansson.h>
#include <stdint.h>

#include "base/cause.h"

enum argument_type { ARGUMENT_INTEGER, ARGUMENT_BOOLEAN, ARGUMENT_TEXT };

struct argument { /* a row; name NULL ends the table */
	const char *name;
	enum argument_type type;
	long long min, max; /* of an integer; a text has at most max bytes */
};

/* Is each key of the command, `cmd` apart, one of the arguments, and does it fit?
 * -1 with the protocol's error in *why. */
int arguments_check(const struct argument *arguments, const json_t *command, struct cause *why);

/* A checked integer, or `otherwise` when it was not given. */
int64_t argument_integer(const json_t *command, const char *name, int64_t otherwise);

#endif
