/* SPDX-License-Identifier: ISC */
/* json_schema: rows of fields and settings as JSON Schema (draft 2020-12), which OpenAPI 3.1
 * uses for bodies too. All return new references. */
#ifndef ORIEL_SCHEMA_JSON_SCHEMA_H
#define ORIEL_SCHEMA_JSON_SCHEMA_H

#include <jansson.h>

#include "base/options.h"
#include "protocol/field.h"

/* An object with these fields. Others are allowed: later versions may have more. */
json_t *json_schema_object(const struct field *fields);

/* The value of one field. */
json_t *json_schema_field(const struct field *field);

/* The value of one setting. */
json_t *json_schema_setting(const struct option_row *row);

/* {"type": "string", "enum": ["a", "b", "c"]} of "a|b|c". */
json_t *json_schema_choices(const char *choices);

/* A list of these items; takes the reference. */
json_t *json_schema_list(json_t *items);

#endif
