/* SPDX-License-Identifier: ISC */
/* percent: what stands as %41 in a query or a form. */
#ifndef ORIEL_HTTP_PERCENT_H
#define ORIEL_HTTP_PERCENT_H

/* The next byte of `*at`, which moves on; it stands before `end`. -1: a broken escape. */
int percent_decode(const char **at, const char *end);

#endif
