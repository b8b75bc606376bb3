/* SPDX-License-Identifier: ISC */
/* camera: one camera as this worker knows it: the connection to its orield, shared by all
 * sessions, and how many sessions there are. */
#ifndef ORIEL_WS_CAMERA_H
#define ORIEL_WS_CAMERA_H

#include <event2/event.h>
#include <sys/queue.h>

#include "client/cameras.h"
#include "client/client.h"
#include "protocol/camera_name.h"

/* How long the connection is kept without sessions: their last commands are still under way, and
 * a page is often loaded again. */
enum { CAMERA_KEEP_SECONDS = 3 };

struct camera {
	LIST_ENTRY(camera) next;
	char name[CAMERA_NAME_MAX + 1];
	struct client *client; /* NULL while nobody needs it */
	struct event *idle;
	unsigned sessions;
	unsigned told; /* the number that orield knows */
	bool telling;
};

/* Every camera that was ever asked for; owned by the caller. */
struct camera_set {
	struct event_base *base;
	const char *run_dir, *configured; /* options: run_dir, default_camera */
	LIST_HEAD(camera_list, camera) cameras;
};

/* One more session for the camera `name`; "" is the default one. NULL with errno: ENOENT when
 * there is no such camera (`there` has the existing names), otherwise out of memory. */
struct camera *camera_join(struct camera_set *set, const char *name, struct cameras *there);
void camera_leave(struct camera *camera);

void camera_set_deinit(struct camera_set *set);

#endif
