/* SPDX-License-Identifier: ISC */
/* Puts one picture into the ring. A JPEG is copied once, from the source's buffer to
 * its slot; a raw picture is encoded into its slot. Readers are told first, then motion
 * is judged. */
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "capture/capture_internal.h"
#include "jpeg/check.h"
#include "jpeg/exif.h"

enum { REPAIR_ROOM = 1024 }; /* missing Huffman tables are 420 bytes */

/* ---- the ring -------------------------------------------------------- */

void
capture_free_rings(struct capture *capture)
{
	ring_reader_free(&capture->reader);
	ring_writer_free(&capture->ring);
}

/* The largest slot that the memory limit allows. */
static uint32_t
slot_most(const struct capture *capture)
{
	uint64_t ring = capture->settings.ring_most != 0 ? capture->settings.ring_most : RING_MOST;
	uint64_t most = ring / RING_SLOTS_MIN;

	if (capture->settings.slot_kb != 0)
		return capture->settings.slot_kb * 1024;
	return most < RING_SLOT_SIZE_MIN ? RING_SLOT_SIZE_MIN
	    : most > RING_SLOT_SIZE_MAX	 ? RING_SLOT_SIZE_MAX
					 : (uint32_t)most;
}

/* Bytes of a slot for frames of this size, of which one has `least` bytes. */
static uint32_t
slot_size(const struct capture *capture, uint32_t width, uint32_t height, uint32_t least)
{
	uint64_t size = UINT64_C(2) * width * height;
	uint32_t announced = capture->source->mode.image_size, most = slot_most(capture);

	if (announced != 0 && announced < size)
		size = announced;
	size += REPAIR_ROOM;
	if (size < least)
		size = least;
	if (size < RING_SLOT_SIZE_MIN)
		size = RING_SLOT_SIZE_MIN;
	return capture->settings.slot_kb != 0 || size > most ? most : (uint32_t)size;
}

/* Fewer slots where they are large. */
static unsigned
slot_count(const struct capture *capture, uint32_t size)
{
	uint64_t ring = capture->settings.ring_most != 0 ? capture->settings.ring_most : RING_MOST;
	uint64_t count = ring / size;

	if (capture->settings.slot_kb != 0 || count > capture->settings.slots)
		return capture->settings.slots;
	return count < RING_SLOTS_MIN ? RING_SLOTS_MIN : (unsigned)count;
}

/* Begin a new ring with slots of `size` bytes, and tell readers to attach again. */
static int
replace_ring(struct capture *capture, uint32_t size, struct cause *why)
{
	struct ring_writer *ring = ring_writer_new(slot_count(capture, size), size, why);
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

/* Make sure that the ring can hold frames of this size, and one of `least` bytes. 1 with
 * *why: that would need more memory than allowed. */
static int
ensure_ring(
    struct capture *capture, uint32_t width, uint32_t height, uint32_t least, struct cause *why)
{
	uint32_t has = capture->ring != NULL ? ring_writer_slot_size(capture->ring) : 0;
	uint32_t size = slot_size(capture, width, height, least), most = slot_most(capture);

	if (least > most) {
		cause_set(why, "a picture of %u bytes, %u are the most the ring has room for (%s)",
		    least, most, capture->settings.slot_kb != 0 ? "slot_kb" : "ring_mb");
		return 1;
	}
	if (has >= size)
		return 0;
	if (least > has && has > 0 && size < 2 * (uint64_t)has)
		size = most / 2 < has ? most : 2 * has; /* so that it does not grow often */
	if (replace_ring(capture, size, why) == 0)
		return 0;
	return has > 0 ? 1 : -1;
}

static void
ring_bells(struct capture *capture)
{
	uint64_t one = 1;

	for (unsigned i = 0; i < capture->bell_count; i++) {
		ssize_t ignored = write(capture->bells[i], &one, sizeof one);

		(void)ignored; /* a counter that is full rings as well */
	}
}

/* The frame has arrived. Returns the age at which it is stale. It goes with the frame, so
 * that daemon and workers agree. */
static uint32_t
stale_ms(struct capture *capture, const struct frame_info *frame, uint64_t now)
{
	uint64_t limit;

	staleness_arrive(&capture->staleness, now);
	limit = (frame_age_ns(frame, now) + staleness_limit_ns(&capture->staleness)) / CLOCK_MS;
	return limit < UINT32_MAX ? (uint32_t)limit : UINT32_MAX;
}

/* The frame in the open slot is complete: number it and tell the readers. */
static void
commit(struct capture *capture, struct frame_info *frame)
{
	uint64_t frame_ns;

	frame->stale_ms = stale_ms(capture, frame, clock_mono_ns());
	rate_add(&capture->rate, frame->mono_ns);
	frame_ns = rate_frame_ns(&capture->rate);
	frame->change = (uint16_t)capture->status.motion.change;
	frame->sequence = ring_writer_commit(capture->ring, frame);
	pthread_mutex_lock(&capture->lock);
	ring_bells(capture);
	capture->status.frame = *frame;
	capture->status.frames++;
	capture->status.fps = frame_ns != 0 ? (double)CLOCK_S / (double)frame_ns : 0;
	capture->status.mode.width = frame->width;
	capture->status.mode.height = frame->height;
	pthread_mutex_unlock(&capture->lock);
}

/* ---- pictures -------------------------------------------------------- */

/* Pass the picture over: count and log it. The reason stays in capture->refusal. */
static int
refuse(struct capture *capture, uint64_t *counter)
{
	++*counter;
	log_debug("capture", "picture refused: %s", capture->refusal.text);
	return 1;
}

/* Make room for a frame. 1: passed over and counted. */
static int
make_room(
    struct capture *capture, uint32_t width, uint32_t height, uint32_t least, struct cause *why)
{
	struct cause reason;
	int result = ensure_ring(capture, width, height, least, &reason);

	if (result == 1) {
		capture->refusal = reason;
		return refuse(capture, &capture->oversized);
	}
	if (result == -1)
		*why = reason;
	return result;
}

/* Copy a JPEG into the ring's open slot. */
static int
put_jpeg(struct capture *capture, const struct picture *picture, struct frame_info *frame,
    struct cause *why)
{
	uint32_t most = capture->settings.wanted.image_most != 0
	    ? capture->settings.wanted.image_most
	    : SOURCE_IMAGE_MOST;
	struct jpeg_shape shape;
	int room;

	if (accept_jpeg(capture, picture, &shape) == -1)
		return refuse(capture, &capture->broken);
	frame->orientation = shape.orientation;
	frame->width = exif_swaps(shape.orientation) ? shape.height : shape.width;
	frame->height = exif_swaps(shape.orientation) ? shape.width : shape.height;
	frame->length = jpeg_repaired_length(&shape);
	if (frame->length > most + REPAIR_ROOM) {
		cause_set(
		    &capture->refusal, "a picture of more than %u MiB (image_mb)", most >> 20);
		return refuse(capture, &capture->oversized);
	}
	room = make_room(capture, frame->width, frame->height, frame->length, why);
	if (room != 0)
		return room;
	capture->slot = ring_writer_begin(capture->ring);
	jpeg_repair(picture->data, &shape, capture->slot);
	return 0;
}

/* Encode a raw picture into the ring's open slot, which grows if it must. */
static int
put_raw(struct capture *capture, const struct picture *picture, struct frame_info *frame,
    struct cause *why)
{
	uint64_t begun = clock_mono_ns();
	uint32_t least = 0;
	long length;
	int quality, room;

	if (jpeg_check_raw(picture, &capture->refusal) == -1)
		return refuse(capture, &capture->broken);
	pthread_mutex_lock(&capture->lock);
	quality = capture->tuning.quality;
	pthread_mutex_unlock(&capture->lock);
	do {
		room = make_room(capture, picture->width, picture->height, least, why);
		if (room != 0)
			return room;
		capture->slot = ring_writer_begin(capture->ring);
		least = ring_writer_slot_size(capture->ring);
		length = encoder_pool_encode(
		    capture->pool, picture, quality, capture->slot, least, &capture->refusal);
		least++;
	} while (length == -1); /* the picture is whole, so it failed because it did not fit */
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
	int result = raw ? put_raw(capture, picture, &frame, why)
			 : put_jpeg(capture, picture, &frame, why);

	if (result != 0) {
		source_release(capture->source);
		return result;
	}
	commit(capture, &frame);
	if (raw)
		analysis_raw(capture, picture, &frame);
	source_release(capture->source);
	if (!raw)
		analysis_jpeg(capture, &frame);
	return 0;
}
