/* SPDX-License-Identifier: ISC */
/* interval: a start and an end, as people write them. */
#ifndef ORIEL_EXPORT_INTERVAL_H
#define ORIEL_EXPORT_INTERVAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/cause.h"

struct interval {     /* seconds since 1970 */
	int64_t from; /* 0: from the beginning */
	int64_t to;   /* the first second after it */
};

enum { INTERVAL_NAME_SIZE = 48 };

/* Both are seconds since 1970, or 2026-11-29, 2026-11-29T06:30 or 2026-11-29T06:30:15 in local time
 * (with a Z at the end: in UTC). If `to` is only a day, the whole day is in it. "" or NULL: from
 * the beginning, or until `now`, with this second. -1 with *why, which names the wrong one. */
int interval_parse(
    struct interval *interval, const char *from, const char *to, int64_t now, struct cause *why);

/* "2026-11-28-2026-11-29_063000", in local time, for a file's name. */
void interval_name(const struct interval *interval, char name[INTERVAL_NAME_SIZE]);

#endif
