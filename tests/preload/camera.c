/* SPDX-License-Identifier: ISC */
/* The camera itself: buffers, a thread that fills one at each tick, and what
 * the driver would answer. */
#include "camera.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "inside.h"

enum { FDS = 1024 };
#define SECOND UINT64_C(1000000000)

struct camera_stats camera_stats;
static struct camera *cameras[FDS];
static pthread_mutex_t cameras_lock = PTHREAD_MUTEX_INITIALIZER;

static uint64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

/* ---- the tick -------------------------------------------------------- */

static void
wake(struct camera *camera)
{
	if (write(camera->bell, "!", 1) != 1)
		abort();
}

/* One picture or event has been fetched. */
static void
unwake(struct camera *camera)
{
	char one;

	if (read(camera->fd, &one, 1) != 1)
		abort();
}

static unsigned
take_first(unsigned list[BUFFERS], unsigned *first, unsigned *count)
{
	unsigned index = list[*first];

	*first = (*first + 1) % BUFFERS;
	--*count;
	return index;
}

static void
put_last(unsigned list[BUFFERS], unsigned first, unsigned *count, unsigned index)
{
	list[(first + (*count)++) % BUFFERS] = index;
}

/* The picture's time, as this driver has it. */
static void
stamp(const struct camera *camera, struct v4l2_buffer *is, uint64_t now)
{
	const char *how = camera->stamps;
	struct timespec wall;

	if (strcmp(how, "still") == 0)
		now = 1000 * SECOND;
	else if (strcmp(how, "late") == 0)
		now -= 3 * SECOND;
	else if (strcmp(how, "future") == 0)
		now += 3 * SECOND;
	else if (strcmp(how, "back") == 0)
		now -= camera->sequence * SECOND / 10;
	is->timestamp.tv_sec = (time_t)(now / SECOND);
	is->timestamp.tv_usec = (suseconds_t)(now % SECOND / 1000);
	if (strcmp(how, "wall") == 0) {
		clock_gettime(CLOCK_REALTIME, &wall);
		is->timestamp.tv_sec = wall.tv_sec;
	} else if (strcmp(how, "none") == 0) {
		is->flags &= ~(uint32_t)V4L2_BUF_FLAG_TIMESTAMP_MASK;
		is->timestamp.tv_sec = 0;
	}
}

/* Fill the oldest queued buffer, as a driver does when a picture has come in. */
static void
make_frame(struct camera *camera)
{
	uint32_t number = camera->sequence++ ^ camera->swap;
	uint64_t now = now_ns(), held = camera->count - camera->order_count - camera->done_count;
	struct buffer *buffer;
	unsigned index;

	if (held > camera_stats.held_most)
		camera_stats.held_most = held;
	if (camera->order_count == 0) {
		camera_stats.starved++;
		return;
	}
	index = take_first(camera->order, &camera->order_first, &camera->order_count);
	buffer = &camera->buffers[index];
	if (camera->mode.fourcc == V4L2_PIX_FMT_MJPEG)
		camera_stats.copies += pictures_put_jpeg(&camera->pictures, number, now,
		    buffer->start, &buffer->picture, &buffer->is.bytesused);
	else
		pictures_put_raw(camera->mode.fourcc, camera->mode.width, camera->mode.height,
		    number, now, buffer->start, &buffer->picture, &buffer->is.bytesused);
	buffer->is.flags = V4L2_BUF_FLAG_MAPPED | V4L2_BUF_FLAG_DONE |
	    V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC | (camera->error ? V4L2_BUF_FLAG_ERROR : 0);
	if (camera->truncate)
		buffer->is.bytesused /= 2;
	if (camera->garbage) {
		for (uint32_t i = 0; i < buffer->is.bytesused; i++)
			buffer->start[i] = (unsigned char)(i * 2654435761u >> 13);
		buffer->picture = -1;
	}
	buffer->is.sequence = number;
	stamp(camera, &buffer->is, now);
	buffer->where = DONE;
	put_last(camera->done, camera->done_first, &camera->done_count, index);
	camera_stats.frames++;
	wake(camera);
}

static void *
run(void *arg)
{
	struct camera *camera = arg;
	uint64_t due = now_ns();

	/* So that its CPU is not counted as ours. The thread names itself, because a confined
	 * program may not name others. */
	pthread_setname_np(pthread_self(), "camera");
	pthread_mutex_lock(&camera->lock);
	while (camera->streaming) {
		struct timespec at;
		unsigned events = camera->events;

		due += camera->sequence < camera->first ? SECOND / 100
		    : camera->every_ms != 0		? camera->every_ms * SECOND / 1000
							: SECOND / camera->mode.fps;
		at = (struct timespec){ (time_t)(due / SECOND), (long)(due % SECOND) };
		if (pthread_cond_timedwait(&camera->stop, &camera->lock, &at) == 0)
			continue;
		dev_look(camera);
		if (camera->events > events)
			wake(camera);
		if (camera->gone) {
			wake(camera);
			break;
		}
		if (!camera->freeze)
			make_frame(camera);
	}
	pthread_mutex_unlock(&camera->lock);
	return NULL;
}

static int
stream_on(struct camera *camera)
{
	if (camera->streaming)
		return 0;
	if (strcmp(camera->kind, "nostart") == 0) {
		errno = EPROTO;
		return -1;
	}
	camera->sequence = 0;
	camera->streaming = true;
	camera->looked = (struct timespec){ 0 };
	if (pthread_create(&camera->thread, NULL, run, camera) != 0)
		return -1;
	return 0;
}

static int
stream_off(struct camera *camera)
{
	if (camera->streaming) {
		camera->streaming = false;
		pthread_cond_signal(&camera->stop);
		pthread_mutex_unlock(&camera->lock);
		pthread_join(camera->thread, NULL);
		pthread_mutex_lock(&camera->lock);
	}
	while (camera->done_count > 0) {
		take_first(camera->done, &camera->done_first, &camera->done_count);
		unwake(camera);
	}
	camera->order_count = 0;
	for (unsigned i = 0; i < camera->count; i++)
		camera->buffers[i].where = WITH_PROGRAM;
	return 0;
}

/* ---- buffers --------------------------------------------------------- */

static void
free_buffers(struct camera *camera)
{
	for (unsigned i = 0; i < camera->count; i++)
		munmap(camera->buffers[i].start, camera->buffer_size);
	camera->count = 0;
}

static int
request_buffers(struct camera *camera, struct v4l2_requestbuffers *request)
{
	stream_off(camera);
	free_buffers(camera);
	if (request->memory != V4L2_MEMORY_MMAP) {
		errno = EINVAL;
		return -1;
	}
	if (request->count > BUFFERS)
		request->count = BUFFERS;
	camera->buffer_size = (pictures_size(&camera->pictures, camera->mode.fourcc,
				   camera->mode.width, camera->mode.height) +
				  4095u) &
	    ~4095u;
	if (ftruncate(camera->memory, (off_t)camera->buffer_size * request->count) == -1)
		return -1;
	for (unsigned i = 0; i < request->count; i++) {
		struct buffer *buffer = &camera->buffers[i];

		buffer->start = (unsigned char *)syscall(SYS_mmap, NULL, camera->buffer_size,
		    PROT_READ | PROT_WRITE, MAP_SHARED, camera->memory,
		    (long)camera->buffer_size * i);
		if (buffer->start == MAP_FAILED)
			abort();
		buffer->where = WITH_PROGRAM;
		buffer->picture = -1;
		buffer->is = (struct v4l2_buffer){ .index = i,
			.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
			.memory = V4L2_MEMORY_MMAP,
			.length = camera->buffer_size,
			.field = V4L2_FIELD_NONE,
			.m.offset = camera->buffer_size * i,
			.flags = V4L2_BUF_FLAG_MAPPED | V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC };
	}
	camera->count = request->count;
	return 0;
}

static int
invalid(void)
{
	errno = EINVAL;
	return -1;
}

static int
query_buffer(const struct camera *camera, struct v4l2_buffer *buffer)
{
	if (buffer->index >= camera->count)
		return invalid();
	*buffer = camera->buffers[buffer->index].is;
	return 0;
}

static int
queue_buffer(struct camera *camera, const struct v4l2_buffer *wish)
{
	if (wish->index >= camera->count || camera->buffers[wish->index].where != WITH_PROGRAM ||
	    camera->qbuf)
		return invalid();
	camera->buffers[wish->index].where = QUEUED;
	put_last(camera->order, camera->order_first, &camera->order_count, wish->index);
	camera_stats.queued++;
	return 0;
}

/* A program that opened without O_NONBLOCK waits here. */
static int
wait_for_done(struct camera *camera)
{
	while (camera->done_count == 0 && !camera->gone && camera->streaming) {
		struct pollfd fd = { .fd = camera->fd, .events = POLLIN };

		if (camera->nonblock) {
			errno = EAGAIN;
			return -1;
		}
		pthread_mutex_unlock(&camera->lock);
		syscall(SYS_ppoll, &fd, 1, NULL, NULL, 0);
		pthread_mutex_lock(&camera->lock);
	}
	if (camera->done_count > 0 && !camera->gone && !camera->eio)
		return 0;
	errno = camera->gone ? ENODEV : camera->eio ? EIO : EINVAL;
	return -1;
}

static int
dequeue_buffer(struct camera *camera, struct v4l2_buffer *answer)
{
	struct buffer *buffer;

	if (wait_for_done(camera) == -1)
		return -1;
	buffer =
	    &camera->buffers[take_first(camera->done, &camera->done_first, &camera->done_count)];
	unwake(camera);
	buffer->where = WITH_PROGRAM;
	*answer = buffer->is;
	camera_stats.dequeued++;
	return 0;
}

/* ---- events ---------------------------------------------------------- */

static int
dequeue_event(struct camera *camera, struct v4l2_event *event)
{
	if (camera->events == 0) {
		errno = ENOENT;
		return -1;
	}
	camera->events--;
	unwake(camera);
	*event = (struct v4l2_event){ .type = V4L2_EVENT_CTRL, .pending = camera->events };
	return 0;
}

short
camera_events(int fd)
{
	struct camera *camera = cameras[fd];
	short events = 0;

	pthread_mutex_lock(&camera->lock);
	if (camera->done_count > 0)
		events |= POLLIN;
	if (camera->events > 0)
		events |= POLLPRI;
	if (camera->gone)
		events |= POLLERR;
	pthread_mutex_unlock(&camera->lock);
	return events;
}

/* ---- who it is ------------------------------------------------------- */

static int
query_capability(const struct camera *camera, struct v4l2_capability *is)
{
	uint32_t can = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING | V4L2_CAP_EXT_PIX_FORMAT;

	if (strcmp(camera->kind, "mplane") == 0)
		can = V4L2_CAP_VIDEO_CAPTURE_MPLANE | V4L2_CAP_STREAMING;
	else if (strcmp(camera->kind, "output") == 0)
		can = V4L2_CAP_VIDEO_OUTPUT | V4L2_CAP_STREAMING;
	else if (strcmp(camera->kind, "nostream") == 0)
		can = V4L2_CAP_VIDEO_CAPTURE;
	else if (strcmp(camera->kind, "meta") == 0)
		can = V4L2_CAP_META_CAPTURE | V4L2_CAP_STREAMING;
	else if (strcmp(camera->kind, "m2m") == 0)
		can |= V4L2_CAP_VIDEO_M2M;
	else if (strcmp(camera->kind, "iomc") == 0)
		can |= V4L2_CAP_IO_MC;
	else if (strcmp(camera->kind, "loopback") == 0)
		can |= V4L2_CAP_VIDEO_OUTPUT;
	*is = (struct v4l2_capability){ .version = 6 << 16 | 1 << 8,
		.device_caps = can,
		.capabilities = can | V4L2_CAP_DEVICE_CAPS };
	snprintf((char *)is->driver, sizeof is->driver, "fake");
	snprintf((char *)is->card, sizeof is->card, "%s", camera->card);
	snprintf((char *)is->bus_info, sizeof is->bus_info, "%s", camera->bus);
	return 0;
}

static int
query_input(struct v4l2_input *is)
{
	if (is->index != 0)
		return invalid();
	*is = (struct v4l2_input){ .name = "Camera", .type = V4L2_INPUT_TYPE_CAMERA };
	return 0;
}

/* ---- the calls ------------------------------------------------------- */

static int
answer(struct camera *camera, unsigned long request, void *arg)
{
	switch (request) {
	case VIDIOC_QUERYCAP: return query_capability(camera, arg);
	case VIDIOC_REQBUFS: return request_buffers(camera, arg);
	case VIDIOC_QUERYBUF: return query_buffer(camera, arg);
	case VIDIOC_QBUF: return queue_buffer(camera, arg);
	case VIDIOC_DQBUF: return dequeue_buffer(camera, arg);
	case VIDIOC_STREAMON: return stream_on(camera);
	case VIDIOC_STREAMOFF: return stream_off(camera);
	case VIDIOC_G_INPUT: *(int *)arg = 0; return 0;
	case VIDIOC_S_INPUT: return *(int *)arg == 0 ? 0 : invalid();
	case VIDIOC_ENUMINPUT: return query_input(arg);
	case VIDIOC_SUBSCRIBE_EVENT:
		return ((struct v4l2_event_subscription *)arg)->type == V4L2_EVENT_CTRL ? 0
											: invalid();
	case VIDIOC_DQEVENT: return dequeue_event(camera, arg);
	}
	if (modes_ioctl(camera, request, arg) == 0)
		return 0;
	return errno != ENOTTY ? -1 : controls_ioctl(&camera->controls, request, arg);
}

/* The caller of poll has checked whether there is a picture. */
void
camera_polled(void)
{
	__atomic_store_n(&camera_stats.row, 0, __ATOMIC_RELAXED);
}

static void
count_row(unsigned long request)
{
	uint64_t row;

	if (request != VIDIOC_QUERYCTRL && request != VIDIOC_QUERYMENU &&
	    request != VIDIOC_G_CTRL && request != VIDIOC_S_CTRL)
		return;
	row = __atomic_add_fetch(&camera_stats.row, 1, __ATOMIC_RELAXED);
	if (row > camera_stats.row_most)
		camera_stats.row_most = row;
}

int
camera_ioctl(int fd, unsigned long request, void *arg)
{
	struct camera *camera = cameras[fd];
	unsigned ms = request == VIDIOC_DQBUF ? camera->slow_ms + camera->hang_ms : camera->slow_ms;
	struct timespec slow = { ms / 1000, (long)(ms % 1000) * 1000000 };
	int result;

	if (request == VIDIOC_DQBUF)
		camera->hang_ms = 0;
	if (ms != 0)
		syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &slow, NULL);
	pthread_mutex_lock(&camera->lock);
	camera_stats.calls++;
	count_row(request);
	if (!camera->gone && !camera->streaming)
		camera->gone = !dev_fault(camera, "");
	if (camera->gone && request != VIDIOC_STREAMOFF && request != VIDIOC_REQBUFS) {
		errno = ENODEV;
		result = -1;
	} else {
		result = answer(camera, request, arg);
	}
	pthread_mutex_unlock(&camera->lock);
	return result;
}

void *
camera_map(int fd, size_t length, long offset)
{
	return (void *)syscall(SYS_mmap, NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED,
	    cameras[fd]->memory, offset);
}

bool
camera_is(int fd)
{
	return fd >= 0 && fd < FDS && __atomic_load_n(&cameras[fd], __ATOMIC_ACQUIRE) != NULL;
}

static struct camera *
camera_new(const char *node)
{
	struct camera *camera = calloc(1, sizeof *camera);
	pthread_condattr_t monotonic;

	if (camera == NULL)
		abort();
	pthread_mutex_init(&camera->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&camera->stop, &monotonic);
	snprintf(camera->node, sizeof camera->node, "%s", node);
	snprintf(camera->card, sizeof camera->card, "Synthetic");
	snprintf(camera->bus, sizeof camera->bus, "fake-1");
	controls_init(&camera->controls);
	return camera;
}

int
camera_open(const char *path, int flags)
{
	struct camera *camera;
	char real[256];
	int ends[2], fd;

	if (camera_path(path, real, sizeof real) != real)
		return -2;
	if (syscall(SYS_faccessat, AT_FDCWD, real, F_OK) == -1)
		return -1;
	/* A pipe's reading end is never writable, as a camera; an eventfd would be. */
	if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) == -1 || ends[0] >= FDS)
		abort();
	fd = ends[0];
	camera = camera_new(path + 5);
	dev_describe(camera, real);
	camera->fd = fd;
	camera->bell = ends[1];
	if (strcmp(camera->kind, "denied") == 0) {
		syscall(SYS_close, ends[0]);
		syscall(SYS_close, ends[1]);
		pictures_free(&camera->pictures);
		free(camera);
		errno = EACCES;
		return -1;
	}
	camera->nonblock = flags & O_NONBLOCK;
	camera->memory = memfd_create("fake camera", MFD_CLOEXEC);
	pthread_mutex_lock(&cameras_lock);
	__atomic_store_n(&cameras[fd], camera, __ATOMIC_RELEASE);
	camera_stats.opens++;
	pthread_mutex_unlock(&cameras_lock);
	return fd;
}

static void
write_stats(void)
{
	const char *path = getenv("ORIEL_FAKE_STATS");
	FILE *file = path != NULL ? fopen(path, "w") : NULL;

	if (file == NULL)
		return;
	fprintf(file,
	    "opens=%llu\ncloses=%llu\nframes=%llu\nstarved=%llu\nqueued=%llu\ndequeued=%llu\n"
	    "held_most=%llu\ncopies=%llu\ncalls=%llu\n",
	    (unsigned long long)camera_stats.opens, (unsigned long long)camera_stats.closes,
	    (unsigned long long)camera_stats.frames, (unsigned long long)camera_stats.starved,
	    (unsigned long long)camera_stats.queued, (unsigned long long)camera_stats.dequeued,
	    (unsigned long long)camera_stats.held_most, (unsigned long long)camera_stats.copies,
	    (unsigned long long)camera_stats.calls);
	fclose(file);
}

void
camera_close(int fd)
{
	struct camera *camera;

	pthread_mutex_lock(&cameras_lock);
	camera = cameras[fd];
	__atomic_store_n(&cameras[fd], NULL, __ATOMIC_RELEASE);
	camera_stats.closes++;
	pthread_mutex_unlock(&cameras_lock);
	pthread_mutex_lock(&camera->lock);
	stream_off(camera);
	pthread_mutex_unlock(&camera->lock);
	free_buffers(camera);
	syscall(SYS_close, camera->memory);
	syscall(SYS_close, camera->bell);
	pictures_free(&camera->pictures);
	pthread_cond_destroy(&camera->stop);
	pthread_mutex_destroy(&camera->lock);
	free(camera);
	write_stats();
}
