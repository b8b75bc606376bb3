/* SPDX-License-Identifier: ISC */
/* The capture thread: opens the source, waits for pictures, notices when none
 * come any more, and tries again. It sleeps in one poll(2), woken by a picture,
 * by a new node in /dev, by the loop, or by the nearest deadline. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "capture/inside.h"

#define RETRY_FIRST_NS (100 * CLOCK_MS)
#define RETRY_MOST_NS (2 * CLOCK_S)	/* a camera is back within 3 s of its return */
#define STEADY_NS (5 * CLOCK_S)		/* lasted this long: the next failure is a new one */
#define FIRST_PICTURE_NS (3 * CLOCK_S)	/* cameras that wake up slowly take 2 s */
#define TURN_NS CLOCK_S			/* the watchdog wants to see turns */

/* ---- on and off ---------------------------------------------------------------- */

static void
copy_counters(struct capture *capture)
{
	static const struct source_counters none;
	const struct source_counters *now = capture->source != NULL ? &capture->source->counters : &none;

	pthread_mutex_lock(&capture->lock);
	capture->status.dropped = capture->dropped + now->dropped;
	capture->status.broken = capture->broken + now->broken;
	capture->status.oversized = capture->oversized;
	pthread_mutex_unlock(&capture->lock);
}

/* No picture for now, because of `reason`. Told once an outage, and again when
 * the reason changes. */
static void
go_offline(struct capture *capture, const struct cause *reason)
{
	struct capture_report report = { .kind = CAPTURE_OFFLINE, .reason = *reason };
	struct capture_status *status = &capture->status;
	bool news = !capture->reported || status->online || strcmp(status->reason.text, reason->text) != 0;

	pthread_mutex_lock(&capture->lock);
	status->online = false;
	status->reason = *reason;
	status->fps = 0;
	pthread_mutex_unlock(&capture->lock);
	if (!news)
		return;
	capture->reported = true;
	report.mode = status->mode;
	log_warning("capture", "offline: %s", reason->text);
	capture_report(capture, &report, NULL);
}

/* The first picture after an opening is out. */
static void
go_online(struct capture *capture)
{
	struct capture_report report = { .kind = CAPTURE_ONLINE };
	const struct source_mode *mode = &capture->status.mode;
	char rate[32] = "";

	pthread_mutex_lock(&capture->lock);
	capture->status.online = true;
	capture->status.reason.text[0] = '\0';
	pthread_mutex_unlock(&capture->lock);
	capture->reported = true;
	report.mode = *mode;
	report.frame = capture->status.frame;
	if (mode->fps_num != 0)
		snprintf(rate, sizeof rate, ", %.4g a second", (double)mode->fps_num / mode->fps_den);
	log_notice("capture", "online: %s%s%s, %s %ux%u%s", mode->name, mode->device[0] != '\0' ? " at " : "",
	    mode->device, pixel_format_name(mode->format), mode->width, mode->height, rate);
	capture_report(capture, &report, NULL);
}

/* ---- the source ----------------------------------------------------------------- */

static void
close_source(struct capture *capture)
{
	if (capture->source == NULL)
		return;
	capture->dropped += capture->source->counters.dropped;
	capture->broken += capture->source->counters.broken;
	source_close(&capture->source);
	copy_counters(capture);
}

/* The source is of no use: close it and try again later. */
static void
give_up(struct capture *capture, const struct cause *reason)
{
	uint64_t now = clock_mono_ns();

	if (capture->arrived_ns != 0 && now - capture->opened_ns > STEADY_NS)
		capture->delay_ns = RETRY_FIRST_NS;
	close_source(capture);
	capture->retry_ns = now + capture->delay_ns;
	capture->delay_ns = capture->delay_ns * 2 < RETRY_MOST_NS ? capture->delay_ns * 2 : RETRY_MOST_NS;
	go_offline(capture, reason);
}

/* `source` is what we watch from now on. */
static void
take_over(struct capture *capture, struct source *source)
{
	capture->source = source;
	capture->lost = false;
	capture->opened_ns = clock_mono_ns();
	capture->arrived_ns = 0;
	capture->rate = (struct rate){ 0 };
	capture->refusal.text[0] = '\0';
	capture->size = (struct capture_size){ source->mode.width, source->mode.height };
	capture->other = (struct capture_size){ 0, 0 };
	motion_forget(capture->motion);
	pthread_mutex_lock(&capture->lock);
	capture->status.mode = source->mode;
	capture->status.blind.text[0] = '\0';
	capture->status.online = false;
	capture->status.stale_ns = capture_stale_ns(capture);
	capture->status.reopens += capture->opened_before;
	pthread_mutex_unlock(&capture->lock);
	capture->opened_before = true;
	adjust_opened(capture);
	if (strcmp(source->mode.kind, "v4l2") != 0)
		return;
	/* We have had a camera: no test card in its place, and no other camera
	 * while that one is to be found. */
	memcpy(capture->card, source->mode.name, sizeof capture->card);
	memcpy(capture->bus, source->mode.bus, sizeof capture->bus);
	capture->wish.kind = "v4l2";
	capture->wish.card = capture->card;
	capture->wish.bus = capture->bus;
}

static void
open_source(struct capture *capture)
{
	struct cause why;
	struct source *source = source_open(&capture->wish, &why);

	if (source != NULL) {
		take_over(capture, source);
		return;
	}
	/* That it is not there is no news once it was lost. */
	if (errno == ENOENT && capture->lost)
		why = capture->status.reason;
	else
		capture->lost = false;
	give_up(capture, &why);
}

/* A node came or changed its permissions. */
static void
nodes_changed(struct capture *capture)
{
	struct source_wish wish = capture->wish;
	struct source *camera;

	if (capture->source == NULL) {
		capture->delay_ns = RETRY_FIRST_NS;
		capture->retry_ns = clock_mono_ns();
		return;
	}
	if (strcmp(wish.kind, "auto") != 0 || strcmp(capture->source->mode.kind, "testcard") != 0)
		return;
	wish.kind = "v4l2";
	camera = source_open(&wish, NULL);
	if (camera == NULL)
		return;
	close_source(capture);
	take_over(capture, camera);
}

/* How long may the source be silent from now on? UINT64_MAX: it has been given up. */
static uint64_t
silence_deadline(const struct capture *capture)
{
	uint64_t stale = capture_stale_ns(capture);

	if (capture->arrived_ns != 0)
		return capture->source->kind->patient && !capture->status.online ?
		    UINT64_MAX : capture->arrived_ns + stale;
	if (capture->source->kind->patient && capture->reported)
		return UINT64_MAX;
	return capture->opened_ns + (stale > FIRST_PICTURE_NS ? stale : FIRST_PICTURE_NS);
}

/* No picture in time. Reopening heals most cameras, but no pipe. */
static void
handle_silence(struct capture *capture)
{
	const struct source_mode *mode = &capture->status.mode;
	struct cause reason;

	if (capture->refusal.text[0] != '\0')
		cause_set(&reason, "%s delivers no usable picture: %.120s", mode->name, capture->refusal.text);
	else if (capture->source->refusal.text[0] != '\0' && capture->arrived_ns == 0)
		cause_set(&reason, "%s delivers only broken pictures: %.120s", mode->name,
		    capture->source->refusal.text);
	else if (capture->source->counters.broken > 0 && capture->arrived_ns == 0)
		cause_set(&reason, "%s delivers only broken pictures", mode->name);
	else
		cause_set(&reason, "%s delivers no picture", mode->name);
	if (capture->source->kind->patient)
		go_offline(capture, &reason);
	else
		give_up(capture, &reason);
}

static void
take_picture(struct capture *capture)
{
	struct picture picture = { 0 };
	struct cause why;

	switch (source_take(capture->source, &picture, &why)) {
	case SOURCE_AGAIN:
		copy_counters(capture);
		return;
	case SOURCE_GONE:
		capture_count_error(capture);
		capture->lost = true;
		give_up(capture, &why);
		return;
	case SOURCE_PICTURE:
		break;
	}
	switch (capture_publish(capture, &picture, &why)) {
	case 0:
		capture->arrived_ns = clock_mono_ns();
		capture->refusal.text[0] = '\0';
		if (!capture->status.online)
			go_online(capture);
		break;
	case -1:
		capture_count_error(capture);
		give_up(capture, &why);
		return;
	}
	copy_counters(capture);
}

/* ---- waiting ---------------------------------------------------------------------- */

/* Watch for nodes of cameras; without it they are found by trying again. */
static int
watch_nodes(void)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	if (fd == -1)
		return -1;
	if (inotify_add_watch(fd, "/dev", IN_CREATE | IN_ATTRIB | IN_MOVED_TO) == -1) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Read what inotify has; did it concern a camera? */
static bool
read_nodes(int fd)
{
	_Alignas(struct inotify_event) char buffer[4096];
	bool camera = false;
	ssize_t got;

	while ((got = read(fd, buffer, sizeof buffer)) > 0) {
		const struct inotify_event *event;

		for (char *at = buffer; at < buffer + got; at += sizeof *event + event->len) {
			event = (const struct inotify_event *)at;
			camera |= event->mask & IN_Q_OVERFLOW ||
			    (event->len > 0 && (strncmp(event->name, "video", 5) == 0 ||
			    strncmp(event->name, "v4l", 3) == 0));
		}
	}
	return camera;
}

/* Milliseconds for poll(2) until the nearest deadline, rounded up. */
static int
patience(const struct capture *capture)
{
	uint64_t now = clock_mono_ns(), deadline = now + TURN_NS;
	uint64_t next = capture->source != NULL ? silence_deadline(capture) : capture->retry_ns;

	if (next < deadline)
		deadline = next;
	if (capture->changed_ns != 0 && capture->changed_ns < deadline)
		deadline = capture->changed_ns;
	return deadline > now ? (int)((deadline - now + CLOCK_MS - 1) / CLOCK_MS) : 0;
}

static void
turn(struct capture *capture)
{
	struct pollfd fds[] = {
		{ .fd = capture->wake, .events = POLLIN },
		{ .fd = capture->inotify, .events = POLLIN },
		{ .fd = capture->source != NULL ? capture->source->fd : -1, .events = POLLIN | POLLPRI },
	};
	uint64_t count;

	pthread_mutex_lock(&capture->lock);
	capture->status.turns++;
	pthread_mutex_unlock(&capture->lock);
	if (poll(fds, sizeof fds / sizeof fds[0], patience(capture)) == -1)
		return;
	if (fds[0].revents != 0 && read(capture->wake, &count, sizeof count) == sizeof count)
		adjust_answer(capture);
	if (fds[2].revents & POLLPRI && source_notice(capture->source))
		adjust_noticed(capture);
	if (fds[2].revents & ~POLLPRI)
		take_picture(capture);
	if (fds[1].revents != 0 && read_nodes(capture->inotify))
		nodes_changed(capture);
	adjust_tell(capture, clock_mono_ns());
	if (capture->source != NULL && clock_mono_ns() >= silence_deadline(capture))
		handle_silence(capture);
	if (capture->source == NULL && clock_mono_ns() >= capture->retry_ns)
		open_source(capture);
}

void *
capture_watch(void *arg)
{
	struct capture *capture = arg;

	pthread_setname_np(pthread_self(), "capture");
	capture->delay_ns = RETRY_FIRST_NS;
	capture->inotify = watch_nodes();
	if (capture->inotify == -1)
		log_warning("capture", "no inotify on /dev: %s", strerror(errno));
	open_source(capture);
	while (!atomic_load(&capture->stop))
		turn(capture);
	close_source(capture);
	if (capture->inotify != -1)
		close(capture->inotify);
	return NULL;
}
