/* SPDX-License-Identifier: ISC */
/* Spans of motion: reports to the loop when one begins, with its picture, and when it ends. A span
 * also ends when the camera is lost, or motion is switched off. */
#include "base/clock.h"
#include "capture/capture_internal.h"
#include "protocol/reasons.h"

/* Why spans are not allowed now; NULL: they are. */
static const struct reason *
spans_forbidden(const struct capture_tuning *tuning)
{
	if (!tuning->motion)
		return &reason_motion_off;
	return tuning->disarmed ? &reason_not_armed : NULL;
}

enum span_step
spans_look(struct capture *capture, struct motion_verdict *verdict, const struct frame_info *frame)
{
	struct span_picture picture = { .above = verdict->held == MOTION_FREE,
		.change = verdict->change,
		.mono_ns = frame->mono_ns,
		.wall_ns = frame->wall_ns };
	enum span_step step = SPAN_NONE;
	bool allowed;

	pthread_mutex_lock(&capture->lock);
	allowed = spans_forbidden(&capture->tuning) == NULL;
	if (allowed)
		step = span_look(&capture->status.span, &capture->tuning.spans, &picture);
	pthread_mutex_unlock(&capture->lock);
	if (!allowed && picture.above)
		verdict->held = MOTION_DISARMED;
	if (step == SPAN_SHORT)
		verdict->held = MOTION_SHORT;
	if (step == SPAN_COOLDOWN)
		verdict->held = MOTION_COOLDOWN;
	return step;
}

static void
tell_begin(
    struct capture *capture, const struct motion_verdict *verdict, const struct frame_info *frame)
{
	struct capture_report report = {
		.kind = CAPTURE_MOTION, .verdict = *verdict, .frame = *frame
	};
	struct capture_status now;

	capture_status(capture, &now);
	report.mode = now.mode;
	report.generation = now.generation;
	report.span = now.span;
	report.frame.change = (uint16_t)verdict->change;
	capture_report(capture, &report, capture->slot);
}

static void
tell_end(
    struct capture *capture, const struct span *span, const struct cause *reason, uint64_t wall_ns)
{
	static const struct cause none;
	struct capture_report report = { .kind = CAPTURE_MOTION_END,
		.span = *span,
		.reason = reason != NULL ? *reason : none,
		.ended_ns = wall_ns };

	capture_report(capture, &report, NULL);
}

void
spans_tell(struct capture *capture, enum span_step step, const struct motion_verdict *verdict,
    const struct frame_info *frame)
{
	if (step == SPAN_BEGINS)
		tell_begin(capture, verdict, frame);
	if (step == SPAN_ENDS) {
		struct capture_status now;

		capture_status(capture, &now);
		tell_end(capture, &now.span, NULL, frame->wall_ns);
	}
}

void
spans_end(struct capture *capture, const struct cause *reason)
{
	struct span span;
	bool ended;

	pthread_mutex_lock(&capture->lock);
	ended = span_end(&capture->status.span);
	span = capture->status.span;
	pthread_mutex_unlock(&capture->lock);
	if (ended)
		tell_end(capture, &span, reason, clock_wall_ns());
}

void
spans_check(struct capture *capture)
{
	struct cause reason;
	const struct reason *why;

	pthread_mutex_lock(&capture->lock);
	why = spans_forbidden(&capture->tuning);
	pthread_mutex_unlock(&capture->lock);
	if (why == NULL)
		return;
	cause_reason(&reason, why);
	spans_end(capture, &reason);
}
