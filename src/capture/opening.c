/* SPDX-License-Identifier: ISC */
/* opening: which source is open, and when it is online. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "protocol/reasons.h"
#include "capture/capture_internal.h"

#define RETRY_FIRST_NS (100 * CLOCK_MS)
#define RETRY_MOST_NS (2 * CLOCK_S) /* a camera is back within 3 s of its return */
#define STEADY_NS (5 * CLOCK_S)	    /* after this long, a failure starts the delays anew */
#define LOOK_NS (2 * CLOCK_S)	    /* for a camera that cannot be opened yet */
#define IDLE_NS CLOCK_S	      /* after this long without pictures, a FIFO may have been made anew */
#define HOLD_NS (3 * CLOCK_S) /* a lost camera may come back: open no other before that */

/* ---- on and off ------------------------------------------------------ */

void
opening_copy_counters(struct capture *capture)
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

void
opening_go_offline(struct capture *capture, const struct cause *reason)
{
	struct capture_report report = { .kind = CAPTURE_OFFLINE, .reason = *reason };
	struct capture_status *status = &capture->status;
	bool news = !capture->reported || status->online ||
	    strcmp(status->reason.text, reason->text) != 0;

	cause_default(&report.reason, &reason_camera_offline);
	spans_end(capture, &report.reason);
	pthread_mutex_lock(&capture->lock);
	status->online = false;
	status->reason = report.reason;
	status->fps = 0;
	pthread_mutex_unlock(&capture->lock);
	if (!news)
		return;
	capture->reported = true;
	report.mode = status->mode;
	log_warning("capture", "offline: %s", reason->text);
	capture_report(capture, &report, NULL);
}

/* Remember this camera: no test card replaces it, and no other camera while this one can
 * be found. */
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

void
opening_go_online(struct capture *capture)
{
	struct capture_report report = { .kind = CAPTURE_ONLINE };
	const struct source_mode *mode = &capture->status.mode;
	char rate[32] = "";

	pthread_mutex_lock(&capture->lock);
	capture->status.online = true;
	cause_clear(&capture->status.reason);
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

void
opening_close(struct capture *capture)
{
	if (capture->source == NULL)
		return;
	capture->dropped += capture->source->counters.dropped;
	capture->broken += capture->source->counters.broken;
	source_close(&capture->source);
	opening_copy_counters(capture);
}

uint8_t *
opening_failures(struct capture *capture)
{
	int node = capture->source->mode.node;

	return &capture->failures[node >= 0 && node < SOURCE_NODES ? node : SOURCE_NODES];
}

void
opening_count_picture(struct capture *capture)
{
	if (capture->pictures < STALENESS_SMOOTH && ++capture->pictures == STALENESS_SMOOTH)
		*opening_failures(capture) = 0;
}

void
opening_give_up(struct capture *capture, const struct cause *reason)
{
	uint64_t now = clock_mono_ns();

	if (capture->staleness.arrived && now - capture->opened_ns > STEADY_NS)
		capture->delay_ns = RETRY_FIRST_NS;
	if (capture->source != NULL && capture->pictures < STALENESS_SMOOTH &&
	    *opening_failures(capture) < UINT8_MAX)
		++*opening_failures(capture);
	opening_close(capture);
	capture->retry_ns = now + capture->delay_ns;
	capture->delay_ns = capture->delay_ns * 2 < RETRY_MOST_NS ? capture->delay_ns * 2
								  : RETRY_MOST_NS;
	opening_go_offline(capture, reason);
}

static bool
is_same(const struct source_mode *a, const struct source_mode *b)
{
	return a->kind == b->kind && strcmp(a->name, b->name) == 0 && strcmp(a->bus, b->bus) == 0 &&
	    strcmp(a->self, b->self) == 0;
}

/* If this source replaced another one, motion of that one ends here. */
static void
end_former_span(struct capture *capture)
{
	struct cause reason;

	cause_detail(&reason, &reason_other_camera, "%s was opened", capture->source->mode.name);
	spans_end(capture, &reason);
}

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

void
opening_open(struct capture *capture)
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
	/* We know that it is lost: keep that reason. */
	if (errno == ENOENT && capture->lost)
		why = capture->status.reason;
	else
		capture->lost = false;
	opening_give_up(capture, &why);
}

/* May a camera replace this source? It may replace the test card, and a camera that
 * delivers nothing and was not named. */
static bool
is_makeshift(const struct capture *capture)
{
	if (strcmp(capture->source->mode.kind, "testcard") == 0)
		return strcmp(capture->wanted.kind, "auto") == 0;
	return capture->source->mode.node >= 0 && capture->wanted.device[0] == '\0' &&
	    capture->silent;
}

/* Is the open file still the one at its path? */
static void
look_behind(struct capture *capture)
{
	uint64_t now = clock_mono_ns();

	capture->look_ns = now + IDLE_NS;
	if (now - capture->staleness.since_ns < IDLE_NS || !source_moved(capture->source))
		return;
	log_notice("capture", "%s has been made anew", capture->source->mode.name);
	opening_close(capture);
	opening_open(capture);
}

void
opening_look_beside(struct capture *capture)
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
	opening_close(capture);
	take_over(capture, camera);
}

void
opening_nodes_changed(struct capture *capture)
{
	if (capture->source != NULL) {
		opening_look_beside(capture);
		return;
	}
	capture->delay_ns = RETRY_FIRST_NS;
	capture->retry_ns = clock_mono_ns();
}

void
opening_first(struct capture *capture)
{
	capture->delay_ns = RETRY_FIRST_NS;
	opening_open(capture);
}
