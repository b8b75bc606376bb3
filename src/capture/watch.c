/* SPDX-License-Identifier: ISC */
/* The capture thread: waits for pictures, notices when none come any more, and has the source
 * opened again. It sleeps in one poll(2). A picture, a new node in /dev, the loop, or the next
 * deadline wakes it. */
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

#define FIRST_PICTURE_NS (3 * CLOCK_S) /* slow cameras need 2 s to start */
#define GRACE_FIRST_NS \
	(2 * CLOCK_S) /* a silent camera stays open longer each time: it may be slow */
#define GRACE_MOST_NS (12 * CLOCK_S)
#define ADJUST_NS (20 * CLOCK_MS) /* the controls make a step at least this often */
#define TURN_NS CLOCK_S		  /* the longest turn, for the watchdog */

/* ---- silence --------------------------------------------------------- */

/* When has the source been silent for too long? */
static uint64_t
silence_begins(const struct capture *capture)
{
	uint64_t limit = staleness_limit_ns(&capture->staleness);

	if (!capture->staleness.arrived && limit < FIRST_PICTURE_NS)
		limit = FIRST_PICTURE_NS;
	return capture->staleness.since_ns + limit;
}

/* How much longer does a silent source stay open? Reopening helps most cameras at once.
 * If that failed before, the camera may only be slower than it announces. */
static uint64_t
silence_grace(struct capture *capture)
{
	unsigned failures = *opening_failures(capture);
	uint64_t grace = failures < 8 ? GRACE_FIRST_NS << failures >> 1 : GRACE_MOST_NS;

	return failures == 0 ? 0 : grace < GRACE_MOST_NS ? grace : GRACE_MOST_NS;
}

/* When to act on the source's silence. UINT64_MAX: never. */
static uint64_t
silence_deadline(struct capture *capture)
{
	bool told = capture->silent || (!capture->staleness.arrived && capture->reported);

	if (capture->source->kind->patient)
		return told ? UINT64_MAX : silence_begins(capture);
	return silence_begins(capture) + (capture->silent ? silence_grace(capture) : 0);
}

/* The camera is or may be unplugged; it may come back. */
static void
lose(struct capture *capture)
{
	capture->lost = true;
	capture->lost_ns = capture->staleness.arrived ? clock_mono_ns() : 0;
}

/* No picture came in time. Reopening helps most cameras, but not a pipe. */
static void
handle_silence(struct capture *capture)
{
	const struct source_mode *mode = &capture->status.mode;
	struct cause reason;

	if (capture->refusal.text[0] != '\0')
		cause_detail(&reason, &reason_bad_pictures, "%s delivers no usable picture: %.120s",
		    mode->name, capture->refusal.text);
	else if (capture->source->refusal.text[0] != '\0' && !capture->staleness.arrived)
		cause_detail(&reason, &reason_bad_pictures,
		    "%s delivers only broken pictures: %.120s", mode->name,
		    capture->source->refusal.text);
	else if (capture->source->counters.broken > 0 && !capture->staleness.arrived)
		cause_detail(
		    &reason, &reason_bad_pictures, "%s delivers only broken pictures", mode->name);
	else
		cause_detail(&reason, &reason_camera_silent, "%s delivers no picture", mode->name);
	if (!capture->source->kind->patient && (capture->silent || silence_grace(capture) == 0)) {
		if (capture->staleness.arrived)
			lose(capture); /* some drivers fall silent first and return ENODEV later */
		opening_give_up(capture, &reason);
		return;
	}
	capture->silent = true;
	capture->look_ns = clock_mono_ns();
	opening_go_offline(capture, &reason);
}

static void
take_picture(struct capture *capture)
{
	struct picture picture = { 0 };
	struct cause why;

	switch (source_take(capture->source, &picture, &why)) {
	case SOURCE_AGAIN: opening_copy_counters(capture); return;
	case SOURCE_GONE:
		capture_count_error(capture);
		lose(capture);
		opening_give_up(capture, &why);
		return;
	case SOURCE_PICTURE: break;
	}
	switch (capture_publish(capture, &picture, &why)) {
	case 0:
		opening_count_picture(capture);
		capture->silent = false;
		capture->refusal.text[0] = '\0';
		if (!capture->status.online)
			opening_go_online(capture);
		break;
	case -1:
		capture_count_error(capture);
		opening_give_up(capture, &why);
		return;
	}
	opening_copy_counters(capture);
}

/* ---- waiting --------------------------------------------------------- */

/* Watch for nodes of cameras. If that fails, retries find them. */
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

/* Take a name in /dev. A new node has no failures yet. */
static bool
read_name(struct capture *capture, const char *name)
{
	unsigned node;
	int end = 0;

	if (sscanf(name, "video%u%n", &node, &end) == 1 && name[end] == '\0' && node < SOURCE_NODES)
		capture->failures[node] = 0;
	return strncmp(name, "video", 5) == 0 || strncmp(name, "v4l", 3) == 0;
}

/* Read inotify's events. Was one about a camera? */
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

/* One step for the controls: a picture waits for at most one call to the driver. While
 * pictures always wait, a step is made only every ADJUST_NS. */
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
	woke = clock_mono_ns(); /* time in a call to the driver does not count as silence */
	if (fds[0].revents != 0)
		ignored = read(capture->wake, &count, sizeof count);
	(void)ignored; /* the loop's requests are looked at anyway */
	if (fds[2].revents & POLLPRI && source_notice(capture->source))
		capture_controls_noticed(capture);
	if (fds[2].revents & ~POLLPRI)
		take_picture(capture);
	if (capture_controls_pending(capture))
		capture_controls_beside(capture, (fds[2].revents & ~POLLPRI) != 0);
	if (fds[1].revents != 0 && read_nodes(capture))
		opening_nodes_changed(capture);
	if (capture->source != NULL && woke >= silence_deadline(capture))
		handle_silence(capture);
	if (capture->source != NULL && capture->look_ns != 0 && clock_mono_ns() >= capture->look_ns)
		opening_look_beside(capture);
	if (capture->source == NULL && clock_mono_ns() >= capture->retry_ns)
		opening_open(capture);
}

void
capture_watch(void *arg)
{
	struct capture *capture = arg;
	struct cause stopping;

	capture->wanted.failures = capture->failures;
	capture->inotify = watch_nodes();
	if (capture->inotify == -1)
		log_warning("capture", "no inotify on /dev: %s", strerror(errno));
	opening_first(capture);
	while (!atomic_load(&capture->stop))
		turn(capture);
	cause_reason(&stopping, &reason_stopped);
	spans_end(capture, &stopping);
	opening_close(capture);
	if (capture->inotify != -1)
		close(capture->inotify);
}
