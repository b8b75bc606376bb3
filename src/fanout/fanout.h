/* SPDX-License-Identifier: ISC */
/* fanout: one camera and all who look at it: its streams, snapshots and events. */
#ifndef ORIEL_FANOUT_FANOUT_H
#define ORIEL_FANOUT_FANOUT_H

#include "fanout/camera.h"
#include "fanout/events.h"
#include "fanout/snapshot.h"
#include "fanout/stream.h"

struct fanout {
	struct camera *camera;
	struct streams *streams;
	struct snapshots *snapshots;
	struct events *events;
};

/* For camera `name` in `run_dir`. `budget` (the memory for its frames) and `waits` (the places
 * of waiting snapshots) are borrowed, and shared by all cameras. NULL: out of memory. */
struct fanout *fanout_new(struct event_base *base, const char *run_dir, const char *name,
    struct frame_buf_budget *budget, struct admission *waits);
void fanout_free(struct fanout **fanout); /* after all viewers have gone */

/* End all streams, and answer all who wait. */
void fanout_end(struct fanout *fanout);

#endif
