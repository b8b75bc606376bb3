/* SPDX-License-Identifier: ISC */
/* control: the control socket's server: takes connections in, keeps their list. */
#ifndef ORIEL_ORIELD_CONTROL_H
#define ORIEL_ORIELD_CONTROL_H

#include "base/cause.h"
#include "orield/peer.h"

struct control;

enum { CONTROL_PEERS_MAX = 256 };

/* Serves `path` (mode 0660; systemd's socket instead, if it gave us one). The
 * hooks and `arg` go to each peer. NULL with *why; `path` NULL: no socket, only
 * control_adopt. */
struct control *control_new(struct event_base *base, const char *path,
    const struct peer_hooks *hooks, void *arg, struct cause *why);

/* Closes all connections and removes the socket. Clears *control. */
void control_free(struct control **control);

/* Serve a connection made elsewhere (takes fd over). */
void control_adopt(struct control *control, int fd);

/* for (peer = control_first(c); peer != NULL; peer = control_next(peer)) */
struct peer *control_first(const struct control *control);
struct peer *control_next(const struct peer *peer);

#endif
