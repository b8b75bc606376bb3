/* SPDX-License-Identifier: ISC */
/* owner: root does what it does to a daemon's files as that daemon's user: nothing
 * of root's is left behind, and no link planted there leads root elsewhere. */
#ifndef ORIEL_CTL_OWNER_H
#define ORIEL_CTL_OWNER_H

#include "base/cause.h"

/* As root: become the owner of `folder`, for good. Else nothing. -1 with *why. */
int owner_become(const char *folder, struct cause *why);

#endif
