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

/* For `camera` (borrowed), which it watches. `waits`: the places of those who wait, of the whole
 * process. NULL: out of memory. */
struct snapshots *snapshots_new(
    struct event_base *base, struct camera *camera, struct admission *waits);
void snapshots_free(struct snapshots **snapshots); /* after the waiting have gone */

void snapshot_get(struct snapshots *snapshots, struct conn *conn, const struct request *request);

/* Answer all that wait with what there is. */
void snapshots_end(struct snapshots *snapshots);

/* A frame's name: generation and sequence. */
struct snapshot_tag {
	uint64_t generation, sequence;
};

/* "GENERATION-SEQUENCE", with or without double quotes; false when it is none. */
bool snapshot_tag_parse(const char *text, struct snapshot_tag *tag);

/* Does If-None-Match name this frame? Weak comparison, lists and "*": RFC 9110, 13.1.2. */
bool snapshot_tag_matches(const char *if_none_match, const struct snapshot_tag *tag);

#endif
