/* SPDX-License-Identifier: ISC */
/* listeners: the listening TCP sockets of a running nginx, and how many unsent bytes each
 * connection that they accept may hold.
 *
 * TCP_NOTSENT_LOWAT (tcp(7), Linux 3.12) limits the data that waits in the kernel for the
 * network, not the data in flight. So a distant viewer gets the line's full rate, and a slow
 * viewer few old pictures. Accepted sockets inherit it. nginx cannot set it, and the sysctl of
 * that name is host-wide. So it is set from outside, on duplicates of nginx's own descriptors
 * (pidfd_getfd(2), Linux 5.6; for root, or nginx's own user). They keep it when nginx reloads,
 * but a new `listen` line then has a new socket without it. */
#ifndef ORIEL_CTL_LISTENERS_H
#define ORIEL_CTL_LISTENERS_H

#include <sys/types.h>

#include "base/cause.h"

struct listeners {
	unsigned count;	  /* listening TCP sockets, IPv4 and IPv6 */
	unsigned bounded; /* of these, those with the option */
};

/* Set it on all sockets of `pid`, 0 < bytes; with 0 only count. -1 with *why and errno. */
int listeners_visit(struct listeners *listeners, pid_t pid, unsigned bytes, struct cause *why);

/* The number in nginx's `pid` file; -1 with *why and errno. */
pid_t listeners_pid(const char *file, struct cause *why);

#endif
