/* SPDX-License-Identifier: ISC */
/* listener: accepts the connections of a listening socket, a few at a time, so that the loop can
 * also do its other work. While accept(2) fails (no descriptors, no memory) it pauses: a socket
 * that stays readable would wake the loop for ever. */
#ifndef ORIEL_LOOP_LISTENER_H
#define ORIEL_LOOP_LISTENER_H

#include <event2/event.h>
#include <stdint.h>

struct listener;

struct listener_setup {
	int fd;		   /* listening and non-blocking; stays the caller's */
	unsigned turn;	   /* connections in one go */
	uint64_t pause_ns; /* after a failure */
	/* A connection, non-blocking and close-on-exec. The callee owns it, even when it returns
	 * -1 with errno, which counts like a failure of accept(2). It may call listener_stop(). */
	int (*accepted)(void *arg, int fd);
	/* Called at the first failure since the last good connection; `error` is an errno. */
	void (*failed)(void *arg, int error);
	void *arg;
};

/* Accepts from now on. `setup` is copied. NULL when out of memory. */
struct listener *listener_new(struct event_base *base, const struct listener_setup *setup);

/* Clears *listener; nothing happens when it is NULL. */
void listener_free(struct listener **listener);

/* Accept no more until listener_start(); connections wait in the backlog. Both may be called at
 * any time, and repeatedly. A pause after a failure is not cut short. */
void listener_stop(struct listener *listener);
void listener_start(struct listener *listener);

#endif
