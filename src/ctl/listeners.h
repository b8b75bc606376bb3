/* SPDX-License-Identifier: ISC */
/* listeners: the listening TCP sockets of a running nginx, and how many bytes each
 * connection that comes in by them may hold that have not been sent yet.
 *
 * TCP_NOTSENT_LOWAT (tcp(7), Linux 3.12) bounds what waits in the kernel for the network,
 * not what is on its way: a far viewer gets the line's whole rate, a slow one few old
 * pictures. Accepted sockets inherit it. nginx sets it for no listener, and the
 * sysctl of that name is host-wide: so it is set from outside, on duplicates of nginx's own
 * descriptors (pidfd_getfd(2), Linux 5.6; for root, or nginx's own user). They keep it
 * when nginx reloads; a `listen` line that is new then has a new socket without it. */
#ifndef ORIEL_CTL_LISTENERS_H
#define ORIEL_CTL_LISTENERS_H

#include <sys/types.h>

#include "base/cause.h"

struct listeners {
	unsigned count;	  /* listening TCP sockets, IPv4 and IPv6 */
	unsigned bounded; /* of these, those with the option */
};

/* Set it on all that `pid` has, 0 < bytes; or with 0 only look. -1 with *why and errno. */
int listeners_visit(struct listeners *listeners, pid_t pid, unsigned bytes, struct cause *why);

/* The number in nginx's `pid` file; -1 with *why and errno. */
pid_t listeners_pid(const char *file, struct cause *why);

#endif
