/* SPDX-License-Identifier: ISC */
/* relay: the service of oriel-ws's WebSockets. Each message is one command for the camera's
 * orield, or an error; each gets one reply, in order. */
#ifndef ORIEL_WS_RELAY_H
#define ORIEL_WS_RELAY_H

#include "base/limiter.h"
#include "grants/grant_watch.h"
#include "ws/camera.h"
#include "ws/session.h"
#include "ws/framing.h"

enum {
	RELAY_BUSY = 8, /* commands of one session under way; with so many no more is read */
	RELAY_SLOTS = RELAY_BUSY + FRAMING_BURST,
};

struct relay_world {
	struct camera_set set;
	struct grant_watch *holds; /* NULL: log-in is off */
	struct limiter limiter;	   /* of the clients */
	struct limiter commands;   /* under way, of all clients */
};

/* `world` is a struct relay_world. */
extern const struct session_service relay_service;

#endif
