/* SPDX-License-Identifier: ISC */
/* faults: calls of the C library that reach the disk, ask for memory or read the
 * clock, each of which can be made to fail when it is its turn, or to take its time.
 *
 *   ORIEL_FAULTS=FILE LD_PRELOAD=…/faults.so orield …
 *
 * FILE holds a struct faults, mapped, so that a test turns its knobs while the
 * program runs (tests/site/faults.py has the same layout). Linked into a unit
 * test, the struct is the test's own. Opening counts when it may create, writing
 * when it is to a file, allocating in builds without sanitizers (which have an
 * allocator of their own). */
#ifndef ORIEL_TESTS_FAULTS_H
#define ORIEL_TESTS_FAULTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fault_call {
	FAULT_OPEN,
	FAULT_WRITE,
	FAULT_SYNC,
	FAULT_TRUNCATE,
	FAULT_RENAME,
	FAULT_UNLINK,
	FAULT_MKDIR,
	FAULT_MAP,
	FAULT_MEMFD,
	FAULT_MALLOC,
	FAULT_CALLS
};

struct faults {
	_Atomic int64_t turn[FAULT_CALLS]; /* the n-th call from now fails; 0: none */
	_Atomic int64_t made[FAULT_CALLS]; /* calls so far */
	_Atomic int64_t stays;		   /* … and all behind it as well */
	_Atomic int64_t error;		   /* errno then; 0: the process is killed instead */
	_Atomic int64_t clock_ns;	   /* added to CLOCK_REALTIME */
	_Atomic int64_t hasty;		   /* syncing succeeds at once, and does nothing */
	_Atomic int64_t
	    slow_ms[FAULT_CALLS]; /* each call takes so long first; opening: every one */
};
extern struct faults *faults;

/* What was done, for who keeps a record of it (tests/unit/disk.c). */
struct fault_seen {
	enum fault_call call;
	int fd;		       /* of open, write, sync, truncate */
	int folder;	       /* path is relative to it */
	const char *path, *to; /* of open, rename, unlink, mkdir */
	bool created;	       /* of open */
	const void *data;      /* of write */
	size_t length;
	int64_t offset; /* of write; the size, of truncate */
};
extern void (*faults_watch)(const struct fault_seen *seen);

#endif
