/* SPDX-License-Identifier: ISC */
/* control_server: accepts connections on the control socket and keeps their list. */
#ifndef ORIEL_ORIELD_CONTROL_SERVER_H
#define ORIEL_ORIELD_CONTROL_SERVER_H

#include "base/cause.h"
#include "orield/peer.h"

struct control_server;

enum { CONTROL_SERVER_PEERS_MAX = 256 };

/* Serve the socket `path` (mode 0660), or the one that systemd gave us. `path` NULL: no
 * socket, only control_server_adopt. The hooks and `arg` go to each peer. NULL with
 * *why. */
struct control_server *control_server_new(struct event_base *base, const char *path,
    const struct peer_hooks *hooks, void *arg, struct cause *why);

/* Closes all connections and removes the socket. Clears *control. */
void control_server_free(struct control_server **control);

/* Serve a connection made elsewhere (takes fd over). */
void control_server_adopt(struct control_server *control, int fd);

/* for (peer = control_server_first(c); peer != NULL; peer = control_server_next(peer)) */
struct peer *control_server_first(const struct control_server *control);
struct peer *control_server_next(const struct peer *peer);

/* The viewers of each kind, of all peers together. */
void control_server_viewers(const struct control_server *control, unsigned viewers[PEER_KINDS]);

#endif
