/* SPDX-License-Identifier: ISC */
/* json: strict reading of what strangers send, with jansson. */
#ifndef ORIEL_BASE_JSON_H
#define ORIEL_BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Parse `length` bytes as one JSON object: duplicate keys, NUL, trailing bytes,
 * any other value and nesting past jansson's limit are refused. A new
 * reference, or NULL. */
json_t *json_parse_object(const char *text, size_t length);

/* One line without spaces, as it is sent; a heap string for free(3), or NULL. */
char *json_line(const json_t *value);

/* object[key] as an integer: false when missing or any other type (a string, a
 * float or a boolean is not an integer), or outside min..max. */
bool json_get_integer(
    const json_t *object, const char *key, long long min, long long max, long long *number);

/* object[key] as a string, borrowed from the object; NULL when it is none. */
const char *json_get_text(const json_t *object, const char *key);

/* A new JSON string from text that a driver, a device, a file, the system or a stranger may have
 * written: names, paths, reasons. Each byte that is not UTF-8 becomes '?'; json_string(3) and
 * json_pack(3)'s "s" would return NULL for the whole text. */
json_t *json_words(const char *text);

/* The choices of a table's row, "auto|v4l2|pipe": an array of strings, a new reference. */
json_t *json_choices(const char *choices);

#endif
