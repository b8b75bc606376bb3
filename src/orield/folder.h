/* SPDX-License-Identifier: ISC */
/* folder: a camera's own folders, and who may use them. */
#ifndef ORIEL_ORIELD_FOLDER_H
#define ORIEL_ORIELD_FOLDER_H

#include "base/cause.h"

/* Make `path` and its parent folder, mode 0750, and sync them. -1 with *why. */
int folder_make(const char *path, struct cause *why);

/* Lock the folder against a second orield for as long as the descriptor is open
 * (flock(2), which works on a read-only file system too). -1 with *why; errno is
 * EWOULDBLOCK when another process has it. */
int folder_lock(const char *path, struct cause *why);

#endif
