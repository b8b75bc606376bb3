/* SPDX-License-Identifier: ISC */
/* query: the part of a URL after the question mark, read strictly.
 *
 * Parameters that a route knows must be well-formed: a wrong number, a name given twice or a
 * broken %-escape is an error that names the parameter. Unknown names are ignored: pages add
 * ?t=123 to get round caches. */
#ifndef ORIEL_HTTP_QUERY_H
#define ORIEL_HTTP_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cause.h"

enum { QUERY_VALUE_SIZE = 128 }; /* of a decoded value, with its NUL */

/* The decoded value of `name`: 1 found, 0 not there, -1 with *why ("NAME …"). */
int query_text(
    const char *query, const char *name, char value[QUERY_VALUE_SIZE], struct cause *why);

/* The same for a plain decimal number within min..max. */
int query_number(const char *query, const char *name, uint64_t min, uint64_t max, uint64_t *number,
    struct cause *why);

/* A plain decimal: digits only, no sign, no space; false when it is none or
 * does not fit. */
bool query_decimal(const char *text, uint64_t *number);

#endif
