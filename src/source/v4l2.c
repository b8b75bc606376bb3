/* SPDX-License-Identifier: ISC */
/* v4l2: a camera, streamed through buffers that the driver shares with us (kernel:
 * Documentation/userspace-api/media/v4l/mmap.rst). All buffers but the current one are always
 * queued. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "protocol/reasons.h"
#include "source/stamp.h"
#include "source/v4l2_device.h"

enum {
	BUFFERS_MOST = 32,
	BUFFERS_INITIAL = 4,
	TROUBLE_MOST = 16, /* failed dequeues in a row before we start over */
};

struct v4l2 {
	struct source source;
	struct v4l2_pix_format format;
	struct v4l2_controls *controls;
	struct {
		void *start;
		size_t length;
	} buffers[BUFFERS_MOST];
	unsigned count;
	struct v4l2_buffer held; /* the picture given out */
	bool holding, streaming, lost;
	uint32_t newest; /* the driver's number of the newest picture seen */
	struct stamps stamps;
	uint64_t empty_ns; /* when the driver last had nothing */
	unsigned trouble;
	struct cause loss; /* why `lost` */
};

static struct v4l2_buffer
buffer_named(unsigned index)
{
	return (struct v4l2_buffer){
		.index = index, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP
	};
}

/* A call failed. When their device has gone, drivers answer differently. */
static int
explain(const struct v4l2 *camera, const char *doing, struct cause *why)
{
	const struct source_mode *mode = &camera->source.mode;

	cause_errno(why, "%s: %s", mode->device, doing);
	if (errno == ENODEV || access(mode->device, F_OK) == -1)
		cause_detail(why, &reason_camera_unplugged, "%s (%s) was unplugged", mode->name,
		    mode->device);
	return -1;
}

/* Give a buffer to the driver. If the driver refuses, it is started again. */
static int
queue_buffer(struct v4l2 *camera, unsigned index, struct cause *why)
{
	struct v4l2_buffer buffer = buffer_named(index);

	if (v4l2_ioctl(camera->source.fd, VIDIOC_QBUF, &buffer) == 0)
		return 0;
	return explain(camera, "giving a buffer back", why);
}

static void
requeue(struct v4l2 *camera, unsigned index)
{
	if (!camera->lost && queue_buffer(camera, index, &camera->loss) == -1)
		camera->lost = true;
}

/* ---- one picture ----------------------------------------------------- */

/* Is the buffer a whole picture, as far as the driver knows? */
static bool
is_whole(const struct v4l2 *camera, const struct v4l2_buffer *buffer)
{
	return !(buffer->flags & V4L2_BUF_FLAG_ERROR) && buffer->index < camera->count &&
	    buffer->bytesused <= camera->buffers[buffer->index].length &&
	    buffer->bytesused >= v4l2_whole(camera->source.mode.format, &camera->format);
}

enum dequeued { DEQUEUED_NONE, DEQUEUED_BAD, DEQUEUED_GOOD, DEQUEUED_GONE };

static enum dequeued
dequeue(struct v4l2 *camera, struct v4l2_buffer *buffer, struct cause *why)
{
	*buffer = buffer_named(0);
	if (v4l2_ioctl(camera->source.fd, VIDIOC_DQBUF, buffer) == 0) {
		if (is_whole(camera, buffer))
			return DEQUEUED_GOOD;
		requeue(camera, buffer->index);
		return DEQUEUED_BAD;
	}
	if (errno == EAGAIN)
		return DEQUEUED_NONE;
	/* A temporary fault, such as a lost signal (vidioc-qbuf.rst). */
	if (errno == EIO && ++camera->trouble < TROUBLE_MOST)
		return DEQUEUED_BAD;
	explain(camera, "taking a picture", why);
	return DEQUEUED_GONE;
}

/* When the picture was taken. Kernel, buffer.rst: which clock a driver uses. */
static void
stamp(struct v4l2 *camera, struct picture *picture, uint64_t now)
{
	const struct v4l2_buffer *buffer = &camera->held;
	uint64_t said = (uint64_t)buffer->timestamp.tv_sec * CLOCK_S +
	    (uint64_t)buffer->timestamp.tv_usec * 1000;
	bool monotonic = (buffer->flags & V4L2_BUF_FLAG_TIMESTAMP_MASK) ==
	    V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
	const char *complaint;

	picture->mono_ns = stamp_believe(
	    &camera->stamps, said, monotonic, camera->empty_ns, now, &complaint);
	picture->wall_ns = clock_wall_ns() - (now - picture->mono_ns);
	if (complaint != NULL)
		log_notice("v4l2", "%s: its time stamps %s: the time of arrival is used",
		    camera->source.mode.name, complaint);
}

static void
hand_out(struct v4l2 *camera, struct picture *picture, uint64_t now)
{
	const struct v4l2_buffer *buffer = &camera->held;

	camera->holding = true;
	camera->trouble = 0;
	picture->format = camera->source.mode.format;
	picture->width = camera->format.width;
	picture->height = camera->format.height;
	picture->stride = camera->format.bytesperline;
	picture->data = camera->buffers[buffer->index].start;
	picture->length = buffer->bytesused;
	picture->studio = v4l2_is_studio(picture->format, &camera->format);
	stamp(camera, picture, now);
}

/* uvcvideo fills buffers on several CPUs and may finish an older picture after a newer one
 * (kernel: uvc_video.c, uvc_video_copy_data_work). The number must be behind by less than the
 * number of buffers: some drivers do not count, or start again. */
static bool
is_late(const struct v4l2 *camera, const struct v4l2_buffer *buffer)
{
	uint32_t behind = camera->newest - buffer->sequence;

	return behind > 0 && behind < camera->count;
}

/* Dequeue until there is nothing newer; older buffers go straight back. */
static enum source_result
v4l2_take(struct source *source, struct picture *picture, struct cause *why)
{
	struct v4l2 *camera = (struct v4l2 *)source;
	struct v4l2_buffer buffer;
	bool have = false;
	uint64_t now;

	for (;;) {
		enum dequeued result = camera->lost ? DEQUEUED_GONE : dequeue(camera, &buffer, why);

		if (result == DEQUEUED_GONE && camera->lost)
			*why = camera->loss;
		if (result == DEQUEUED_GONE)
			return SOURCE_GONE;
		if (result == DEQUEUED_NONE)
			break;
		if (result == DEQUEUED_BAD) {
			source->counters.broken++;
			continue;
		}
		if (is_late(camera, &buffer)) {
			source->counters.dropped++;
			requeue(camera, buffer.index);
			continue;
		}
		if (have) {
			source->counters.dropped++;
			requeue(camera, camera->held.index);
		}
		camera->held = buffer;
		camera->newest = buffer.sequence;
		have = true;
	}
	now = clock_mono_ns();
	if (have)
		hand_out(camera, picture, now);
	camera->empty_ns = now;
	return have ? SOURCE_PICTURE : SOURCE_AGAIN;
}

static void
v4l2_release(struct source *source)
{
	struct v4l2 *camera = (struct v4l2 *)source;

	if (camera->holding)
		requeue(camera, camera->held.index);
	camera->holding = false;
}

/* ---- the driver's notices ---------------------------------------------- */

static bool
v4l2_notice(struct source *source)
{
	struct v4l2 *camera = (struct v4l2 *)source;
	struct v4l2_event event;
	bool controls = false;

	while (v4l2_ioctl(source->fd, VIDIOC_DQEVENT, &event) == 0) {
		controls |= event.type == V4L2_EVENT_CTRL;
		if (event.type == V4L2_EVENT_SOURCE_CHANGE) {
			camera->lost = true;
			cause_set(&camera->loss, "%s: the signal changed", source->mode.name);
		}
	}
	return controls;
}

static void
subscribe(int fd)
{
	struct v4l2_event_subscription change = { .type = V4L2_EVENT_SOURCE_CHANGE };
	int input = 0;

	/* Only receivers of a signal have this; others answer ENOTTY or EINVAL. */
	if (v4l2_ioctl(fd, VIDIOC_G_INPUT, &input) == 0)
		change.id = (uint32_t)input;
	if (v4l2_ioctl(fd, VIDIOC_SUBSCRIBE_EVENT, &change) == -1)
		log_debug("v4l2", "no notice of signal changes: %s", strerror(errno));
}

/* ---- opening and closing --------------------------------------------- */

static int
request_buffers(struct v4l2 *camera, uint32_t wanted, struct cause *why)
{
	struct v4l2_requestbuffers request = { .type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.memory = V4L2_MEMORY_MMAP,
		.count = wanted != 0 ? wanted : BUFFERS_INITIAL };

	if (v4l2_ioctl(camera->source.fd, VIDIOC_REQBUFS, &request) == -1)
		return errno == EBUSY
		    ? cause_detail(why, &reason_camera_in_use, "%s is in use by another program",
			  camera->source.mode.device)
		    : explain(camera, "asking for buffers", why);
	if (request.count < 2)
		return cause_detail(why, &reason_camera_unfit, "%s: the driver has too few buffers",
		    camera->source.mode.device);
	camera->count = request.count < BUFFERS_MOST ? request.count : BUFFERS_MOST;
	return 0;
}

static int
map_buffers(struct v4l2 *camera, struct cause *why)
{
	for (unsigned i = 0; i < camera->count; i++) {
		struct v4l2_buffer buffer = buffer_named(i);
		void *start;

		if (v4l2_ioctl(camera->source.fd, VIDIOC_QUERYBUF, &buffer) == -1)
			return explain(camera, "asking for a buffer", why);
		start = mmap(NULL, buffer.length, PROT_READ | PROT_WRITE, MAP_SHARED,
		    camera->source.fd, (off_t)buffer.m.offset);
		if (start == MAP_FAILED)
			return explain(camera, "mapping a buffer", why);
		camera->buffers[i].start = start;
		camera->buffers[i].length = buffer.length;
		if (queue_buffer(camera, i, why) == -1)
			return -1;
	}
	return 0;
}

static int
stream(struct v4l2 *camera, struct cause *why)
{
	int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;

	if (v4l2_ioctl(camera->source.fd, VIDIOC_STREAMON, &type) == -1)
		return explain(camera, "starting the stream", why);
	camera->streaming = true;
	camera->empty_ns = clock_mono_ns();
	return 0;
}

static void
v4l2_close(struct source *source)
{
	struct v4l2 *camera = (struct v4l2 *)source;
	struct v4l2_requestbuffers none = { .type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.memory = V4L2_MEMORY_MMAP };
	int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;

	/* A camera that is gone refuses both; closing frees everything all the same. */
	if (camera->streaming)
		v4l2_ioctl(source->fd, VIDIOC_STREAMOFF, &type);
	for (unsigned i = 0; i < camera->count; i++)
		if (camera->buffers[i].start != NULL)
			munmap(camera->buffers[i].start, camera->buffers[i].length);
	if (camera->count > 0)
		v4l2_ioctl(source->fd, VIDIOC_REQBUFS, &none);
	close(source->fd);
	v4l2_controls_free(camera->controls);
	free(camera);
}

static void
camera_read_controls(struct source *source, bool all)
{
	v4l2_controls_read(((struct v4l2 *)source)->controls, all);
}

static bool
camera_step_controls(struct source *source)
{
	return v4l2_controls_step(((struct v4l2 *)source)->controls, source->fd);
}

static json_t *
camera_controls(struct source *source)
{
	return v4l2_controls_list(((struct v4l2 *)source)->controls);
}

static int
camera_check_control(
    struct source *source, const char *name, const json_t *value, struct cause *why)
{
	return v4l2_check_control(((struct v4l2 *)source)->controls, name, value, why);
}

static int
camera_set_control(struct source *source, const char *name, const json_t *value, struct cause *why)
{
	return v4l2_set_control(((struct v4l2 *)source)->controls, source->fd, name, value, why);
}

static const struct source_kind v4l2_kind = {
	.name = "v4l2",
	.take = v4l2_take,
	.release = v4l2_release,
	.close = v4l2_close,
	.notice = v4l2_notice,
	.read_controls = camera_read_controls,
	.step_controls = camera_step_controls,
	.controls = camera_controls,
	.check_control = camera_check_control,
	.set_control = camera_set_control,
};

/* Everything but the stream itself. The camera owns the node from now on. */
static int
set_up(struct v4l2 *camera, const struct v4l2_node *node, const struct source_request *wanted,
    struct cause *why)
{
	struct source_mode *mode = &camera->source.mode;

	snprintf(mode->name, sizeof mode->name, "%s", node->card);
	snprintf(mode->bus, sizeof mode->bus, "%s", node->bus);
	snprintf(mode->device, sizeof mode->device, "%s", node->path);
	mode->node = node->number;
	if (v4l2_negotiate(node, wanted, mode, &camera->format, why) == -1)
		return -1;
	if (request_buffers(camera, wanted->buffers, why) == -1 || map_buffers(camera, why) == -1) {
		errno = EIO;
		return -1;
	}
	v4l2_tell_apart(node, mode->self);
	subscribe(camera->source.fd);
	return 0;
}

/* A camera that streams, from a node that was just opened. errno is ENOENT when it is no camera. */
static struct source *
start(const struct v4l2_node *node, const struct source_request *wanted, struct cause *why)
{
	struct v4l2 *camera = calloc(1, sizeof *camera);
	struct source *source;
	int error = EIO;

	if (camera == NULL || (camera->controls = v4l2_controls_new()) == NULL) {
		cause_errno(why, "camera");
		close(node->fd);
		free(camera);
		return NULL;
	}
	source = &camera->source;
	*source = (struct source){
		.kind = &v4l2_kind, .fd = node->fd, .mode.kind = v4l2_kind.name
	};
	if (set_up(camera, node, wanted, why) == -1)
		error = errno;
	else if (stream(camera, why) == 0)
		return source;
	source_close(&source);
	errno = error;
	return NULL;
}

/* The first that streams. If none does: why the best of them does not. */
static struct source *
open_any(const struct source_request *wanted, struct cause *why)
{
	uint8_t numbers[SOURCE_NODES];
	unsigned count = v4l2_rank(wanted, numbers, why);
	int error = errno;

	for (unsigned i = 0; i < count; i++) {
		struct cause reason;
		struct v4l2_node node = { .fd = -1, .number = -1 };
		struct source *source = NULL;
		char path[32];

		snprintf(path, sizeof path, "/dev/video%u", numbers[i]);
		if (v4l2_open_node(path, &node, &reason) == 0)
			source = start(&node, wanted, &reason);
		if (source != NULL)
			return source;
		if (i == 0 || (error == ENOENT && errno != ENOENT)) {
			error = errno;
			cause_copy(why, &reason);
		}
	}
	errno = error;
	return NULL;
}

struct source *
v4l2_open(const struct source_request *wanted, struct cause *why)
{
	struct source_request ours = *wanted;
	struct v4l2_node node = { .fd = -1, .number = -1 };
	struct source *source;

	if (wanted->device[0] == '\0')
		return open_any(wanted, why);
	if (v4l2_open_node(wanted->device, &node, why) == 0)
		return start(&node, wanted, why);
	if (errno != ENOENT || wanted->card == NULL)
		return NULL;
	ours.only_ours = true;
	source = open_any(&ours, NULL);
	if (source == NULL)
		errno = ENOENT;
	return source;
}
