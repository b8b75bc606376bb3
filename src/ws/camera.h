/* SPDX-License-Identifier: ISC */
/* camera: what this worker knows of one camera: its connection to that orield,
 * shared by all sessions, and how many they are. */
#ifndef ORIEL_WS_CAMERA_H
#define ORIEL_WS_CAMERA_H

#include <event2/event.h>
#include <sys/queue.h>

#include "client/cameras.h"
#include "client/client.h"
#include "protocol/camera_name.h"

/* Without sessions the connection is kept for so long: their last commands are
 * still on their way, and a page is often loaded again. */
enum { CAMERA_KEEP_SECONDS = 3 };

struct camera {
	LIST_ENTRY(camera) next;
	char name[CAMERA_NAME_MAX + 1];
	struct client *client; /* NULL while nobody needs it */
	struct event *idle;
	unsigned sessions;
	unsigned told; /* how many orield knows of */
	bool telling;
};

/* Every camera that was ever asked for; owned by the caller. */
struct camera_set {
	struct event_base *base;
	const char *run_dir, *configured; /* options: run_dir, default_camera */
	LIST_HEAD(camera_list, camera) cameras;
};

/* One more session for the camera `name`, "" being the default one. NULL with
 * errno: ENOENT when there is no such camera (`there` are those that can be
 * named), else out of memory. */
struct camera *camera_join(struct camera_set *set, const char *name, struct cameras *there);
void camera_leave(struct camera *camera);

void camera_set_deinit(struct camera_set *set);

#endif
