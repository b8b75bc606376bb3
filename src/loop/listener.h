/* SPDX-License-Identifier: ISC */
/* listener: accepts the connections of a listening socket, a few at a time so that what else the
 * loop has to do gets its turn. While accept(2) fails (no descriptors, no memory) the backlog
 * waits: a socket that stays readable would wake the loop for ever. */
#ifndef ORIEL_LOOP_LISTENER_H
#define ORIEL_LOOP_LISTENER_H

#include <event2/event.h>
#include <stdint.h>

struct listener;

struct listener_setup {
	int fd;		   /* listening and non-blocking; stays the caller's */
	unsigned turn;	   /* connections in one go */
	uint64_t pause_ns; /* after a failure */
	/* A connection, non-blocking and close-on-exec: the callee's now, also when it answers -1
	 * with errno, which is a failure as one of accept(2) is. It may call listener_stop(). */
	int (*accepted)(void *arg, int fd);
	/* The first failure since the last connection that came in: `error` is an errno. */
	void (*failed)(void *arg, int error);
	void *arg;
};

/* Accepts from now on. `setup` is copied. NULL when out of memory. */
struct listener *listener_new(struct event_base *base, const struct listener_setup *setup);

/* Clears *listener; nothing happens when it is NULL. */
void listener_free(struct listener **listener);

/* Accept no more until listener_start(); connections wait in the backlog. Both may be called at any
 * time, however often. A pause after a failure is not cut short. */
void listener_stop(struct listener *listener);
void listener_start(struct listener *listener);

#endif
