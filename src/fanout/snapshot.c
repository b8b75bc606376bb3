/* SPDX-License-Identifier: ISC */
#include "fanout/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "fanout/deferred.h"
#include "fanout/picture.h"
#include "http/query.h"
#include "http/reply.h"
#include "loop/timer.h"
#include "protocol/reasons.h"

/* What the browser wants. */
struct wish {
	bool after_given;
	struct etag after;
	uint64_t wait_ms, max_age_ms; /* max_age_ms UINT64_MAX: any */
};

struct waiter {
	struct deferred deferred; /* first */
	TAILQ_ENTRY(waiter) next;
	struct snapshots *snapshots;
	struct event *timer;
	struct wish wish;
};

struct snapshots {
	struct event_base *base;
	struct camera *camera;
	TAILQ_HEAD(, waiter) waiters;
	struct admission *waits;
	struct picture_said said;
};

/* ---- deciding -------------------------------------------------------- */

/* Another generation is newer: there is a new ring. */
static bool
wish_is_newer(const struct wish *wish, const struct frame_buf *buf)
{
	return !wish->after_given || buf->generation != wish->after.generation ||
	    buf->info.sequence > wish->after.sequence;
}

static bool
wish_is_young(const struct wish *wish, const struct frame_buf *buf)
{
	uint64_t now = clock_mono_ns();

	return wish->max_age_ms == UINT64_MAX || now <= buf->info.mono_ns ||
	    now - buf->info.mono_ns <= wish->max_age_ms * CLOCK_MS;
}

/* Answer if possible. False: waiting may bring a better answer. `last`: there is no more time. */
static bool
snapshot_try(struct snapshots *snapshots, struct conn *conn, const struct wish *wish, bool last)
{
	struct cause why;
	struct frame_buf *buf = camera_look(snapshots->camera, &why);
	struct reply_head head;

	if (buf != NULL && wish_is_newer(wish, buf) && wish_is_young(wish, buf)) {
		picture_send(&snapshots->said, conn, buf);
		return true;
	}
	if (!last &&
	    (buf != NULL || camera_settling(snapshots->camera) || why.reason == &reason_no_frame))
		return false;
	if (buf == NULL)
		reply_error_why(conn, 503, &why);
	else if (wish_is_newer(wish, buf))
		reply_error(conn, 503, &reason_no_young_frame);
	else {
		reply_begin(&head, conn, 204);
		picture_add_etag(&head, buf);
		reply_send(conn, &head, NULL, 0);
	}
	return true;
}

/* ---- waiting --------------------------------------------------------- */

static void
waiter_drop(struct deferred *deferred)
{
	struct waiter *waiter = (struct waiter *)deferred;

	TAILQ_REMOVE(&waiter->snapshots->waiters, waiter, next);
	camera_want_frames(waiter->snapshots->camera, -1);
	if (waiter->timer != NULL)
		event_free(waiter->timer);
}

/* False when it has been answered and is gone. */
static bool
waiter_try(struct waiter *waiter, bool last)
{
	if (!snapshot_try(waiter->snapshots, waiter->deferred.conn, &waiter->wish, last))
		return true;
	deferred_free(&waiter->deferred);
	return false;
}

static void
waiter_timeout(evutil_socket_t unused, short what, void *arg)
{
	(void)unused, (void)what;
	waiter_try(arg, true);
}

static void
snapshots_hook(void *arg)
{
	struct snapshots *snapshots = arg;
	struct waiter *waiter, *next;

	for (waiter = TAILQ_FIRST(&snapshots->waiters); waiter != NULL; waiter = next) {
		next = TAILQ_NEXT(waiter, next);
		waiter_try(waiter, false);
	}
}

static void
snapshot_wait(struct snapshots *snapshots, struct conn *conn, const struct request *request,
    const struct wish *wish, uint64_t ms)
{
	struct waiter *waiter = deferred_new(
	    sizeof *waiter, waiter_drop, conn, request, snapshots->waits);

	if (waiter == NULL)
		return;
	waiter->snapshots = snapshots;
	waiter->wish = *wish;
	TAILQ_INSERT_TAIL(&snapshots->waiters, waiter, next);
	camera_want_frames(snapshots->camera, 1);
	waiter->timer = evtimer_new(snapshots->base, waiter_timeout, waiter);
	if (timer_start(waiter->timer, ms * CLOCK_MS) == -1)
		waiter_try(waiter, true);
}

static const struct camera_hooks snapshot_hooks = { .frame = snapshots_hook,
	.changed = snapshots_hook };

/* ---- for the site ---------------------------------------------------- */

struct snapshots *
snapshots_new(struct event_base *base, struct camera *camera, struct admission *waits)
{
	struct snapshots *snapshots = calloc(1, sizeof *snapshots);

	if (snapshots == NULL)
		return NULL;
	*snapshots = (struct snapshots){ .base = base, .camera = camera, .waits = waits };
	TAILQ_INIT(&snapshots->waiters);
	camera_watch(camera, &snapshot_hooks, snapshots);
	return snapshots;
}

void
snapshots_free(struct snapshots **snapshots)
{
	free(*snapshots);
	*snapshots = NULL;
}

void
snapshots_end(struct snapshots *snapshots)
{
	struct waiter *waiter;

	while ((waiter = TAILQ_FIRST(&snapshots->waiters)) != NULL)
		waiter_try(waiter, true);
}

static int
wish_parse(struct wish *wish, const char *query, struct cause *why)
{
	char after[QUERY_VALUE_SIZE];
	int found = query_text(query, "after", after, why);

	*wish = (struct wish){ .max_age_ms = UINT64_MAX };
	if (found == -1)
		return -1;
	wish->after_given = found == 1;
	if (wish->after_given && !etag_parse(after, &wish->after))
		return cause_detail(
		    why, &reason_bad_argument, "after must be an ETag: GENERATION-SEQUENCE");
	if (query_number(query, "wait", 0, SNAPSHOT_WAIT_MAX_MS, &wish->wait_ms, why) == -1)
		return -1;
	return query_number(query, "max_age", 0, 3600000, &wish->max_age_ms, why) == -1 ? -1 : 0;
}

/* Does the browser have the newest frame? Then 304. */
static bool
snapshot_unchanged(struct snapshots *snapshots, struct conn *conn, const struct wish *wish,
    const char *if_none_match)
{
	struct frame_buf *buf = camera_look(snapshots->camera, NULL);
	struct reply_head head;

	if (buf == NULL || !wish_is_young(wish, buf) ||
	    !etag_matches(if_none_match, &(struct etag){ buf->generation, buf->info.sequence }))
		return false;
	reply_begin(&head, conn, 304);
	picture_add_etag(&head, buf);
	reply_send(conn, &head, NULL, 0);
	return true;
}

void
snapshot_get(struct snapshots *snapshots, struct conn *conn, const struct request *request)
{
	struct cause why;
	struct wish wish;
	uint64_t wait;

	if (wish_parse(&wish, request->query, &why) == -1) {
		reply_error_why(conn, 400, &why);
		return;
	}
	if (!wish.after_given && request->if_none_match[0] != '\0' &&
	    snapshot_unchanged(snapshots, conn, &wish, request->if_none_match))
		return;
	wait = wish.wait_ms;
	if (wait < CAMERA_SETTLE_MS && camera_settling(snapshots->camera))
		wait = CAMERA_SETTLE_MS;
	if (!snapshot_try(snapshots, conn, &wish, wait == 0))
		snapshot_wait(snapshots, conn, request, &wish, wait);
}
