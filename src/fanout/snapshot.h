/* SPDX-License-Identifier: ISC */
/* snapshot: GET /snapshot.jpg, the newest frame, or the next one. */
#ifndef ORIEL_FANOUT_SNAPSHOT_H
#define ORIEL_FANOUT_SNAPSHOT_H

#include <event2/event.h>

#include "fanout/camera.h"
#include "fastcgi/conn.h"
#include "fastcgi/request.h"
#include "fanout/admission.h"

enum { SNAPSHOT_WAIT_MAX_MS = 10000 };

struct snapshots;

/* For `camera` (borrowed), which it watches. `waits`: the places for those who wait, in the
 * whole process. NULL: out of memory. */
struct snapshots *snapshots_new(
    struct event_base *base, struct camera *camera, struct admission *waits);
void snapshots_free(struct snapshots **snapshots); /* after the waiting have gone */

void snapshot_get(struct snapshots *snapshots, struct conn *conn, const struct request *request);

/* Answer all who wait with what there is. */
void snapshots_end(struct snapshots *snapshots);

#endif
