/* SPDX-License-Identifier: ISC */
#include "fake_capture.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "protocol/reasons.h"
#include "ring/ring.h"

struct fake_capture fake;

struct capture {
	struct queue *reports;
	struct ring_writer *ring;
	int bells[CAPTURE_BELLS];
	char newest[256];
};
static struct capture instance;

static void
report(struct capture_report report)
{
	struct capture_report *copy = malloc(sizeof *copy);

	*copy = report;
	copy->mode = fake.status.mode;
	copy->generation = fake.status.generation;
	if (!queue_push(instance.reports, copy))
		capture_report_free(copy);
}

void
fake_online(void)
{
	if (instance.ring == NULL) {
		instance.ring = ring_writer_new(4, 4096, NULL);
		fake.status.generation = ring_writer_generation(instance.ring);
		report((struct capture_report){ .kind = CAPTURE_RING });
	}
	fake.status.online = true;
	report((struct capture_report){ .kind = CAPTURE_ONLINE });
}

void
fake_offline(const char *reason)
{
	struct capture_report offline = { .kind = CAPTURE_OFFLINE };

	fake.status.online = false;
	cause_detail(&fake.status.reason, &reason_camera_unplugged, "%s", reason);
	offline.reason = fake.status.reason;
	report(offline);
}

void
fake_frame(const char *jpeg)
{
	struct frame_info info = { .width = 640,
		.height = 480,
		.length = (uint32_t)strlen(jpeg),
		.wall_ns = clock_wall_ns(),
		.mono_ns = clock_mono_ns() };
	uint64_t one = 1;

	memcpy(ring_writer_begin(instance.ring), jpeg, info.length);
	info.sequence = ring_writer_commit(instance.ring, &info);
	fake.status.frame = info;
	fake.status.frame.stale_ms = 1100;
	fake.status.frames++;
	strcpy(instance.newest, jpeg);
	for (unsigned i = 0; i < fake.bells; i++)
		if (write(instance.bells[i], &one, sizeof one) != sizeof one)
			abort();
}

void
fake_motion(uint32_t change, uint64_t wall_ns)
{
	struct capture_report motion = { .kind = CAPTURE_MOTION,
		.frame = fake.status.frame,
		.verdict = { .change = change,
		    .threshold = 120,
		    .box_x = 8,
		    .box_y = 6,
		    .box_width = 40,
		    .box_height = 60 } };

	motion.frame.wall_ns = wall_ns;
	fake.status.span = motion.span = (struct span){
		.open = true, .begun_wall_ns = wall_ns, .peak_wall_ns = wall_ns, .peak = change
	};
	motion.jpeg = malloc(motion.frame.length);
	memcpy(motion.jpeg, instance.newest, motion.frame.length);
	fake.status.motion = motion.verdict;
	report(motion);
}

void
fake_motion_end(uint64_t length_ns, const char *reason)
{
	struct capture_report end = { .kind = CAPTURE_MOTION_END, .span = fake.status.span };

	end.span.above_ns = end.span.begun_ns + length_ns;
	end.ended_ns = end.span.begun_wall_ns + length_ns + 5 * CLOCK_S;
	cause_set(&end.reason, "%s", reason);
	fake.status.span.open = false;
	report(end);
}

void
fake_controls(const char *json, const char *reason, bool invalid)
{
	struct capture_report controls = {
		.kind = CAPTURE_CONTROLS, .token = fake.token, .invalid = invalid
	};

	if (json != NULL)
		controls.controls = json_loads(json, 0, NULL);
	if (json != NULL && fake.token != 0 && fake.values != NULL)
		controls.set = json_deep_copy(fake.values);
	cause_set(&controls.reason, "%s", reason);
	report(controls);
}

/* ---- capture.h ------------------------------------------------------- */

struct capture *
capture_new(const struct capture_settings *settings, const struct capture_tuning *tuning,
    struct queue *reports, struct cause *why)
{
	(void)why;
	memset(&instance, 0, sizeof instance);
	fake = (struct fake_capture){ .running = true, .settings = *settings, .tuning = *tuning };
	fake.controls = json_deep_copy(settings->controls);
	fake.status.fps = 29.97;
	fake.status.mode = (struct source_mode){ .kind = "testcard",
		.name = "Fake \xff card",
		.format = PIXEL_YUV420,
		.width = 640,
		.height = 480 };
	strcpy(fake.status.reason.text, "no camera found");
	instance.reports = reports;
	return &instance;
}

void
capture_free(struct capture **capture)
{
	ring_writer_free(&instance.ring);
	json_decref(fake.controls);
	json_decref(fake.values);
	fake.running = false;
	*capture = NULL;
}

void
capture_report_free(void *report)
{
	struct capture_report *gone = report;

	free(gone->jpeg);
	json_decref(gone->controls);
	json_decref(gone->set);
	free(gone);
}

void
capture_tune(struct capture *capture, const struct capture_tuning *tuning)
{
	(void)capture;
	fake.tuning = *tuning;
}

void
capture_look_for_hang(struct capture *capture)
{
	(void)capture;
}

void
capture_status(struct capture *capture, struct capture_status *status)
{
	(void)capture;
	fake.status.turns += !fake.stuck;
	*status = fake.status;
}

struct motion_verdict
capture_take_peak(struct capture *capture)
{
	struct motion_verdict peak = fake.status.peak;

	(void)capture;
	fake.status.peak.change = 0;
	return peak;
}

bool
capture_copy_newest(
    struct capture *capture, struct frame_info *frame, uint64_t *generation, unsigned char **jpeg)
{
	if (fake.status.frame.sequence == 0)
		return false;
	*frame = fake.status.frame;
	*generation = fake.status.generation;
	*jpeg = malloc(frame->length);
	memcpy(*jpeg, capture->newest, frame->length);
	return true;
}

int
capture_ring_fd(struct capture *capture)
{
	return capture->ring != NULL ? fcntl(ring_writer_fd(capture->ring), F_DUPFD_CLOEXEC, 0)
				     : -1;
}

bool
capture_add_bell(struct capture *capture, int fd)
{
	if (fake.bells == CAPTURE_BELLS)
		return false;
	capture->bells[fake.bells++] = fd;
	return true;
}

void
capture_remove_bell(struct capture *capture, int fd)
{
	for (unsigned i = 0; i < fake.bells; i++) {
		if (capture->bells[i] != fd)
			continue;
		capture->bells[i] = capture->bells[--fake.bells];
		return;
	}
}

bool
capture_request_controls(struct capture *capture, uint64_t token)
{
	return capture_set_controls(capture, NULL, token);
}

bool
capture_set_controls(struct capture *capture, const json_t *values, uint64_t token)
{
	(void)capture;
	json_decref(fake.values);
	fake.values = json_deep_copy(values);
	fake.requests++;
	fake.token = token;
	return true;
}
