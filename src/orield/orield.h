/* SPDX-License-Identifier: ISC */
/* orield: makes the daemon's parts, connects them, and takes the reports from the camera. All of it
 * runs in the loop's thread; capture and store worker have threads of their own behind their
 * headers. The parts do not know orield, only what they were given. Only main and the commands use
 * it. */
#ifndef ORIEL_ORIELD_ORIELD_H
#define ORIEL_ORIELD_ORIELD_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/options.h"
#include "base/queue.h"
#include "capture/capture.h"
#include "orield/armed.h"
#include "orield/camera_controls.h"
#include "orield/control_server.h"
#include "orield/idempotency.h"
#include "orield/publisher.h"
#include "orield/status.h"
#include "orield/store_worker.h"

enum { ORIELD_PATH_SIZE = 600 };

/* The newest beginning of motion that was sent to subscribers. */
struct motion_told {
	bool open;	   /* its end was not sent yet */
	bool stored;	   /* the store got it */
	uint64_t begun_ns; /* CLOCK_REALTIME */
};

struct orield {
	struct options *options; /* borrowed */
	struct event_base *base;
	struct queue *reports;	 /* from the capture thread */
	struct capture *capture; /* NULL once stopped: see orield_capture_status */
	struct capture_status last;
	struct store_worker *store_worker;
	struct control_server *control;
	struct publisher *publisher;
	struct armed *armed;
	struct camera_controls *controls;
	struct idempotency *idempotency;
	json_t *stored_controls; /* {NAME: value}, of the camera; set at each opening */

	char folder[ORIELD_PATH_SIZE]; /* of this camera's state */
	char socket[ORIELD_PATH_SIZE];
	uint64_t started_ns;	/* CLOCK_MONOTONIC */
	uint64_t frames_before; /* frame_count in the store at the start */
	int64_t seen;		/* the newest event that has been acknowledged */
	uint64_t triggers;	/* trigger_count, from the newest answer of the store */
	struct motion_told motion;
	bool opened; /* the store was read, or failed with a reason */
	bool ready_said;
	bool hangs; /* the driver hangs, and that was sent */
	bool stopping;
	unsigned counts;     /* how often the counters were stored */
	uint64_t turns_seen; /* turns of the capture loop that the watchdog last saw */

	struct event *reported, *counting, *watchdog, *terminate, *interrupt;
};

/* Start all parts for the camera that the options name (a valid name). The hooks answer commands;
 * their `arg` is the orield. NULL with *why. */
struct orield *orield_new(
    struct options *options, const struct peer_hooks *commands, struct cause *why);

/* Run the loop until SIGTERM or SIGINT. */
void orield_run(struct orield *orield);

/* Stop the camera, store the counters, answer the commands that wait, remove the
 * socket. Callable from any state; clears *orield. */
void orield_free(struct orield **orield);

/* Settings have changed: give them to the parts that use them. */
void orield_tune(struct orield *orield);
void orield_capture_status(const struct orield *orield, struct capture_status *status);

/* Store a numbered event, then send it to subscribers; steals `data`. If it cannot be stored, it is
 * sent without a number. `wall_ns`: its time, as in data's "ts". */
void orield_add_event(struct orield *orield, enum event_id type, json_t *data, uint64_t wall_ns);

/* The values for status_json() and the functions like it. */
void orield_values(const struct orield *orield, struct status_values *values);

#endif
