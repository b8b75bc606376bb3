/* SPDX-License-Identifier: ISC */
/* camera_rig: the capture thread with synthetic cameras, and what it tells the loop. */
#ifndef ORIEL_TESTS_CAMERA_RIG_H
#define ORIEL_TESTS_CAMERA_RIG_H

#include <poll.h>
#include <stdbool.h>
#include <time.h>

#include "base/clock.h"
#include "capture/capture.h"
#include "fakedev.h"

static struct capture *capture;
static struct queue *reports;
static struct capture_settings settings;
static const struct capture_tuning tuning = { .quality = 80 };

static inline int
rig_setup(void **state)
{
	settings = (struct capture_settings){
		.wanted = { .kind = "v4l2", .device = "", .input = "", .format = -1 },
		.slots = 4,
		.encoders = 1,
		.mask = ""
	};
	reports = queue_new(256);
	return fakedev_setup(state);
}

static inline int
rig_teardown(void **state)
{
	capture_free(&capture);
	queue_free(&reports, capture_report_free);
	return fakedev_teardown(state);
}

static inline void
start(void)
{
	struct cause why;

	capture = capture_new(&settings, &tuning, reports, &why);
	if (capture == NULL)
		fail_msg("%s", why.text);
}

static inline struct capture_status
status_now(void)
{
	struct capture_status status;

	capture_status(capture, &status);
	return status;
}

/* The next report of this kind within `ms`; others are passed over. */
static inline struct capture_report *
wait_report(enum capture_report_kind kind, unsigned ms)
{
	uint64_t end = clock_mono_ns() + ms * CLOCK_MS;
	struct pollfd fd = { .fd = queue_fd(reports), .events = POLLIN };

	for (;;) {
		struct capture_report *report;
		uint64_t now = clock_mono_ns();

		if (now >= end || poll(&fd, 1, (int)((end - now) / CLOCK_MS) + 1) != 1)
			fail_msg("no report %d within %u ms; last state: %s", kind, ms,
			    status_now().reason.text);
		report = queue_pop(reports);
		if (report != NULL && report->kind == kind)
			return report;
		capture_report_free(report);
	}
}

static inline void
expect_online(unsigned ms)
{
	capture_report_free(wait_report(CAPTURE_ONLINE, ms));
}

static inline void
expect_offline(const char *reason, unsigned ms)
{
	struct capture_report *report = wait_report(CAPTURE_OFFLINE, ms);

	assert_string_equal(report->reason.text, reason);
	capture_report_free(report);
}

static inline void
pause_ms(long ms)
{
	struct timespec pause = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&pause, NULL);
}

#endif
