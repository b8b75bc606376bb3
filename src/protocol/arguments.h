/* SPDX-License-Identifier: ISC */
/* arguments: what a command carries, by the rows of its table. */
#ifndef ORIEL_PROTOCOL_ARGUMENTS_H
#define ORIEL_PROTOCOL_ARGUMENTS_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cause.h"
#include "protocol/field.h"

/* Is each key of the command, `cmd` apart, one of these, does it fit, and is there all that must
 * be? Then those that are left out get their initial value. Settings and V4L2 controls have
 * tables of their own: they are not looked at. -1 with the protocol's error in *why. */
int arguments_check(const struct field *arguments, json_t *command, struct cause *why);

/* A checked integer, or `otherwise` when it was not given. */
int64_t argument_integer(const json_t *command, const char *name, int64_t otherwise);

/* "before, limit", for people: a new reference to a string. */
json_t *arguments_names(const struct field *arguments);

/* [{"name", "type", "help", "optional", …}, …], for programs: a new reference. */
json_t *arguments_describe(const struct field *arguments);

#endif
