/* SPDX-License-Identifier: ISC */
/* A daemon that has been taken over, as oriel-fcgi's worker sees it: unrequested lines, lines
 * that are no answer, and rings and bells that come at the wrong time or are none. The first
 * byte says which lines bring descriptors, the second which ones. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "fuzz.h"

#include "../unit/scratch.h"
#include "base/log.h"
#include "base/unixsock.h"
#include "fanout/camera.h"
#include "ring/ring.h"

enum { TURNS_MOST = 1000, FDS_MOST = 100 };

static struct event_base *base;
static struct ring_writer *ring;
static int listener = -1, bell = -1, other = -1;

static void
start(void)
{
	struct frame_info info = {
		.width = 64, .height = 48, .length = 100, .mono_ns = 1, .wall_ns = 1
	};
	struct cause why;
	bool inherited;

	log_init("fuzz", (enum log_level)0);
	scratch_make();
	atexit(scratch_remove);
	insist(mkdir(scratch_path("cam"), 0700) == 0);
	listener = unixsock_listen(scratch_path("cam/control.sock"), &inherited, &why);
	base = event_base_new();
	ring = ring_writer_new(4, 4096, &why);
	bell = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
	other = memfd_create("no ring", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	insist(listener != -1 && base != NULL && ring != NULL && bell != -1 && other != -1);
	insist(ftruncate(other, 5000) == 0);
	memset(ring_writer_begin(ring), 0xff, info.length);
	ring_writer_commit(ring, &info);
}

/* False when the worker has hung up. */
static bool
say(int fd, const void *line, size_t length, const int *fds)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(2 * sizeof(int))];
	} control = { .header = { .cmsg_len = CMSG_LEN(2 * sizeof(int)),
			  .cmsg_level = SOL_SOCKET,
			  .cmsg_type = SCM_RIGHTS } };
	struct iovec part = { (void *)line, length };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	char heard[4096];
	ssize_t sent;

	if (fds != NULL) {
		memcpy(CMSG_DATA(&control.header), fds, 2 * sizeof(int));
		message.msg_control = control.bytes;
		message.msg_controllen = sizeof control.bytes;
	}
	for (int turn = 0;
	     (sent = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL)) == -1 && errno == EAGAIN;
	     turn++) {
		insist(turn < TURNS_MOST);
		event_base_loop(base, EVLOOP_NONBLOCK);
	}
	event_base_loop(base, EVLOOP_NONBLOCK);
	while (recv(fd, heard, sizeof heard, MSG_DONTWAIT) > 0)
		;
	return sent == (ssize_t)length;
}

static void
on_frame(void *camera)
{
	struct cause why;

	camera_look(camera, &why);
}

static void
on_news(void *camera, const char *name, uint64_t id, const json_t *data)
{
	insist(name != NULL && json_is_object(data));
	camera_set_last_event(camera, id);
}

static const struct camera_hooks hooks = {
	.frame = on_frame, .changed = on_frame, .news = on_news
};

static void
play(int fd, const unsigned char *data, size_t size)
{
	const int pairs[4][2] = { { ring_writer_fd(ring), bell }, { other, bell },
		{ bell, ring_writer_fd(ring) }, { fd, listener } };
	const unsigned char *at = data + 2, *end = data + size;

	for (unsigned line = 0; at < end; line++) {
		const unsigned char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t length = newline != NULL ? (size_t)(newline - at) + 1 : (size_t)(end - at);

		if (!say(fd, at, length,
			data[0] >> line % 8 & 1 ? pairs[data[1] >> line % 4 * 2 & 3] : NULL))
			return;
		at += length;
	}
}

/* After each input as many are open as after the first: none has been lost. */
static void
check_descriptors(void)
{
	static int before = -1;
	int now = 0;

	for (int fd = 0; fd < FDS_MOST; fd++)
		now += fcntl(fd, F_GETFD) != -1;
	insist(before == -1 || now == before);
	before = now;
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct frame_buf_budget budget;
	struct camera *camera;
	struct cause why;
	int fd = -1;

	if (base == NULL)
		start();
	if (size < 3 || size > 100000)
		return 0;
	frame_buf_budget_init(&budget, 1 << 24);
	camera = camera_new(base, scratch_path("."), "cam", &budget);
	insist(camera != NULL);
	camera_watch(camera, &hooks, camera);
	camera_want_frames(camera, 1);
	for (int turn = 0; fd == -1 && turn < TURNS_MOST; turn++) {
		event_base_loop(base, EVLOOP_NONBLOCK);
		fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	}
	insist(fd != -1);
	play(fd, data, size);
	if (camera_look(camera, &why) == NULL)
		insist(why.text[0] != '\0');
	close(fd);
	event_base_loop(base, EVLOOP_NONBLOCK);
	camera_free(&camera);
	event_base_loop(base, EVLOOP_NONBLOCK);
	check_descriptors();
	return 0;
}
