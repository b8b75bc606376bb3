/* SPDX-License-Identifier: ISC */
/* clock: the wall clock for people, the monotonic one for measuring. */
#ifndef ORIEL_BASE_CLOCK_H
#define ORIEL_BASE_CLOCK_H

#include <stdint.h>
#include <sys/types.h>

/* Times after 2038 and files over 2 GB work (-D_TIME_BITS=64 -D_FILE_OFFSET_BITS=64 everywhere). */
_Static_assert(sizeof(time_t) == 8 && sizeof(off_t) == 8, "times and files have 64 bits");

#define CLOCK_MS UINT64_C(1000000) /* nanoseconds */
#define CLOCK_S UINT64_C(1000000000)

double clock_seconds(uint64_t ns); /* for people: whole milliseconds */

uint64_t clock_wall_ns(void); /* CLOCK_REALTIME; jumps when somebody sets it */
uint64_t clock_mono_ns(void); /* CLOCK_MONOTONIC; comparable between processes of one boot */

/* Read the local time zone, for good. Call it before there are threads: a confined program may
 * not read the zone later, and the C library would go on in UTC. */
void clock_fix_zone(void);

#endif
