/* SPDX-License-Identifier: ISC */
/* camera_internal: what the camera's files share. The connection to its orield and the watches
 * (camera.c), orield's messages (camera_news.c), the ring and its frames (camera_frames.c). */
#ifndef ORIEL_FANOUT_CAMERA_INTERNAL_H
#define ORIEL_FANOUT_CAMERA_INTERNAL_H

#include "client/client.h"
#include "fanout/camera.h"
#include "protocol/camera_name.h"

enum { WATCHES_MAX = 4 };

struct watch {
	const struct camera_hooks *hooks;
	void *arg;
};

struct camera {
	char name[CAMERA_NAME_MAX + 1];
	struct event_base *base;
	struct client *client;
	struct event *settle, *count;
	bool settling, subscribed, pulse;
	bool greeting; /* subscribe and attach are under way */
	uint64_t last_event;
	bool resume; /* last_event counts */

	struct ring_reader *ring;
	struct frame_buf_pool pool;
	struct event *bell; /* NULL while there is no ring */
	int bell_fd;
	unsigned wanting;
	uint32_t width, height;

	bool online;
	struct cause reason; /* why it is offline; empty: not known */
	json_t *state;
	unsigned viewers[CAMERA_VIEWER_KINDS];
	struct watch watches[WATCHES_MAX];
	unsigned watch_count;
};

/* Call one hook of all watches that have it. */
#define CAMERA_TELL(camera, hook, ...)                                             \
	do {                                                                       \
		for (unsigned tell_ = 0; tell_ < (camera)->watch_count; tell_++) { \
			const struct watch *watch_ = &(camera)->watches[tell_];    \
			if (watch_->hooks->hook != NULL)                           \
				watch_->hooks->hook(watch_->arg, ##__VA_ARGS__);   \
		}                                                                  \
	} while (0)

/* Send the camera's own command; steals `command`. False, and logged, when out of memory. */
bool camera_send(struct camera *camera, json_t *command, client_done *done);

/* For replies that need no action: the next command, or the end of the connection, shows any
 * failure. */
void camera_ignore(void *arg, struct client_reply *reply);

/* A new connection's first answers have come. */
void camera_settled(struct camera *camera);

/* ---- camera_news.c ---- */
extern const struct client_hooks camera_client_hooks;

/* Subscribe and attach, at once or when the connection is there. */
void camera_greet(struct camera *camera);
void camera_send_counts(struct camera *camera);

/* ---- camera_frames.c ---- */

/* The reply to `attach`: the ring and its bell. */
void camera_attached(void *arg, struct client_reply *reply);
void camera_detach(struct camera *camera);

#endif
