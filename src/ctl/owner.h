/* SPDX-License-Identifier: ISC */
/* owner: root works on a daemon's files as that daemon's user. So no files of root are left
 * there, and no link planted there can mislead root. */
#ifndef ORIEL_CTL_OWNER_H
#define ORIEL_CTL_OWNER_H

#include "base/cause.h"

/* As root, become the owner of `folder`, for good; otherwise do nothing. -1 with *why. */
int owner_become(const char *folder, struct cause *why);

#endif
