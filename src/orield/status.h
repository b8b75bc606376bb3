/* SPDX-License-Identifier: ISC */
/* status: orield's answers about itself (docs/protocol.md). Each function returns a new
 * reference. */
#ifndef ORIEL_ORIELD_STATUS_H
#define ORIEL_ORIELD_STATUS_H

#include <jansson.h>

#include "base/options.h"
#include "capture/capture.h"
#include "orield/peer.h"
#include "orield/store_worker.h"

/* The daemon's values at one moment. */
struct status_values {
	const struct options *options; /* borrowed */
	struct capture_status capture;
	uint64_t frames, triggers; /* frame_count and trigger_count */
	int64_t seen;		   /* the newest event that has been acknowledged */
	uint64_t uptime_ns;
	unsigned viewers[PEER_KINDS];
	struct store_worker_status store;
	bool armed;	    /* now */
	time_t armed_until; /* when that changes; -1: never */
};

json_t *status_json(const struct status_values *now);	  /* the reply to `status` */
json_t *status_settings(const struct status_values *now); /* the reply to `get` */
json_t *status_state(const struct status_values *now);	  /* the data of a `state` line */

/* The data of a `pulse` line; `peak`: the largest change of its second. */
json_t *status_pulse(const struct status_values *now, const struct motion_verdict *peak);

/* The data of a numbered event, for the store. */
json_t *status_motion(const struct capture_report *report);

/* The figures of a span of motion at that time, for the log. */
struct motion_figures status_span(const struct span *span, uint64_t wall_ns);
json_t *status_online(
    const struct options *options, const struct source_mode *mode, uint64_t wall_ns);
json_t *status_offline(const struct cause *reason, uint64_t wall_ns);

#endif
