/* SPDX-License-Identifier: ISC */
/* One picture on its way into the ring. A JPEG is copied once, from the source's
 * buffer to its slot; a raw picture is encoded into its slot. Readers are told
 * before motion is looked at: nobody waits for that. */
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "capture/inside.h"
#include "jpeg/check.h"

enum {
	REPAIR_ROOM = 1024,		/* missing Huffman tables are 420 bytes */
	SIDE_MAX = 65500,		/* libjpeg's JPEG_MAX_DIMENSION */
};

uint64_t
capture_stale_ns(const struct capture *capture)
{
	const struct source_mode *mode = &capture->status.mode;
	uint64_t frame_ns = rate_frame_ns(&capture->rate);

	if (frame_ns == 0 && mode->fps_num != 0)
		frame_ns = CLOCK_S * mode->fps_den / mode->fps_num;
	return 3 * frame_ns + CLOCK_S;
}

/* ---- the ring ---------------------------------------------------------------- */

void
capture_free_rings(struct capture *capture)
{
	ring_reader_free(&capture->reader);
	ring_writer_free(&capture->ring);
}

/* What the largest frame of this size may take. */
static uint32_t
slot_size(const struct capture *capture, uint32_t width, uint32_t height)
{
	uint64_t size = UINT64_C(2) * width * height;
	uint32_t announced = capture->source->mode.image_size;

	if (capture->settings.slot_kb != 0)
		return capture->settings.slot_kb * 1024;
	if (announced != 0 && announced < size)
		size = announced;
	if (size > SOURCE_IMAGE_MAX)
		size = SOURCE_IMAGE_MAX;
	return (uint32_t)size + REPAIR_ROOM < RING_SLOT_SIZE_MIN ?
	    RING_SLOT_SIZE_MIN : (uint32_t)size + REPAIR_ROOM;
}

/* Begin a new ring of `size` byte slots; its readers are told to attach again. */
static int
replace_ring(struct capture *capture, uint32_t size, struct cause *why)
{
	struct ring_writer *ring = ring_writer_new(capture->settings.slots, size, why);
	struct ring_reader *reader;
	struct capture_report report = { .kind = CAPTURE_RING };

	if (ring == NULL)
		return -1;
	reader = ring_reader_new(ring_writer_fd(ring), why);
	if (reader == NULL) {
		ring_writer_free(&ring);
		return -1;
	}
	pthread_mutex_lock(&capture->lock);
	capture_free_rings(capture);
	capture->ring = ring;
	capture->reader = reader;
	capture->status.generation = ring_writer_generation(ring);
	capture->status.frame = (struct frame_info){ 0 };
	pthread_mutex_unlock(&capture->lock);
	report.generation = ring_writer_generation(ring);
	report.mode = capture->source->mode;
	capture_report(capture, &report, NULL);
	return 0;
}

/* The ring in force takes frames of this size from now on. */
static int
ensure_ring(struct capture *capture, uint32_t width, uint32_t height, struct cause *why)
{
	uint32_t size = slot_size(capture, width, height);

	if (capture->ring != NULL && ring_writer_slot_size(capture->ring) >= size)
		return 0;
	return replace_ring(capture, size, why);
}

static void
ring_bells(struct capture *capture)
{
	uint64_t one = 1;

	for (unsigned i = 0; i < capture->bell_count; i++) {
		ssize_t ignored = write(capture->bells[i], &one, sizeof one);

		(void)ignored;		/* a counter that is full rings as well */
	}
}

/* The frame in the open slot is whole: number it, tell everybody. */
static void
commit(struct capture *capture, struct frame_info *frame)
{
	uint64_t frame_ns;

	rate_add(&capture->rate, frame->mono_ns);
	frame_ns = rate_frame_ns(&capture->rate);
	frame->change = capture->status.motion.change;
	frame->sequence = ring_writer_commit(capture->ring, frame);
	pthread_mutex_lock(&capture->lock);
	ring_bells(capture);
	capture->status.frame = *frame;
	capture->status.frames++;
	capture->status.fps = frame_ns != 0 ? (double)CLOCK_S / (double)frame_ns : 0;
	capture->status.stale_ns = capture_stale_ns(capture);
	capture->status.mode.width = frame->width;
	capture->status.mode.height = frame->height;
	pthread_mutex_unlock(&capture->lock);
}

/* ---- pictures ----------------------------------------------------------------- */

/* Passed over: counted, and remembered in case nothing better comes. */
static int
refuse(struct capture *capture, uint64_t *counter)
{
	++*counter;
	log_debug("capture", "picture refused: %s", capture->refusal.text);
	return 1;
}

/* Copy a JPEG into the ring's open slot. */
static int
put_jpeg(struct capture *capture, const struct picture *picture, struct frame_info *frame,
    struct cause *why)
{
	struct jpeg_shape shape;

	if (jpeg_check(picture->data, picture->length, &shape, &capture->refusal) == -1)
		return refuse(capture, &capture->broken);
	if (ensure_ring(capture, shape.width, shape.height, why) == -1)
		return -1;
	frame->width = shape.width;
	frame->height = shape.height;
	frame->length = jpeg_repaired_length(&shape);
	if (frame->length > ring_writer_slot_size(capture->ring)) {
		cause_set(&capture->refusal, "%u bytes, the ring's slots hold %u", frame->length,
		    ring_writer_slot_size(capture->ring));
		return refuse(capture, &capture->oversized);
	}
	capture->slot = ring_writer_begin(capture->ring);
	jpeg_repair(picture->data, &shape, capture->slot);
	return 0;
}

/* Encode a raw picture into the ring's open slot. */
static int
put_raw(struct capture *capture, const struct picture *picture, struct frame_info *frame,
    struct cause *why)
{
	uint64_t begun = clock_mono_ns();
	long length;
	int quality;

	if (ensure_ring(capture, picture->width, picture->height, why) == -1)
		return -1;
	pthread_mutex_lock(&capture->lock);
	quality = capture->tuning.quality;
	pthread_mutex_unlock(&capture->lock);
	capture->slot = ring_writer_begin(capture->ring);
	length = jpeg_crew_encode(capture->crew, picture, quality, capture->slot,
	    ring_writer_slot_size(capture->ring), &capture->refusal);
	/* The source vouches for size and length: what is left is that it does not fit. */
	if (length == -1)
		return refuse(capture, &capture->oversized);
	frame->width = picture->width;
	frame->height = picture->height;
	frame->length = (uint32_t)length;
	frame->encode_us = (uint32_t)((clock_mono_ns() - begun) / 1000);
	return 0;
}

int
capture_publish(struct capture *capture, const struct picture *picture, struct cause *why)
{
	struct frame_info frame = { .wall_ns = picture->wall_ns, .mono_ns = picture->mono_ns };
	bool raw = picture->format != PIXEL_MJPEG;
	int result = raw ? put_raw(capture, picture, &frame, why) :
	    put_jpeg(capture, picture, &frame, why);

	if (result != 0) {
		source_release(capture->source);
		return result;
	}
	commit(capture, &frame);
	if (raw)
		judge_raw(capture, picture, &frame);
	source_release(capture->source);
	if (!raw)
		judge_jpeg(capture, &frame);
	return 0;
}
