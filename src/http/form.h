/* SPDX-License-Identifier: ISC */
/* form: the fields of a form (application/x-www-form-urlencoded), and the page to go to
 * afterwards. */
#ifndef ORIEL_HTTP_FORM_H
#define ORIEL_HTTP_FORM_H

#include <stdbool.h>
#include <stddef.h>

enum { NEXT_SIZE = 512, NEXT_ENCODED_SIZE = 3 * NEXT_SIZE };

/* The decoded value of `name` in `length` bytes of body; "" when it is missing. False, and "",
 * when it does not fit into `size` bytes, has a NUL in it, is broken or given twice. */
bool form_field(const char *body, size_t length, const char *name, char *value, size_t size);

/* Is `path` a page of this site, below `mount`, that may stand in Location? It never leads to
 * another site, whatever a browser makes of slashes and backslashes. */
bool form_is_local(const char *path, const char *mount);

/* Encode as the value of a query parameter (RFC 3986 section 2.3: all but the unreserved). */
void form_encode(const char *text, char encoded[NEXT_ENCODED_SIZE]);

#endif
