/* SPDX-License-Identifier: ISC */
/* The same numbers in every run: xorshift64 (Marsaglia, Xorshift RNGs, 2003). */
#ifndef ORIEL_TESTS_RANDOM_H
#define ORIEL_TESTS_RANDOM_H

#include <stdint.h>

struct random {
	uint64_t state;
}; /* any start but 0 */

static inline uint32_t
random_below(struct random *random, uint32_t limit)
{
	random->state ^= random->state << 13;
	random->state ^= random->state >> 7;
	random->state ^= random->state << 17;
	return (uint32_t)(random->state >> 32) % limit;
}

#endif
