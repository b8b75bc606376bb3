/* SPDX-License-Identifier: ISC */
#include "source/stamp.h"

#include <stddef.h>

#define FUTURE_NS UINT64_C(100000000) /* rounding errors and clock differences are smaller */

static const char *
find_fault(
    const struct stamps *stamps, uint64_t stamp, bool monotonic, uint64_t empty, uint64_t now)
{
	if (!monotonic)
		return "are on another clock";
	if (stamp > now + FUTURE_NS)
		return "are from the future";
	if (stamp == stamps->newest_ns)
		return "stand still";
	if (stamp < stamps->newest_ns)
		return "run backwards";
	if (empty > stamp && empty - stamp > STAMP_LATE_NS)
		return "are late";
	return NULL;
}

uint64_t
stamp_believe(struct stamps *stamps, uint64_t stamp, bool monotonic, uint64_t empty, uint64_t now,
    const char **complaint)
{
	*complaint = stamps->useless ? NULL : find_fault(stamps, stamp, monotonic, empty, now);
	if (*complaint != NULL)
		stamps->useless = true;
	stamps->newest_ns = stamp;
	return stamps->useless || stamp > now ? now : stamp;
}
