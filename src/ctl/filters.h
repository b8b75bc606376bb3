/* SPDX-License-Identifier: ISC */
/* filters: a command's arguments as options of orielctl: --limit=5, for some also -n 5. */
#ifndef ORIEL_CTL_FILTERS_H
#define ORIEL_CTL_FILTERS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "protocol/commands.h"

/* The command `id` with the arguments in argv[1..]: a new reference, or NULL when one of them is
 * invalid. orield checks their ranges. `flag`, an option without a value that is no argument
 * ("follow", also -f), sets *set; NULL: there is none. */
json_t *filters_read(enum command_id id, const char *flag, bool *set, int argc, char **argv);

/* "[-n LIMIT] [-b BEFORE]", for --help; cut at `size`. */
void filters_usage(enum command_id id, char *text, size_t size);

#endif
