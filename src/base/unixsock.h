/* SPDX-License-Identifier: ISC */
/* unixsock: Unix stream sockets, the only kind we speak. All descriptors made
 * here are close-on-exec and non-blocking. */
#ifndef ORIEL_BASE_UNIXSOCK_H
#define ORIEL_BASE_UNIXSOCK_H

#include <stdbool.h>

#include "base/cause.h"

/* Listen at `path` with mode 0660 and the kernel's longest backlog (a full one makes nginx
 * answer 502 at once). A stale socket file is replaced. One that somebody still answers on is
 * left alone and is an error. If systemd handed one listening socket over (LISTEN_FDS,
 * sd_listen_fds(3)), that one is taken and *inherited set: then systemd owns the file. Returns
 * the descriptor or -1. */
int unixsock_listen(const char *path, bool *inherited, struct cause *why);

/* Begin to connect; -1 with errno when nobody listens. */
int unixsock_connect(const char *path);

#endif
