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
#include "capture/capture_internal.h"
#include "protocol/reasons.h"

#define RETRY_FIRST_NS (100 * CLOCK_MS)
#define RETRY_MOST_NS (2 * CLOCK_S)    /* a camera is back within 3 s of its return */
#define STEADY_NS (5 * CLOCK_S)	       /* lasted this long: the next failure is a new one */
#define FIRST_PICTURE_NS (3 * CLOCK_S) /* cameras that wake up slowly take 2 s */
#define GRACE_FIRST_NS \
	(2 * CLOCK_S) /* a silent one is left open longer each time: it may be slow */
#define GRACE_MOST_NS (12 * CLOCK_S)
#define LOOK_NS (2 * CLOCK_S)	  /* for a camera that cannot be had yet */
#define IDLE_NS CLOCK_S		  /* a FIFO without pictures for so long may have been made anew */
#define ADJUST_NS (20 * CLOCK_MS) /* a step for the controls at least so often */
#define HOLD_NS (3 * CLOCK_S)	  /* one that went may come back: no other for so long */
#define TURN_NS CLOCK_S		  /* the watchdog wants to see turns */

/* ---- on and off ------------------------------------------------------ */

static void
copy_counters(struct capture *capture)
{
	static const struct source_counters none;
	const struct source_counters *now = capture->source != NULL ? &capture->source->counters
								    : &none;

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
	bool news = !capture->reported || status->online ||
	    strcmp(status->reason.text, reason->text) != 0;

	spans_end(capture, reason);
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

/* We have had this camera: no test card in its place, and no other camera while
 * that one is to be found. */
static void
remember(struct capture *capture)
{
	if (strcmp(capture->source->mode.kind, "v4l2") != 0)
		return;
	capture->had = capture->source->mode;
	capture->wanted.kind = "v4l2";
	capture->wanted.card = capture->had.name;
	capture->wanted.bus = capture->had.bus;
	capture->wanted.self = capture->had.self;
}

/* The first picture after an opening or a silence is out. */
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
	remember(capture);
	if (mode->fps_num != 0)
		snprintf(
		    rate, sizeof rate, ", %.4g a second", (double)mode->fps_num / mode->fps_den);
	log_notice("capture", "online: %s%s%s, %s %ux%u%s", mode->name,
	    mode->device[0] != '\0' ? " at " : "", mode->device, pixel_format_name(mode->format),
	    mode->width, mode->height, rate);
	capture_report(capture, &report, NULL);
}

/* ---- the source ------------------------------------------------------ */

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

/* The count for the source's node. */
static uint8_t *
failures_of(struct capture *capture)
{
	int node = capture->source->mode.node;

	return &capture->failures[node >= 0 && node < SOURCE_NODES ? node : SOURCE_NODES];
}

/* One more picture since the opening; a few are no sign that the camera goes on. */
static void
count_picture(struct capture *capture)
{
	if (capture->pictures < STALENESS_SMOOTH && ++capture->pictures == STALENESS_SMOOTH)
		*failures_of(capture) = 0;
}

/* The source is of no use: close it and try again later. */
static void
give_up(struct capture *capture, const struct cause *reason)
{
	uint64_t now = clock_mono_ns();

	if (capture->staleness.arrived && now - capture->opened_ns > STEADY_NS)
		capture->delay_ns = RETRY_FIRST_NS;
	if (capture->source != NULL && capture->pictures < STALENESS_SMOOTH &&
	    *failures_of(capture) < UINT8_MAX)
		++*failures_of(capture);
	close_source(capture);
	capture->retry_ns = now + capture->delay_ns;
	capture->delay_ns = capture->delay_ns * 2 < RETRY_MOST_NS ? capture->delay_ns * 2
								  : RETRY_MOST_NS;
	go_offline(capture, reason);
}

static bool
is_same(const struct source_mode *a, const struct source_mode *b)
{
	return a->kind == b->kind && strcmp(a->name, b->name) == 0 && strcmp(a->bus, b->bus) == 0 &&
	    strcmp(a->self, b->self) == 0;
}

/* A source that took another's place while pictures came: what moved there is not what moves here.
 */
static void
end_former_span(struct capture *capture)
{
	struct cause reason;

	cause_set(&reason, "%s was opened", capture->source->mode.name);
	spans_end(capture, &reason);
}

/* `source` is what we watch from now on. */
static void
take_over(struct capture *capture, struct source *source)
{
	const struct source_mode *mode = &source->mode;

	capture->source = source;
	capture->lost = false;
	capture->opened_ns = clock_mono_ns();
	capture->look_ns = source->kind->moved != NULL ? capture->opened_ns + IDLE_NS : 0;
	capture->pictures = 0;
	capture->silent = false;
	if (!is_same(mode, &capture->status.mode))
		staleness_forget(&capture->staleness);
	staleness_open(&capture->staleness,
	    mode->fps_num != 0 ? CLOCK_S * mode->fps_den / mode->fps_num : 0,
	    !source->kind->patient, capture->opened_ns);
	capture->rate = (struct rate){ 0 };
	capture->refusal.text[0] = '\0';
	end_former_span(capture);
	capture->size = (struct capture_size){ source->mode.width, source->mode.height };
	capture->other = (struct capture_size){ 0, 0 };
	motion_forget(capture->motion);
	pthread_mutex_lock(&capture->lock);
	capture->status.mode = *mode;
	capture->status.blind.text[0] = '\0';
	capture->status.online = false;
	capture->status.reopens += capture->opened_before;
	pthread_mutex_unlock(&capture->lock);
	capture->opened_before = true;
	capture_controls_opened(capture);
}

static void
open_source(struct capture *capture)
{
	struct cause why;
	struct source *source;

	capture->wanted.only_ours = capture->wanted.card != NULL && capture->lost_ns != 0 &&
	    clock_mono_ns() - capture->lost_ns < HOLD_NS;
	source = source_open(&capture->wanted, &why);
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

/* Is the source one that a camera may take the place of: the test card, or a camera
 * that delivers nothing and was not named? */
static bool
is_makeshift(const struct capture *capture)
{
	if (strcmp(capture->source->mode.kind, "testcard") == 0)
		return strcmp(capture->wanted.kind, "auto") == 0;
	return capture->source->mode.node >= 0 && capture->wanted.device[0] == '\0' &&
	    capture->silent;
}

/* Is what we read still what its name leads to? */
static void
look_behind(struct capture *capture)
{
	uint64_t now = clock_mono_ns();

	capture->look_ns = now + IDLE_NS;
	if (now - capture->staleness.since_ns < IDLE_NS || !source_moved(capture->source))
		return;
	log_notice("capture", "%s has been made anew", capture->source->mode.name);
	close_source(capture);
	open_source(capture);
}

/* Is there a camera to be had instead of a makeshift? */
static void
look_beside(struct capture *capture)
{
	struct source_request wanted = capture->wanted;
	struct source *camera;

	if (capture->source->kind->moved != NULL) {
		look_behind(capture);
		return;
	}
	capture->look_ns = 0;
	if (!is_makeshift(capture))
		return;
	wanted.kind = "v4l2";
	wanted.only_ours = false;
	wanted.only_untried = strcmp(capture->source->mode.kind, "v4l2") == 0;
	camera = source_open(&wanted, NULL);
	if (camera == NULL) {
		capture->look_ns = errno != ENOENT || wanted.only_untried
		    ? clock_mono_ns() + LOOK_NS
		    : 0;
		return;
	}
	close_source(capture);
	take_over(capture, camera);
}

/* A node came or changed its permissions. */
static void
nodes_changed(struct capture *capture)
{
	if (capture->source != NULL) {
		look_beside(capture);
		return;
	}
	capture->delay_ns = RETRY_FIRST_NS;
	capture->retry_ns = clock_mono_ns();
}

/* ---- silence --------------------------------------------------------- */

/* From when on is the source silent for too long? */
static uint64_t
silence_begins(const struct capture *capture)
{
	uint64_t limit = staleness_limit_ns(&capture->staleness);

	if (!capture->staleness.arrived && limit < FIRST_PICTURE_NS)
		limit = FIRST_PICTURE_NS;
	return capture->staleness.since_ns + limit;
}

/* How much longer does it stay open then? Opening anew heals most cameras at once; one
 * that was opened in vain before may only be slower than it says. */
static uint64_t
silence_grace(struct capture *capture)
{
	unsigned failures = *failures_of(capture);
	uint64_t grace = failures < 8 ? GRACE_FIRST_NS << failures >> 1 : GRACE_MOST_NS;

	return failures == 0 ? 0 : grace < GRACE_MOST_NS ? grace : GRACE_MOST_NS;
}

/* When is there something to do about the source's silence? UINT64_MAX: never. */
static uint64_t
silence_deadline(struct capture *capture)
{
	bool told = capture->silent || (!capture->staleness.arrived && capture->reported);

	if (capture->source->kind->patient)
		return told ? UINT64_MAX : silence_begins(capture);
	return silence_begins(capture) + (capture->silent ? silence_grace(capture) : 0);
}

/* What we watched may have been unplugged, or was: it may come back. */
static void
lose(struct capture *capture)
{
	capture->lost = true;
	capture->lost_ns = capture->staleness.arrived ? clock_mono_ns() : 0;
}

/* No picture in time. Reopening heals most cameras, but no pipe. */
static void
handle_silence(struct capture *capture)
{
	const struct source_mode *mode = &capture->status.mode;
	struct cause reason;

	if (capture->refusal.text[0] != '\0')
		cause_set(&reason, "%s delivers no usable picture: %.120s", mode->name,
		    capture->refusal.text);
	else if (capture->source->refusal.text[0] != '\0' && !capture->staleness.arrived)
		cause_set(&reason, "%s delivers only broken pictures: %.120s", mode->name,
		    capture->source->refusal.text);
	else if (capture->source->counters.broken > 0 && !capture->staleness.arrived)
		cause_set(&reason, "%s delivers only broken pictures", mode->name);
	else
		cause_set(&reason, "%s delivers no picture", mode->name);
	if (!capture->source->kind->patient && (capture->silent || silence_grace(capture) == 0)) {
		if (capture->staleness.arrived)
			lose(capture); /* a driver may be silent first and say ENODEV later */
		give_up(capture, &reason);
		return;
	}
	capture->silent = true;
	capture->look_ns = clock_mono_ns();
	go_offline(capture, &reason);
}

static void
take_picture(struct capture *capture)
{
	struct picture picture = { 0 };
	struct cause why;

	switch (source_take(capture->source, &picture, &why)) {
	case SOURCE_AGAIN: copy_counters(capture); return;
	case SOURCE_GONE:
		capture_count_error(capture);
		lose(capture);
		give_up(capture, &why);
		return;
	case SOURCE_PICTURE: break;
	}
	switch (capture_publish(capture, &picture, &why)) {
	case 0:
		count_picture(capture);
		capture->silent = false;
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

/* ---- waiting --------------------------------------------------------- */

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

/* A name in /dev. A node that came anew was never opened in vain. */
static bool
read_name(struct capture *capture, const char *name)
{
	unsigned node;
	int end = 0;

	if (sscanf(name, "video%u%n", &node, &end) == 1 && name[end] == '\0' && node < SOURCE_NODES)
		capture->failures[node] = 0;
	return strncmp(name, "video", 5) == 0 || strncmp(name, "v4l", 3) == 0;
}

/* Read what inotify has; did it concern a camera? */
static bool
read_nodes(struct capture *capture)
{
	_Alignas(struct inotify_event) char buffer[4096];
	bool camera = false;
	ssize_t got;

	while ((got = read(capture->inotify, buffer, sizeof buffer)) > 0) {
		const struct inotify_event *event;

		for (char *at = buffer; at < buffer + got; at += sizeof *event + event->len) {
			event = (const struct inotify_event *)at;
			camera |= event->mask & IN_Q_OVERFLOW ||
			    (event->len > 0 && read_name(capture, event->name));
		}
	}
	return camera;
}

/* Milliseconds for poll(2) until the nearest deadline, rounded up. */
static int
limit(struct capture *capture)
{
	uint64_t now = clock_mono_ns(), deadline = now + TURN_NS;
	uint64_t next = capture_controls_tell(capture, now);

	if (capture_controls_pending(capture))
		return 0;
	if (next != 0 && next < deadline)
		deadline = next;
	next = capture->source != NULL ? silence_deadline(capture) : capture->retry_ns;
	if (next < deadline)
		deadline = next;
	if (capture->source != NULL && capture->look_ns != 0 && capture->look_ns < deadline)
		deadline = capture->look_ns;
	return deadline > now ? (int)((deadline - now + CLOCK_MS - 1) / CLOCK_MS) : 0;
}

/* A step for the controls, which never keeps a picture waiting for more than one call
 * to the driver; where a picture is always waiting, one in a while. */
static void
capture_controls_beside(struct capture *capture, bool busy)
{
	uint64_t now = clock_mono_ns();

	if (busy && now - capture->adjusted_ns < ADJUST_NS)
		return;
	capture->adjusted_ns = now;
	capture_controls_step(capture);
}

static void
turn(struct capture *capture)
{
	struct pollfd fds[] = {
		{ .fd = capture->wake, .events = POLLIN },
		{ .fd = capture->inotify, .events = POLLIN },
		{ .fd = capture->source != NULL ? capture->source->fd : -1,
		    .events = POLLIN | POLLPRI },
	};
	uint64_t count, woke;
	ssize_t ignored = 0;

	pthread_mutex_lock(&capture->lock);
	capture->status.turns++;
	pthread_mutex_unlock(&capture->lock);
	spans_check(capture);
	if (poll(fds, sizeof fds / sizeof fds[0], limit(capture)) == -1)
		return;
	woke = clock_mono_ns(); /* what a call to the driver takes is no silence of the camera */
	if (fds[0].revents != 0)
		ignored = read(capture->wake, &count, sizeof count);
	(void)ignored; /* what it was about is looked at anyway */
	if (fds[2].revents & POLLPRI && source_notice(capture->source))
		capture_controls_noticed(capture);
	if (fds[2].revents & ~POLLPRI)
		take_picture(capture);
	if (capture_controls_pending(capture))
		capture_controls_beside(capture, (fds[2].revents & ~POLLPRI) != 0);
	if (fds[1].revents != 0 && read_nodes(capture))
		nodes_changed(capture);
	if (capture->source != NULL && woke >= silence_deadline(capture))
		handle_silence(capture);
	if (capture->source != NULL && capture->look_ns != 0 && clock_mono_ns() >= capture->look_ns)
		look_beside(capture);
	if (capture->source == NULL && clock_mono_ns() >= capture->retry_ns)
		open_source(capture);
}

void
capture_watch(void *arg)
{
	struct capture *capture = arg;
	struct cause stopping;

	capture->delay_ns = RETRY_FIRST_NS;
	capture->wanted.failures = capture->failures;
	capture->inotify = watch_nodes();
	if (capture->inotify == -1)
		log_warning("capture", "no inotify on /dev: %s", strerror(errno));
	open_source(capture);
	while (!atomic_load(&capture->stop))
		turn(capture);
	cause_set(&stopping, REASON_STOPPING);
	spans_end(capture, &stopping);
	close_source(capture);
	if (capture->inotify != -1)
		close(capture->inotify);
}
