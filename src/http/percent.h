/* SPDX-License-Identifier: ISC */
/* percent: decodes %41 in a query or a form. */
#ifndef ORIEL_HTTP_PERCENT_H
#define ORIEL_HTTP_PERCENT_H

/* The next byte of `*at` (before `end`), which moves on. -1: a broken escape. */
int percent_decode(const char **at, const char *end);

#endif
