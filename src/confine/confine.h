/* SPDX-License-Identifier: ISC */
/* confine: a daemon gives up what it does not need: new privileges (PR_SET_NO_NEW_PRIVS), files
 * elsewhere (Landlock), system calls that it never makes (seccomp).
 *
 * It binds the calling thread, and all threads that it starts later, for good. So call it after
 * everything that needs more (options, sockets, folders), and before there are threads and
 * before anything hostile is read. A second call only takes more away. What the kernel lacks is
 * logged, and the program runs all the same. */
#ifndef ORIEL_CONFINE_CONFINE_H
#define ORIEL_CONFINE_CONFINE_H

#include <stddef.h>

/* What is allowed below a folder, or with a file. */
enum {
	CONFINE_READ = 1,     /* read files, list folders */
	CONFINE_WRITE = 2,    /* write to files that are there */
	CONFINE_MAKE = 4,     /* make, rename and remove files; make folders */
	CONFINE_SOCKETS = 8,  /* make and remove sockets */
	CONFINE_DEVICES = 16, /* ioctl(2) on devices */
	CONFINE_AROUND = 32,  /* … also in the folder that holds it: it may be replaced itself */
};

struct confine_path {
	const char *path; /* "" = none; if it does not exist: the nearest folder above that does */
	unsigned may;
};

/* Which system calls are allowed besides those that every program of ours needs. */
enum {
	CONFINE_THREADS = 1,
	CONFINE_STORE = 2,	/* files that are written: SQLite, pictures */
	CONFINE_WATCH = 4,	/* inotify */
	CONFINE_CAMERA = 8,	/* V4L2's ioctls, shared memory for frames */
	CONFINE_LISTEN = 16,	/* sockets that are bound later */
	CONFINE_PROCESSES = 32, /* fork, wait, kill; a further confine() in the child */
};

/* `calls`: some of the second list. `paths` NULL: files are not restricted. */
void confine(unsigned calls, const struct confine_path *paths, size_t count);

#endif
