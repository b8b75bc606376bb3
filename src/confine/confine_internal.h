/* SPDX-License-Identifier: ISC */
/* internal: the two halves of confine. */
#ifndef ORIEL_CONFINE_CONFINE_INTERNAL_H
#define ORIEL_CONFINE_CONFINE_INTERNAL_H

#include "base/cause.h"
#include "confine/confine.h"

/* Files. The kernel's Landlock ABI (1 and up), or -1 with *why. */
int landlock_confine(const struct confine_path *paths, size_t count, struct cause *why);

/* Words for what this ABI does not cover; "" when it covers all that we ask for. */
const char *landlock_lacks(int abi);

/* System calls. The number of those that are left, or -1 with *why. */
int seccomp_confine(unsigned calls, struct cause *why);

/* The system calls of our programs, NULL at the end; `group`: 0 for everybody's, or
 * CONFINE_THREADS etc. */
const char *const *calls_of(unsigned group);

/* All groups, and what only a sanitizer's run-time needs. */
extern const unsigned calls_groups[];
enum { CALLS_SANITIZER = 1 << 16, CALLS_GROUPS = 8 };

#endif
