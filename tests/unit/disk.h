/* SPDX-License-Identifier: ISC */
/* disk: what is on the disk after a power loss. Records what this process does to one folder
 * (through tests/preload/faults.c). Then it builds, elsewhere, what a file system that promises
 * no more than fsync(2) may have kept: everything that was synced, and of the rest all, nothing,
 * or what a seed says. A file's name is kept when its folder was synced. Of the writes to one
 * file any selection may survive, and the last one in part. The order of names is kept, as file
 * systems with a journal do. After "All File Systems Are Not Created Equal" (Pillai et al., OSDI
 * 2014). */
#ifndef ORIEL_TESTS_DISK_H
#define ORIEL_TESTS_DISK_H

#include <stddef.h>

enum { DISK_ALL, DISK_SYNCED, DISK_SEED }; /* DISK_SEED + n: selection n */

void disk_watch(const char *folder); /* an empty one; from now on */
size_t disk_operations(void);	     /* recorded so far */
void disk_unwatch(void);
void disk_forget(void);

/* The state after so many operations, in `folder`, which must be empty. */
void disk_build(const char *folder, size_t operations, unsigned keep);

#endif
