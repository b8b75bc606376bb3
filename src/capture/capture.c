/* SPDX-License-Identifier: ISC */
#include "capture/capture.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/frame.h"
#include "capture/capture_internal.h"
#include "protocol/reasons.h"

#define HANG_NS CLOCK_S /* after the limit at which the thread itself reports silence */

void
capture_poke(struct capture *capture)
{
	uint64_t one = 1;
	ssize_t ignored = write(capture->wake, &one, sizeof one);

	(void)ignored; /* a full counter wakes as well */
}

static void
capture_deinit(struct capture *capture)
{
	capture_free_rings(capture);
	capture_controls_deinit(capture);
	encoder_pool_free(&capture->pool);
	jpeg_decoder_free(&capture->decoder);
	motion_free(&capture->motion);
	free(capture->grey);
	if (capture->wake != -1)
		close(capture->wake);
	pthread_mutex_destroy(&capture->lock);
	free(capture);
}

static int
capture_init(struct capture *capture, const struct capture_settings *settings, struct cause *why)
{
	capture->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (capture->wake == -1)
		return cause_errno(why, "eventfd");
	capture->pool = encoder_pool_new(settings->encoders, why);
	if (capture->pool == NULL)
		return -1;
	capture->decoder = jpeg_decoder_new();
	capture->motion = motion_new();
	if (capture->decoder == NULL || capture->motion == NULL ||
	    capture_controls_init(capture) == -1)
		return cause_set(why, "capture: out of memory");
	return motion_set_mask(capture->motion, settings->mask, why);
}

struct capture *
capture_new(const struct capture_settings *settings, const struct capture_tuning *tuning,
    struct queue *reports, struct cause *why)
{
	struct capture *capture = calloc(1, sizeof *capture);

	if (capture == NULL) {
		cause_errno(why, "capture");
		return NULL;
	}
	capture->settings = *settings;
	capture->wanted = settings->wanted;
	capture->tuning = *tuning;
	capture->reports = reports;
	capture->wake = capture->inotify = -1;
	pthread_mutex_init(&capture->lock, NULL);
	cause_reason(&capture->status.reason, &reason_no_frame);
	if (capture_init(capture, settings, why) == -1) {
		capture_deinit(capture);
		return NULL;
	}
	if (thread_start(&capture->thread, "capture", capture_watch, capture) == -1) {
		cause_errno(why, "capture thread");
		capture_deinit(capture);
		return NULL;
	}
	return capture;
}

void
capture_free(struct capture **capture)
{
	if (*capture == NULL)
		return;
	atomic_store(&(*capture)->stop, true);
	capture_poke(*capture);
	thread_join(&(*capture)->thread);
	capture_deinit(*capture);
	*capture = NULL;
}

void
capture_tune(struct capture *capture, const struct capture_tuning *tuning)
{
	pthread_mutex_lock(&capture->lock);
	capture->tuning = *tuning;
	pthread_mutex_unlock(&capture->lock);
	capture_poke(capture);
}

/* The thread itself reports that no picture comes, unless the driver keeps it in a call. */
static void
status_look_for_hang(struct capture_status *status)
{
	status->hangs = status->online && frame_is_stale(&status->frame, clock_mono_ns() - HANG_NS);
	if (!status->hangs)
		return;
	status->online = false;
	status->fps = 0;
	cause_detail(
	    &status->reason, &reason_camera_hangs, "%s does not answer", status->mode.name);
}

void
capture_status(struct capture *capture, struct capture_status *status)
{
	pthread_mutex_lock(&capture->lock);
	*status = capture->status;
	pthread_mutex_unlock(&capture->lock);
	status_look_for_hang(status);
}

void
capture_look_for_hang(struct capture *capture)
{
	struct capture_status now;

	capture_status(capture, &now);
	if (now.hangs)
		spans_end(capture, &now.reason);
}

struct motion_verdict
capture_take_peak(struct capture *capture)
{
	struct motion_verdict peak;

	pthread_mutex_lock(&capture->lock);
	peak = capture->status.peak;
	capture->status.peak = capture->status.motion;
	capture->status.peak.change = 0;
	pthread_mutex_unlock(&capture->lock);
	return peak;
}

/* ---- reports --------------------------------------------------------- */

void
capture_report_free(void *item)
{
	struct capture_report *report = item;

	if (report == NULL)
		return;
	free(report->jpeg);
	json_decref(report->controls);
	json_decref(report->set);
	free(report);
}

void
capture_count_error(struct capture *capture)
{
	pthread_mutex_lock(&capture->lock);
	capture->status.errors++;
	pthread_mutex_unlock(&capture->lock);
}

void
capture_report(
    struct capture *capture, const struct capture_report *fill, const unsigned char *jpeg)
{
	struct capture_report *report = malloc(sizeof *report);

	if (report == NULL) {
		json_decref(fill->controls);
		json_decref(fill->set);
		goto fail;
	}
	*report = *fill;
	if (jpeg != NULL) {
		report->jpeg = malloc(fill->frame.length);
		if (report->jpeg == NULL)
			goto fail;
		memcpy(report->jpeg, jpeg, fill->frame.length);
	}
	if (queue_push(capture->reports, report))
		return;
fail:
	capture_report_free(report);
	capture_count_error(capture);
}

/* ---- the ring's readers ---------------------------------------------- */

/* The newest frame, copied and checked, or NULL. Call it under the lock: then the ring is
 * not replaced, but the thread may still write into it. */
static unsigned char *
copy_newest(const struct ring_reader *reader, struct frame_info *frame)
{
	struct ring_view view;

	while (reader != NULL && ring_reader_view(reader, 0, &view)) {
		unsigned char *copy = malloc(view.info.length);

		if (copy == NULL)
			return NULL;
		memcpy(copy, view.data, view.info.length);
		if (ring_reader_holds(reader, &view)) {
			*frame = view.info;
			return copy;
		}
		free(copy);
	}
	return NULL;
}

bool
capture_copy_newest(
    struct capture *capture, struct frame_info *frame, uint64_t *generation, unsigned char **jpeg)
{
	pthread_mutex_lock(&capture->lock);
	*jpeg = copy_newest(capture->reader, frame);
	*generation = capture->status.generation;
	pthread_mutex_unlock(&capture->lock);
	return *jpeg != NULL;
}

int
capture_ring_fd(struct capture *capture)
{
	int fd = -1;

	pthread_mutex_lock(&capture->lock);
	if (capture->ring != NULL)
		fd = fcntl(ring_writer_fd(capture->ring), F_DUPFD_CLOEXEC, 0);
	pthread_mutex_unlock(&capture->lock);
	return fd;
}

bool
capture_add_bell(struct capture *capture, int fd)
{
	bool room;

	pthread_mutex_lock(&capture->lock);
	room = capture->bell_count < CAPTURE_BELLS;
	if (room)
		capture->bells[capture->bell_count++] = fd;
	pthread_mutex_unlock(&capture->lock);
	return room;
}

void
capture_remove_bell(struct capture *capture, int fd)
{
	pthread_mutex_lock(&capture->lock);
	for (unsigned i = 0; i < capture->bell_count; i++) {
		if (capture->bells[i] == fd) {
			capture->bells[i] = capture->bells[--capture->bell_count];
			break;
		}
	}
	pthread_mutex_unlock(&capture->lock);
}
