/* SPDX-License-Identifier: ISC */
/* The C library's calls for using a camera. Calls on other files go to the kernel directly:
 * dlsym(3) might need them itself. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "camera.h"

int open(const char *path, int flags, ...);
int open64(const char *path, int flags, ...);
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int ioctl(int fd, unsigned long request, ...);
int inotify_add_watch(int fd, const char *path, uint32_t mask);

const bool camera_hooked = true;

static int
open_any(const char *path, int flags, mode_t mode)
{
	int fd = camera_open(path, flags);

	return fd != -2 ? fd : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

static mode_t
open_mode(int flags, va_list args)
{
	return flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
}

int
open(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = open_mode(flags, args);
	va_end(args);
	return open_any(path, flags, mode);
}

int
open64(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = open_mode(flags, args);
	va_end(args);
	return open_any(path, flags, mode);
}

int
__open_2(const char *path, int flags)
{
	return open_any(path, flags, 0);
}

int
__open64_2(const char *path, int flags)
{
	return open_any(path, flags, 0);
}

int
access(const char *path, int mode)
{
	char real[256];

	return (int)syscall(SYS_faccessat, AT_FDCWD, camera_path(path, real, sizeof real), mode);
}

ssize_t
readlink(const char *path, char *link, size_t size)
{
	ssize_t length = camera_link(path, link, size);

	return length != -2 ? length : syscall(SYS_readlinkat, AT_FDCWD, path, link, size);
}

ssize_t __readlink_chk(const char *path, char *link, size_t size, size_t room);

ssize_t
__readlink_chk(const char *path, char *link, size_t size, size_t room)
{
	(void)room;
	return readlink(path, link, size);
}

int
inotify_add_watch(int fd, const char *path, uint32_t mask)
{
	char real[256];

	return (int)syscall(SYS_inotify_add_watch, fd, camera_path(path, real, sizeof real), mask);
}

int
ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (!camera_is(fd))
		return (int)syscall(SYS_ioctl, fd, request, arg);
	/* Like the kernel: some programs keep requests in an int. */
	return camera_ioctl(fd, (unsigned int)request, arg);
}

void *
mmap(void *at, size_t length, int protection, int flags, int fd, off_t offset)
{
	if (fd != -1 && camera_is(fd))
		return camera_map(fd, length, offset);
	return (void *)syscall(SYS_mmap, at, length, protection, flags, fd, offset);
}

void *
mmap64(void *at, size_t length, int protection, int flags, int fd, off_t offset)
{
	return mmap(at, length, protection, flags, fd, offset);
}

int
close(int fd)
{
	if (camera_is(fd))
		camera_close(fd);
	return (int)syscall(SYS_close, fd);
}

/* The descriptor behind a camera is readable for a picture and for an event: say
 * which. */
static int
sort_events(struct pollfd *fds, nfds_t count)
{
	int ready = 0;

	for (nfds_t i = 0; i < count; i++) {
		if (fds[i].fd >= 0 && fds[i].revents != 0 && camera_is(fds[i].fd))
			fds[i].revents = (short)(camera_events(fds[i].fd) &
			    (fds[i].events | POLLERR));
		ready += fds[i].revents != 0;
	}
	return ready;
}

int
poll(struct pollfd *fds, nfds_t count, int timeout)
{
	struct timespec limit = { timeout / 1000, timeout % 1000 * 1000000L };
	int ready;

	camera_polled();
	ready = (int)syscall(SYS_ppoll, fds, count, timeout >= 0 ? &limit : NULL, NULL, 0);

	return ready > 0 ? sort_events(fds, count) : ready;
}

int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t size);

int
__poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t size)
{
	(void)size;
	return poll(fds, count, timeout);
}
