/* SPDX-License-Identifier: ISC */
/* The camera's frame ring, its bell, and the newest frame. */
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "fanout/camera_internal.h"
#include "protocol/reasons.h"

enum { USUAL_WIDTH = 1280, USUAL_HEIGHT = 720 };

/* ---- ring and bell --------------------------------------------------- */

static void
camera_bell(evutil_socket_t fd, short what, void *arg)
{
	struct camera *camera = arg;

	/* The bell is never read: the counter is shared with the other readers, and an
	 * edge-triggered wait reports every write anyway. */
	(void)fd, (void)what;
	CAMERA_TELL(camera, frame);
}

void
camera_detach(struct camera *camera)
{
	if (camera->bell != NULL)
		event_free(camera->bell);
	camera->bell = NULL;
	if (camera->bell_fd != -1)
		close(camera->bell_fd);
	camera->bell_fd = -1;
	frame_buf_pool_forget(&camera->pool);
	ring_reader_free(&camera->ring);
}

static void
camera_attach_ring(struct camera *camera, struct client_reply *reply)
{
	struct cause why;

	camera_detach(camera);
	camera->ring = ring_reader_new(reply->fds[0], &why);
	if (camera->ring == NULL) {
		log_error("camera", "%s: %s", camera->name, why.text);
		return;
	}
	camera->bell = event_new(
	    camera->base, reply->fds[1], EV_READ | EV_ET | EV_PERSIST, camera_bell, camera);
	if (camera->bell == NULL) {
		camera_detach(camera);
		return;
	}
	camera->bell_fd = reply->fds[1];
	reply->fds[1] = -1;
	if (camera->wanting > 0)
		event_add(camera->bell, NULL);
}

void
camera_attached(void *arg, struct client_reply *reply)
{
	struct camera *camera = arg;

	if (reply->line != NULL && reply->fds[0] != -1 && reply->fds[1] != -1)
		camera_attach_ring(camera, reply);
	camera_settled(camera);
	CAMERA_TELL(camera, changed);
}

void
camera_want_frames(struct camera *camera, int difference)
{
	bool before = camera->wanting > 0;

	camera->wanting += (unsigned)difference;
	if (camera->bell == NULL || before == (camera->wanting > 0))
		return;
	if (camera->wanting > 0)
		event_add(camera->bell, NULL);
	else
		event_del(camera->bell);
}

/* ---- frames ---------------------------------------------------------- */

bool
camera_is_offline(const struct camera *camera, struct cause *why)
{
	if (!camera->subscribed || camera->online || camera->reason.text[0] == '\0')
		return false;
	cause_copy(why, &camera->reason);
	return true;
}

struct frame_buf *
camera_look(struct camera *camera, struct cause *why)
{
	uint64_t now = clock_mono_ns();
	struct frame_buf *buf;

	if (!client_connected(camera->client)) {
		cause_reason(why, &reason_no_daemon);
		return NULL;
	}
	buf = camera->ring != NULL ? frame_buf_pool_update(&camera->pool, camera->ring) : NULL;
	if (buf == NULL) {
		if (!camera_is_offline(camera, why))
			cause_reason(why, &reason_no_frame);
		return NULL;
	}
	camera->width = buf->info.width;
	camera->height = buf->info.height;
	if (!frame_is_stale(&buf->info, now))
		return buf;
	if (!camera_is_offline(camera, why))
		cause_detail(why, &reason_no_fresh_frame, "no picture from the camera for %llu s",
		    (unsigned long long)(frame_age_ns(&buf->info, now) / CLOCK_S));
	return NULL;
}

bool
camera_memory_is_scarce(const struct camera *camera)
{
	return frame_buf_budget_is_scarce(camera->pool.budget);
}

void
camera_size(const struct camera *camera, uint32_t *width, uint32_t *height)
{
	*width = camera->width != 0 ? camera->width : USUAL_WIDTH;
	*height = camera->height != 0 ? camera->height : USUAL_HEIGHT;
}
