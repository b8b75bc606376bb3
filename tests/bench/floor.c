/* SPDX-License-Identifier: ISC */
/* floor: the least that a server can do. One epoll loop writes the same bytes from memory to
 * everybody: a picture of N bytes at F frames a second on /stream, an event a second on /events,
 * HTTP/1.0 over a Unix socket. It stands behind the same nginx as the servers it is compared
 * with. Newest frame only; no capture, no shared memory, no checks. A slow viewer delays the
 * others here. It ends by itself after SECONDS. */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { FLOOR_FRAMES = 8, FLOOR_PARTS_MAX = 1 << 20, CLOCK_AT = 6 };

enum viewer_kind { VIEWER_NEW, VIEWER_STREAM, VIEWER_EVENTS };

struct viewer {
	int fd;
	enum viewer_kind kind;
	uint64_t frame; /* being written, or written last */
	size_t offset;	/* into its part; 0 = between two */
	bool armed;
	struct viewer *next;
};

struct part {
	uint64_t frame;
	unsigned users;
	size_t length;
	char *bytes;
};

static struct part parts[FLOOR_FRAMES];
static struct viewer *viewers;
static uint64_t newest;
static size_t jpeg_size;
static int loop;

static uint64_t
now_of(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void
viewer_arm(struct viewer *viewer, bool write)
{
	struct epoll_event event = { .events = EPOLLIN | (write ? EPOLLOUT : 0),
		.data.ptr = viewer };

	if (viewer->armed != write)
		epoll_ctl(loop, EPOLL_CTL_MOD, viewer->fd, &event);
	viewer->armed = write;
}

static void
viewer_end(struct viewer *viewer)
{
	struct viewer **at = &viewers;

	while (*at != viewer)
		at = &(*at)->next;
	*at = viewer->next;
	if (viewer->offset > 0)
		parts[viewer->frame % FLOOR_FRAMES].users--;
	close(viewer->fd);
	free(viewer);
}

/* A free place for the next part: one that nobody is being sent. */
static struct part *
part_next(void)
{
	struct part *part = &parts[(newest + 1) % FLOOR_FRAMES];

	return part->users == 0 ? part : NULL;
}

static void
part_fill(struct part *part, uint64_t frame)
{
	char *jpeg;
	int head = sprintf(
	    part->bytes, "Content-Type: image/jpeg\r\nContent-Length: %zu\r\n\r\n", jpeg_size);

	jpeg = part->bytes + head;
	memset(jpeg, 0x55, jpeg_size);
	/* SOI, then a COM segment of 64 bytes with the clock in it. */
	memcpy(jpeg, "\xff\xd8\xff\xfe\x00\x42", CLOCK_AT);
	sprintf(jpeg + CLOCK_AT, "ORIEL %llu %llu ", (unsigned long long)now_of(CLOCK_MONOTONIC),
	    (unsigned long long)frame);
	memcpy(jpeg + jpeg_size, "\r\n--frame\r\n", 11);
	part->length = (size_t)head + jpeg_size + 11;
	part->frame = frame;
}

/* false = the viewer is gone. */
static bool
viewer_push(struct viewer *viewer)
{
	for (;;) {
		struct part *part =
		    &parts[(viewer->offset > 0 ? viewer->frame : newest) % FLOOR_FRAMES];
		ssize_t sent;

		if (viewer->offset == 0 && viewer->frame == newest) {
			viewer_arm(viewer, false);
			return true;
		}
		sent = send(viewer->fd, part->bytes + viewer->offset, part->length - viewer->offset,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent == -1 && errno == EAGAIN) {
			viewer_arm(viewer, true);
			return true;
		}
		if (sent <= 0)
			return false;
		if (viewer->offset == 0) {
			viewer->frame = newest;
			part->users++;
		}
		viewer->offset += (size_t)sent;
		if (viewer->offset == part->length) {
			viewer->offset = 0;
			part->users--;
		}
	}
}

static void
tick_stream(void)
{
	struct part *part = part_next();

	if (part == NULL)
		return;
	part_fill(part, newest + 1);
	newest++;
	/* A failed connection is only shut down here: its own event, maybe in this very batch,
	 * ends it. */
	for (struct viewer *viewer = viewers; viewer != NULL; viewer = viewer->next)
		if (viewer->kind == VIEWER_STREAM && viewer->offset == 0 && !viewer_push(viewer))
			shutdown(viewer->fd, SHUT_RDWR);
}

static void
tick_events(void)
{
	static unsigned count;
	char text[256];
	int length = snprintf(text, sizeof text,
	    "event: pulse\ndata: {\"ts\":%.6f,\"online\":true,\"fps\":30.0,"
	    "\"age_ms\":12,\"change\":0.3,\"threshold\":12,\"held\":\"below threshold\",\"frame_count\":%u}\n\n",
	    (double)now_of(CLOCK_REALTIME) / 1e9, ++count);

	for (struct viewer *viewer = viewers; viewer != NULL; viewer = viewer->next)
		if (viewer->kind == VIEWER_EVENTS &&
		    send(viewer->fd, text, (size_t)length, MSG_NOSIGNAL | MSG_DONTWAIT) != length)
			shutdown(viewer->fd, SHUT_RDWR);
}

static const char stream_head[] =
    "HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n"
    "Cache-Control: no-store\r\n\r\n--frame\r\n";
static const char events_head[] = "HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n"
				  "Cache-Control: no-store\r\n\r\nretry: 3000\n\n";

static void
viewer_read(struct viewer *viewer)
{
	char request[4096];
	ssize_t got = recv(viewer->fd, request, sizeof request - 1, MSG_DONTWAIT);
	const char *head;

	if (got == -1 && errno == EAGAIN)
		return;
	if (got <= 0 || viewer->kind != VIEWER_NEW) {
		viewer_end(viewer);
		return;
	}
	request[got] = '\0';
	viewer->kind = strstr(request, "/events") != NULL ? VIEWER_EVENTS : VIEWER_STREAM;
	head = viewer->kind == VIEWER_EVENTS ? events_head : stream_head;
	viewer->frame = newest;
	send(viewer->fd, head, strlen(head), MSG_NOSIGNAL);
}

static void
accept_all(int listener)
{
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) != -1) {
		struct viewer *viewer = calloc(1, sizeof *viewer);
		struct epoll_event event = { .events = EPOLLIN, .data.ptr = viewer };

		if (viewer == NULL)
			exit(1);
		viewer->fd = fd;
		viewer->next = viewers;
		viewers = viewer;
		epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event);
	}
}

static int
timer_every(uint64_t ns)
{
	struct itimerspec every = { .it_interval = {
					(time_t)(ns / 1000000000u), (long)(ns % 1000000000u) } };
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);

	every.it_value = every.it_interval;
	timerfd_settime(fd, 0, &every, NULL);
	return fd;
}

static int
listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	unlink(path);
	if (bind(fd, (struct sockaddr *)&address, sizeof address) == -1 || listen(fd, 4096) == -1) {
		perror(path);
		exit(1);
	}
	return fd;
}

static int listener, frames, seconds; /* their addresses name them in epoll */

static void
watch(int *fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = fd };

	epoll_ctl(loop, EPOLL_CTL_ADD, *fd, &event);
}

static void
dispatch(const struct epoll_event *event)
{
	void *what = event->data.ptr;
	uint64_t ignored;

	if (what == &listener)
		accept_all(listener);
	else if (what == &frames) {
		if (read(frames, &ignored, sizeof ignored) > 0)
			tick_stream();
	} else if (what == &seconds) {
		if (read(seconds, &ignored, sizeof ignored) > 0)
			tick_events();
	} else if (event->events & EPOLLIN)
		viewer_read(what);
	else if (!viewer_push(what))
		viewer_end(what);
}

int
main(int argc, char **argv)
{
	struct epoll_event events[256];
	struct rlimit files;
	uint64_t end;

	if (argc != 5) {
		fprintf(stderr, "usage: bench-floor SOCKET FRAME_BYTES FPS SECONDS\n");
		return 2;
	}
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	jpeg_size = strtoul(argv[2], NULL, 10);
	if (jpeg_size < 128 || jpeg_size > FLOOR_PARTS_MAX - 256)
		return 2;
	for (int i = 0; i < FLOOR_FRAMES; i++)
		if ((parts[i].bytes = malloc(FLOOR_PARTS_MAX)) == NULL)
			return 1;
	loop = epoll_create1(EPOLL_CLOEXEC);
	listener = listen_at(argv[1]);
	frames = timer_every((uint64_t)(1e9 / atof(argv[3])));
	seconds = timer_every(1000000000u);
	watch(&listener);
	watch(&frames);
	watch(&seconds);
	end = now_of(CLOCK_MONOTONIC) + strtoul(argv[4], NULL, 10) * 1000000000u;
	while (now_of(CLOCK_MONOTONIC) < end) {
		int count = epoll_wait(loop, events, 256, 1000);

		for (int i = 0; i < count; i++)
			dispatch(&events[i]);
	}
	unlink(argv[1]);
	return 0;
}
