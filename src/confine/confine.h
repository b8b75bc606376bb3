/* SPDX-License-Identifier: ISC */
/* confine: a daemon gives up what it has no use for: new privileges
 * (PR_SET_NO_NEW_PRIVS), files elsewhere (Landlock), system calls that it never
 * makes (seccomp).
 *
 * It binds the calling thread and all that this one starts later, for good. So:
 * after what needs more (options, sockets, folders), before there are threads and
 * before anything hostile is read. A second call only takes more away. What the
 * kernel lacks is said in the log, and the program runs all the same. */
#ifndef ORIEL_CONFINE_CONFINE_H
#define ORIEL_CONFINE_CONFINE_H

#include <stddef.h>

/* What may be done below a folder, or with a file. */
enum {
	CONFINE_READ = 1,     /* read files, list folders */
	CONFINE_WRITE = 2,    /* write to files that are there */
	CONFINE_MAKE = 4,     /* make, rename and remove files; make folders */
	CONFINE_SOCKETS = 8,  /* make and remove sockets */
	CONFINE_DEVICES = 16, /* ioctl(2) on devices */
	CONFINE_AROUND = 32,  /* …in the folder that holds it: the thing itself may be replaced */
};

struct confine_path {
	const char *path; /* "" = none; not there yet: the nearest folder above that is */
	unsigned may;
};

/* What may be asked of the kernel beside what every program of ours needs. */
enum {
	CONFINE_THREADS = 1,
	CONFINE_STORE = 2,	/* files that are written: SQLite, pictures */
	CONFINE_WATCH = 4,	/* inotify */
	CONFINE_CAMERA = 8,	/* V4L2's ioctls, shared memory for frames */
	CONFINE_LISTEN = 16,	/* sockets that are bound later */
	CONFINE_PROCESSES = 32, /* fork, wait, kill; a further confine() in the child */
};

/* `calls`: some of the second list. `paths` NULL: no files are taken away. */
void confine(unsigned calls, const struct confine_path *paths, size_t count);

#endif
