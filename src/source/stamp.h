/* SPDX-License-Identifier: ISC */
/* stamp: when a picture was taken, by the driver's time stamp if it is useful. No I/O; times are
 * ns. */
#ifndef ORIEL_SOURCE_STAMP_H
#define ORIEL_SOURCE_STAMP_H

#include <stdbool.h>
#include <stdint.h>

struct stamps { /* for one opening; all zero at first */
	uint64_t newest_ns;
	bool useless;
};

/* The driver says `stamp`, on CLOCK_MONOTONIC if `monotonic`. It had nothing at `empty`, and
 * gave the picture at `now`. Returns the time to believe: the stamp, or `now` once a stamp was
 * found useless: on another clock, from the future, standing still, running backwards, or
 * STAMP_LATE_NS older than the moment when there was no picture yet. *complaint names the fault
 * once; otherwise it is NULL. */
uint64_t stamp_believe(struct stamps *stamps, uint64_t stamp, bool monotonic, uint64_t empty,
    uint64_t now, const char **complaint);

#define STAMP_LATE_NS UINT64_C(1000000000) /* exposure and transfer take less */

#endif
