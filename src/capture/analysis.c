/* SPDX-License-Identifier: ISC */
/* Motion, in frames that are already published. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "capture/grey.h"
#include "capture/capture_internal.h"

enum { BLIND_RUN = 5 };

/* Is a judgement due, and with what tuning? The due time advances by the interval, not
 * from the frame's time: so 15 frames a second give 10 judgements a second, not 7.5. */
static bool
analysis_is_due(struct capture *capture, uint64_t mono_ns, struct motion_settings *detect)
{
	uint64_t interval = 0;

	pthread_mutex_lock(&capture->lock);
	*detect = capture->tuning.detect;
	if (capture->tuning.motion)
		interval = CLOCK_S / capture->tuning.motion_fps;
	else
		capture->status.motion = (struct motion_verdict){ 0 };
	pthread_mutex_unlock(&capture->lock);
	if (interval == 0 || mono_ns < capture->analysis_ns)
		return false;
	capture->analysis_ns += interval;
	if (capture->analysis_ns <= mono_ns)
		capture->analysis_ns = mono_ns + interval;
	return true;
}

static bool
ensure_grey(struct capture *capture, const struct frame_info *frame)
{
	uint32_t need = grey_size(frame->width, frame->height);
	unsigned char *grey;

	if (need <= capture->grey_capacity)
		return true;
	grey = realloc(capture->grey, 2 * (size_t)need);
	if (grey == NULL)
		return false;
	capture->grey = grey;
	capture->grey_capacity = need;
	return true;
}

/* Put the verdict into the status. Changes held back one after the other count once. */
static void
note_verdict(struct capture *capture, const struct motion_verdict *verdict)
{
	struct capture_status *status = &capture->status;

	pthread_mutex_lock(&capture->lock);
	if (verdict->held != status->motion.held) {
		status->light_held += verdict->held == MOTION_LIGHT;
		status->cooldown_held += verdict->held == MOTION_COOLDOWN;
	}
	if (verdict->change >= status->peak.change)
		status->peak = *verdict;
	status->motion = *verdict;
	pthread_mutex_unlock(&capture->lock);
}

static void
judge(struct capture *capture, const struct motion_settings *detect, const struct frame_info *frame,
    uint32_t width, uint32_t height)
{
	struct motion_verdict verdict = motion_judge(
	    capture->motion, detect, capture->grey, width, height, frame->mono_ns);
	enum span_step step = spans_look(capture, &verdict, frame);

	note_verdict(capture, &verdict);
	spans_tell(capture, step, &verdict, frame);
}

void
analysis_raw(struct capture *capture, const struct picture *picture, const struct frame_info *frame)
{
	struct motion_settings detect;
	uint32_t width, height;

	if (!analysis_is_due(capture, frame->mono_ns, &detect) || !ensure_grey(capture, frame))
		return;
	grey_shrink(picture, capture->grey, &width, &height);
	judge(capture, &detect, frame, width, height);
}

/* `why`: why a picture could not be judged; NULL: it was judged. One may be damaged; only
 * many in a row are reported. */
static void
note_blind(struct capture *capture, const struct cause *why)
{
	static const struct cause none;
	const struct cause *now = why != NULL ? why : &none;

	capture->blind_run = why != NULL ? capture->blind_run + 1 : 0;
	if (strcmp(capture->status.blind.text, now->text) == 0 ||
	    (why != NULL && capture->blind_run < BLIND_RUN))
		return;
	if (why != NULL)
		log_warning("capture", "no motion is seen: %s", why->text);
	pthread_mutex_lock(&capture->lock);
	capture->status.blind = *now;
	capture->status.motion = (struct motion_verdict){ 0 };
	pthread_mutex_unlock(&capture->lock);
	if (why != NULL)
		spans_end(capture, why);
}

/* Decode it small and grey, turned as people see it. */
static int
decode_turned(struct capture *capture, const struct frame_info *frame, uint32_t *width,
    uint32_t *height, struct cause *why)
{
	unsigned char *coded = capture->grey;

	if (frame->orientation > 1)
		coded += capture->grey_capacity;
	if (jpeg_decode_grey8(capture->decoder, capture->slot, frame->length, coded,
		capture->grey_capacity, width, height, why) == -1)
		return -1;
	if (coded != capture->grey)
		grey_turn(coded, width, height, frame->orientation, capture->grey);
	return 0;
}

void
analysis_jpeg(struct capture *capture, const struct frame_info *frame)
{
	uint64_t begun = clock_mono_ns();
	struct motion_settings detect;
	uint32_t width, height;
	struct cause why;

	if (!analysis_is_due(capture, frame->mono_ns, &detect) || !ensure_grey(capture, frame))
		return;
	if (decode_turned(capture, frame, &width, &height, &why) == 0) {
		note_blind(capture, NULL);
		judge(capture, &detect, frame, width, height);
	} else {
		note_blind(capture, &why);
	}
	/* Pictures that are hard to decode may take half of the thread's time. */
	begun = frame->mono_ns + 2 * (clock_mono_ns() - begun);
	if (capture->analysis_ns < begun)
		capture->analysis_ns = begun;
}
