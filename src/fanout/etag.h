/* SPDX-License-Identifier: ISC */
/* etag: the name of one frame in HTTP: generation and sequence of the ring. */
#ifndef ORIEL_FANOUT_ETAG_H
#define ORIEL_FANOUT_ETAG_H

#include <stdbool.h>
#include <stdint.h>

struct etag {
	uint64_t generation, sequence;
};

/* "GENERATION-SEQUENCE", with or without double quotes; false when it is none. */
bool etag_parse(const char *text, struct etag *etag);

/* Does If-None-Match name this frame? Weak comparison, lists and "*": RFC 9110, 13.1.2. */
bool etag_matches(const char *if_none_match, const struct etag *etag);

#endif
