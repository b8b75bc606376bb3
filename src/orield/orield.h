/* SPDX-License-Identifier: ISC */
/* orield: the daemon's parts under one roof: it makes them, tells each what it needs, and takes
 * what comes from the camera. All of it belongs to the loop's thread; capture and store worker have
 * threads of their own behind their headers. Only commands.c knows of it: the parts know what they
 * were given. */
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

/* The newest beginning of motion that subscribers were told of. */
struct motion_told {
	bool open;	   /* and not of its end */
	bool stored;	   /* the store has been given it */
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
	uint64_t frames_before; /* frame_count as it was stored at the start */
	int64_t seen;		/* the newest event that has been acknowledged */
	uint64_t triggers;	/* trigger_count, as of the newest answer of the store */
	struct motion_told motion;
	bool opened; /* the store has been read, or has said why it cannot be */
	bool ready_said;
	bool hangs; /* that the driver hangs has been told */
	bool stopping;
	unsigned counts;     /* how often the counters were stored */
	uint64_t turns_seen; /* of the capture loop, by the watchdog */

	struct event *reported, *counting, *watchdog, *terminate, *interrupt;
};

/* Start everything for the camera the options name (a valid name); the hooks, which get the orield,
 * answer commands. NULL with *why. */
struct orield *orield_new(
    struct options *options, const struct peer_hooks *commands, struct cause *why);

/* Until SIGTERM or SIGINT. */
void orield_run(struct orield *orield);

/* Stop the camera, store the counters, answer who still waits, remove the
 * socket. Callable from any state; clears *orield. */
void orield_free(struct orield **orield);

/* The settings are others: hand them to those who obey them. */
void orield_tune(struct orield *orield);
void orield_capture_status(const struct orield *orield, struct capture_status *status);

/* Store a numbered event, then tell it to who listens; steals `data`. One that cannot be stored is
 * told without a number. `wall_ns`: when, as in data's "ts". */
void orield_add_event(struct orield *orield, enum event_id type, json_t *data, uint64_t wall_ns);

/* What status_json() and its like show. */
void orield_values(const struct orield *orield, struct status_values *values);

#endif
