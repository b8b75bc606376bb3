/* SPDX-License-Identifier: ISC */
#include "base/clock.h"

#include <stdlib.h>
#include <time.h>

static uint64_t
clock_read(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * CLOCK_S + (uint64_t)now.tv_nsec;
}

uint64_t
clock_wall_ns(void)
{
	return clock_read(CLOCK_REALTIME);
}

uint64_t
clock_mono_ns(void)
{
	return clock_read(CLOCK_MONOTONIC);
}

double
clock_seconds(uint64_t ns)
{
	uint64_t ms = ns / CLOCK_MS;

	return (double)ms / 1000;
}

void
clock_fix_zone(void)
{
	/* With TZ unset the C library looks at the file again and again. */
	setenv("TZ", ":/etc/localtime", 0);
	tzset();
}
