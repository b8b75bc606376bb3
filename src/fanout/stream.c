/* SPDX-License-Identifier: ISC */
#include "fanout/stream.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "fastcgi/record.h"
#include "http/reply.h"
#include "protocol/reasons.h"
#include "jpeg/placard.h"
#include "loop/timer.h"

enum {
	TICK_MS = 1000, /* only with viewers: is it stale? send the placard again */
	SLOW_MS = 250,	/* a viewer that takes longer for a frame is slow */
};

struct viewer {
	struct frame_buf_hold hold; /* first: the frame that it is being sent */
	TAILQ_ENTRY(viewer) next;
	struct streams *streams;
	struct conn *conn;
	enum stream_type type;
	bool blocked;	   /* the peer takes no more now: viewer_writable() goes on */
	bool started;	   /* the headers are out */
	bool slow;	   /* it took long for the frame before */
	uint64_t began_ns; /* when that frame's sending began */
	size_t at;	   /* offset into the headers, then into hold.buf */
	uint64_t sequence; /* newest frame offered to it */
	unsigned fps;
	uint64_t due_ns;
	uint64_t sent, skipped; /* frames */
	void (*left)(void *arg);
	void *arg;
};
TAILQ_HEAD(viewer_list, viewer);

struct streams {
	struct camera *camera;
	struct viewer_list viewers;
	struct event *tick;
	struct frame_buf *placard;
	char reason[256]; /* what the placard says */
	bool dark;	  /* viewers see the placard */
	uint64_t shown;	  /* sequence of the newest frame offered to all */
};

/* ---- one viewer ------------------------------------------------------ */

static void
viewer_free(struct viewer *viewer)
{
	struct streams *streams = viewer->streams;

	log_debug("stream", "%s: a viewer left: %llu frames sent, %llu skipped",
	    camera_name(streams->camera), (unsigned long long)viewer->sent,
	    (unsigned long long)viewer->skipped);
	frame_buf_drop(&viewer->hold);
	TAILQ_REMOVE(&streams->viewers, viewer, next);
	camera_want_frames(streams->camera, -1);
	camera_count(streams->camera, CAMERA_STREAMS, -1);
	if (TAILQ_EMPTY(&streams->viewers))
		event_del(streams->tick);
	viewer->left(viewer->arg);
	free(viewer);
}

static void
viewer_close(struct viewer *viewer)
{
	struct conn *conn = viewer->conn;

	viewer_free(viewer);
	conn_close(conn);
}

static void
viewer_lost(struct frame_buf_hold *hold)
{
	struct viewer *viewer = (struct viewer *)hold;

	log_debug("stream", "%s: a viewer holds the oldest frame for too long",
	    camera_name(viewer->streams->camera));
	viewer_close(viewer);
}

/* Is a frame being sent to it? */
static bool
viewer_is_busy(const struct viewer *viewer)
{
	return !viewer->started || viewer->hold.buf != NULL;
}

/* The rest of that frame. */
static struct iovec
viewer_rest(const struct viewer *viewer)
{
	const struct frame_buf *buf = viewer->hold.buf;
	const struct stream_head *head;

	if (viewer->started)
		return (struct iovec){ (void *)(buf->bytes + viewer->at), buf->end - viewer->at };
	head = stream_head(viewer->conn, viewer->type);
	return (struct iovec){ (void *)(head->bytes + viewer->at), head->length - viewer->at };
}

/* Send it. False when the viewer has been closed. */
static bool
viewer_push(struct viewer *viewer)
{
	struct iovec rest = viewer_rest(viewer);
	ssize_t sent = conn_write(viewer->conn, &rest, 1);

	if (sent == -1) {
		viewer_close(viewer);
		return false;
	}
	viewer->at += (size_t)sent;
	viewer->blocked = (size_t)sent < rest.iov_len;
	if (viewer->blocked)
		return true;
	viewer->started = true;
	viewer->slow = clock_mono_ns() - viewer->began_ns > SLOW_MS * CLOCK_MS;
	frame_buf_drop(&viewer->hold);
	return true;
}

/* Begin to send `buf`; no other frame is being sent. */
static void
viewer_show(struct viewer *viewer, struct frame_buf *buf)
{
	viewer->sent++;
	viewer->at = buf->start;
	viewer->began_ns = clock_mono_ns();
	frame_buf_hold(buf, &viewer->hold, viewer_lost);
	viewer_push(viewer);
}

bool
stream_due(uint64_t *due_ns, unsigned fps, uint64_t mono_ns)
{
	uint64_t interval = CLOCK_S / fps;

	/* A frame counts as due when it is nearer to the due time than the next one: capture
	 * times jitter, and 10 of 30 a second means every third. */
	if (*due_ns > mono_ns + interval / 8)
		return false;
	*due_ns = *due_ns + interval > mono_ns ? *due_ns + interval : mono_ns + interval;
	return true;
}

/* While memory is scarce, slow viewers wait for those who have waited longer. */
static bool
viewer_has_to_wait(const struct viewer *viewer)
{
	return viewer->slow && camera_memory_is_scarce(viewer->streams->camera);
}

static void
viewer_to_the_end(struct viewer *viewer)
{
	TAILQ_REMOVE(&viewer->streams->viewers, viewer, next);
	TAILQ_INSERT_TAIL(&viewer->streams->viewers, viewer, next);
}

/* Give it the newest frame, unless it had it or wants fewer; it is ready for one. */
static void
viewer_offer(struct viewer *viewer, struct frame_buf *buf)
{
	const struct frame_info *info = &buf->info;

	if (viewer->sequence == info->sequence || viewer_has_to_wait(viewer))
		return;
	if (viewer->fps != 0 && !stream_due(&viewer->due_ns, viewer->fps, info->mono_ns))
		return;
	if (viewer->sequence != 0 && info->sequence > viewer->sequence)
		viewer->skipped += info->sequence - viewer->sequence - 1;
	viewer->sequence = info->sequence;
	if (viewer->slow)
		viewer_to_the_end(viewer);
	viewer_show(viewer, buf);
}

/* Not the next frame at once: the socket's contents go out first, and the frame would be old by
 * then. Send the newest one when there is room again. */
static void
viewer_writable(struct conn *conn, void *arg)
{
	struct viewer *viewer = arg;
	struct streams *streams = viewer->streams;
	struct frame_buf *buf;

	if (viewer_is_busy(viewer)) {
		if (viewer_push(viewer) && !viewer->blocked)
			viewer->blocked = conn_await(conn);
		return;
	}
	viewer->blocked = false;
	if (streams->dark)
		return;
	buf = camera_look(streams->camera, NULL);
	if (buf != NULL)
		viewer_offer(viewer, buf);
}

static void
viewer_gone(struct conn *conn, void *arg)
{
	(void)conn;
	viewer_free(arg);
}

static const struct conn_user viewer_user = { viewer_writable, viewer_gone };

/* ---- all viewers ----------------------------------------------------- */

/* To all that are ready. Showing may close that viewer, and no other. */
static void
streams_show(struct streams *streams, void (*show)(struct viewer *, struct frame_buf *),
    struct frame_buf *buf)
{
	struct viewer *viewer, *next;

	for (viewer = TAILQ_FIRST(&streams->viewers); viewer != NULL; viewer = next) {
		next = TAILQ_NEXT(viewer, next);
		if (!viewer->blocked)
			show(viewer, buf);
	}
}

/* The placard for `reason`, drawn again only when the reason has changed. */
static struct frame_buf *
streams_placard(struct streams *streams, const char *reason)
{
	struct frame_info info = { .wall_ns = clock_wall_ns() };
	unsigned char *jpeg;
	long length;

	if (streams->placard != NULL && strcmp(streams->reason, reason) == 0)
		return streams->placard;
	camera_size(streams->camera, &info.width, &info.height);
	length = placard_render(
	    info.width, info.height, camera_name(streams->camera), reason, &jpeg);
	if (length == -1)
		return streams->placard;
	frame_buf_free(&streams->placard);
	streams->placard = frame_buf_new(jpeg, (uint32_t)length, &info, reason);
	strncpy(streams->reason, reason, sizeof streams->reason - 1);
	free(jpeg);
	return streams->placard;
}

static void
streams_darken(struct streams *streams, const char *reason)
{
	struct frame_buf *placard = streams_placard(streams, reason);

	streams->dark = true;
	if (placard != NULL)
		streams_show(streams, viewer_show, placard);
}

static void
streams_refresh(struct streams *streams)
{
	struct cause why;
	struct frame_buf *buf;

	if (TAILQ_EMPTY(&streams->viewers) || camera_settling(streams->camera))
		return;
	buf = camera_look(streams->camera, &why);
	/* The daemon may know that the camera is gone before its last frame is stale. */
	if (buf == NULL ||
	    (buf->info.sequence == streams->shown && camera_is_offline(streams->camera, &why))) {
		streams_darken(streams, why.text);
		return;
	}
	streams->dark = false;
	streams->shown = buf->info.sequence;
	streams_show(streams, viewer_offer, buf);
}

static void
streams_tick(evutil_socket_t unused, short what, void *arg)
{
	(void)unused, (void)what;
	streams_refresh(arg);
}

static void
streams_hook(void *arg)
{
	streams_refresh(arg);
}

static const struct camera_hooks stream_hooks = { .frame = streams_hook, .changed = streams_hook };

struct streams *
streams_new(struct event_base *base, struct camera *camera)
{
	struct streams *streams = calloc(1, sizeof *streams);

	if (streams == NULL)
		return NULL;
	streams->camera = camera;
	TAILQ_INIT(&streams->viewers);
	streams->tick = event_new(base, -1, EV_PERSIST, streams_tick, streams);
	if (streams->tick == NULL)
		streams_free(&streams);
	else
		camera_watch(camera, &stream_hooks, streams);
	return streams;
}

void
streams_free(struct streams **streams)
{
	struct streams *gone = *streams;

	if (gone == NULL)
		return;
	if (gone->tick != NULL)
		event_free(gone->tick);
	frame_buf_free(&gone->placard);
	free(gone);
	*streams = NULL;
}

/* What a new viewer sees first; the others do not get it again. */
static void
viewer_first(struct viewer *viewer)
{
	struct streams *streams = viewer->streams;
	struct cause why;
	struct frame_buf *buf = camera_look(streams->camera, &why);

	if (buf != NULL)
		viewer_offer(viewer, buf);
	else if (!camera_settling(streams->camera)) {
		streams->dark = true;
		buf = streams_placard(streams, why.text);
		if (buf != NULL)
			viewer_show(viewer, buf);
	}
}

void
stream_begin(struct streams *streams, struct conn *conn, enum stream_type type, unsigned fps,
    void (*left)(void *arg), void *arg)
{
	struct viewer *viewer = calloc(1, sizeof *viewer);

	if (viewer == NULL) {
		left(arg);
		reply_error(conn, 503, &reason_out_of_memory);
		return;
	}
	*viewer = (struct viewer){ .streams = streams,
		.conn = conn,
		.type = type,
		.fps = fps,
		.began_ns = clock_mono_ns(),
		.left = left,
		.arg = arg };
	if (TAILQ_EMPTY(&streams->viewers))
		timer_start(streams->tick, TICK_MS * CLOCK_MS);
	TAILQ_INSERT_TAIL(&streams->viewers, viewer, next);
	conn_take(conn, &viewer_user, viewer);
	conn_limit_buffer(conn);
	camera_want_frames(streams->camera, 1);
	camera_count(streams->camera, CAMERA_STREAMS, 1);
	if (viewer_push(viewer) && !viewer->blocked)
		viewer_first(viewer);
}

void
streams_end(struct streams *streams)
{
	struct iovec end = { (void *)record_end, RECORD_END_SIZE };
	struct viewer *viewer;

	while ((viewer = TAILQ_FIRST(&streams->viewers)) != NULL) {
		if (!viewer_is_busy(viewer))
			(void)conn_write(viewer->conn, &end, 1);
		viewer_close(viewer);
	}
}
