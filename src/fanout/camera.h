/* SPDX-License-Identifier: ISC */
/* camera: one orield as the worker sees it: its control connection, its ring, the newest frame, and
 * why there is none.
 *
 * While the daemon is away everything here goes on and says so, and reconnects by itself. The
 * bell (an eventfd that counts frames) is watched only while somebody wants frames: otherwise
 * the worker sleeps. */
#ifndef ORIEL_FANOUT_CAMERA_H
#define ORIEL_FANOUT_CAMERA_H

#include <event2/event.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cause.h"
#include "client/client.h"
#include "fanout/frame_buf.h"
#include "protocol/reasons.h"

enum { CAMERA_SETTLE_MS = 300 }; /* how long we wait for a new camera's first answers */

struct camera;

/* Callbacks for those who called camera_watch(). From the loop. Any may be NULL. */
struct camera_hooks {
	void (*frame)(void *arg); /* there is a newer frame; while frames are wanted */
	/* The daemon or the camera has gone or come back, or the reason has changed. */
	void (*changed)(void *arg);
	/* An event line of orield: its name, its number (0: none) and its data. */
	void (*news)(void *arg, const char *name, uint64_t id, const json_t *data);
	/* Subscribed. `last`: number of the newest event. `gap`: events since the last that we
	 * know are lost. */
	void (*subscribed)(void *arg, uint64_t last, bool gap);
};

/* Begins to connect to run_dir/name/control.sock. `budget` (borrowed): the memory that frames
 * may take. NULL: out of memory. */
struct camera *camera_new(struct event_base *base, const char *run_dir, const char *name,
    struct frame_buf_budget *budget);
void camera_free(struct camera **camera);

const char *camera_name(const struct camera *camera);

/* At most four, for the camera's life. */
void camera_watch(struct camera *camera, const struct camera_hooks *hooks, void *arg);

/* Is it too early to say that there is no daemon? */
bool camera_settling(const struct camera *camera);
bool camera_connected(const struct camera *camera); /* and subscribed */

/* Count those who want `frame` calls. */
void camera_want_frames(struct camera *camera, int difference);

/* The newest frame that is not stale. NULL with *why (reason_no_daemon, reason_no_frame or the
 * camera's own) when there is none. */
struct frame_buf *camera_look(struct camera *camera, struct cause *why);

/* Do frames take so much memory that slow viewers should take turns? */
bool camera_memory_is_scarce(const struct camera *camera);

/* Has orield said that the camera is gone? *why is its reason then. */
bool camera_is_offline(const struct camera *camera, struct cause *why);

/* The size of the last frame, or a usual one if there was none. */
void camera_size(const struct camera *camera, uint32_t *width, uint32_t *height);

/* Data of the newest `state` event, borrowed; NULL before the first. */
const json_t *camera_state(const struct camera *camera);

/* Do we want the camera's once-a-second `pulse`? */
void camera_want_pulse(struct camera *camera, bool wanted);

/* Where a subscription goes on after an outage; set by the keeper of the events. */
void camera_set_last_event(struct camera *camera, uint64_t id);

enum camera_viewers { CAMERA_STREAMS, CAMERA_EVENTS, CAMERA_VIEWER_KINDS };
void camera_count(struct camera *camera, enum camera_viewers kind, int difference);

/* Send one command (taken over) for somebody with that role, as client_way() says; `done`
 * is called exactly once, from the loop. The token is for camera_forget(); 0: out of memory,
 * and `done` is not called. */
unsigned long camera_ask(
    struct camera *camera, enum role role, json_t *command, client_done *done, void *arg);
void camera_forget(struct camera *camera, unsigned long token);

#endif
