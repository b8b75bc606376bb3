/* SPDX-License-Identifier: ISC */
/* arguments: checks and describes a command's arguments, by the rows of its table. */
#ifndef ORIEL_PROTOCOL_ARGUMENTS_H
#define ORIEL_PROTOCOL_ARGUMENTS_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cause.h"
#include "protocol/field.h"

/* Check that each key of the command (except `cmd`) is one of these, that its value fits, and that
 * no required argument is missing. Then give arguments that were left out their initial value. Does
 * not check settings and V4L2 controls: they have their own tables. -1 with the protocol's error in
 * *why. */
int arguments_check(const struct field *arguments, json_t *command, struct cause *why);

/* The value of a checked integer, or `otherwise` when it was not given. */
int64_t argument_integer(const json_t *command, const char *name, int64_t otherwise);

/* "before, limit", for people: a new reference to a string. */
json_t *arguments_names(const struct field *arguments);

/* [{"name", "type", "help", "optional", …}, …], for programs: a new reference. */
json_t *arguments_describe(const struct field *arguments);

#endif
