/* SPDX-License-Identifier: ISC */
/* The frames of a recorder: from the ring into memory, and into the open journal. */
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "record/recorder_internal.h"

enum {
	SLACK_S = 2
}; /* held beyond clip_before, for the time that orield needs to open a journal */

/* At most clip_fps frames a second. A frame may come a little early. */
static bool
frame_is_due(struct recorder *recorder, uint64_t mono_ns)
{
	uint64_t apart = CLOCK_S / (uint64_t)recorder->settings.fps;

	if (mono_ns + apart / 4 < recorder->due_ns)
		return false;
	recorder->due_ns += apart;
	if (recorder->due_ns < mono_ns)
		recorder->due_ns = mono_ns + apart;
	return true;
}

static bool
take_fits(const struct recording *recording, const struct frame_info *info)
{
	return recording->first_ns == 0 ||
	    (info->width == recording->width && info->height == recording->height &&
		info->orientation == recording->orientation);
}

static void
recorder_write(struct recorder *recorder, struct frame_copy *frame)
{
	const struct frame_info *info = &frame->info;
	struct recording *recording = recorder->recording;

	if (recording == NULL)
		return;
	if (purpose_is_over(&recorder->purpose, info->mono_ns))
		recorder_stop(recorder, true);
	else if (!take_fits(recording, info) ||
	    (recording->first_ns != 0 &&
		info->mono_ns - recording->first_ns >= recorder_part_ns(recorder)))
		recorder_next_part(recorder, info);
	else
		recording_put(recorder, frame);
}

static void
recorder_keep(struct recorder *recorder, struct frame_copy *frame)
{
	const struct preroll_limits limits = {
		.ns = ((uint64_t)recorder->settings.before_s + SLACK_S) * CLOCK_S,
		.bytes = (uint64_t)recorder->settings.memory_mb << 20,
	};

	if (preroll_add(&recorder->preroll, frame, &limits) == -1)
		recorder->lost++;
	if (strcmp(recorder->settings.record, "always") == 0 && !recorder->opening &&
	    clock_mono_ns() >= recorder->pause_ns)
		recorder_want(recorder, "always", 0, frame->info.wall_ns, UINT64_MAX);
	recorder_write(recorder, frame);
}

static void
recorder_copy(struct recorder *recorder, const struct ring_view *view)
{
	struct frame_copy *frame = frame_is_due(recorder, view->info.mono_ns)
	    ? frame_copy_new(&view->info)
	    : NULL;

	if (frame == NULL)
		return;
	memcpy(frame->jpeg, view->data, view->info.length);
	if (ring_reader_holds(recorder->ring, view))
		recorder_keep(recorder, frame);
	else
		recorder->lost++;
	frame_copy_unref(&frame);
}

static void
recorder_bell(evutil_socket_t fd, short what, void *arg)
{
	struct recorder *recorder = arg;
	struct ring_view view;

	/* The bell need not be read: an edge-triggered wait sees every write. */
	(void)fd, (void)what;
	while (ring_reader_next(recorder->ring, recorder->seen, &view)) {
		if (recorder->seen != 0)
			recorder->lost += view.info.sequence - recorder->seen - 1;
		recorder->seen = view.info.sequence;
		recorder_copy(recorder, &view);
	}
}

void
recorder_detach(struct recorder *recorder)
{
	if (recorder->bell != NULL)
		event_free(recorder->bell);
	recorder->bell = NULL;
	if (recorder->bell_fd != -1)
		close(recorder->bell_fd);
	recorder->bell_fd = -1;
	ring_reader_free(&recorder->ring);
}

void
recorder_attached(void *arg, struct client_reply *reply)
{
	struct recorder *recorder = arg;
	struct cause why;

	if (reply->line == NULL || reply->fds[0] == -1 || reply->fds[1] == -1)
		return; /* no picture yet: orield tells us when there is a ring */
	recorder_detach(recorder);
	recorder->seen = 0;
	recorder->ring = ring_reader_new(reply->fds[0], &why);
	if (recorder->ring == NULL) {
		log_error("recorder", "%s: %s", recorder->name, why.text);
		return;
	}
	recorder->bell_fd = reply->fds[1];
	reply->fds[1] = -1;
	recorder->bell = event_new(recorder->base, recorder->bell_fd, EV_READ | EV_ET | EV_PERSIST,
	    recorder_bell, recorder);
	if (recorder->bell == NULL || event_add(recorder->bell, NULL) == -1)
		recorder_detach(recorder);
}
