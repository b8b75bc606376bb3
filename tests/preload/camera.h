/* SPDX-License-Identifier: ISC */
/* A synthetic V4L2 camera for machines without one: the calls on /dev/video* of
 * the process it is preloaded into (or linked into) are answered here.
 *
 *   ORIEL_FAKE_DEV=DIR LD_PRELOAD=…/camera.so orield --device /dev/video0
 *
 * DIR stands for /dev, and lies in /dev/shm when the program is confined. Each file
 * DIR/videoN is a camera, and holds its description, words of the form key=value:
 *
 *   modes=mjpeg:1280x720@30,yuyv:640x480@15   formats: mjpeg yuyv uyvy nv12 yuv420 grey rgb24
 *   frames=FILE     the pictures of mjpeg modes: JPEGs one behind the other
 *   card=NAME bus=PLACE                       who it is; no spaces
 *   place=PATH      its folder below /sys/devices, as /sys/class/video4linux has it
 *   kind=capture | mplane | output | nostream | busy | m2m | iomc | loopback | meta
 *        | denied (open fails) | nostart (STREAMON fails) | endless (so are its lists)
 *   every=MS        what it really does, whatever rate the mode promises
 *   says=MS         the interval it promises instead of the mode's
 *   first=N         pictures that come at once, before that
 *   stamps=still | late | future | back | wall | none   what is wrong with them
 *   slow=MS         so long each ioctl takes
 *   late=MS         unplugged while it streams, it is only silent for so long; ENODEV comes then
 *
 * A description may change; it is read at each open(2). Removing DIR/videoN pulls
 * the cable, creating it plugs the camera in again (inotify on /dev sees it),
 * mv gives it another node. Faults while streaming, by creating DIR/videoN.WORD:
 *
 *   freeze    no pictures any more      error     buffers flagged bad
 *   truncate  pictures cut in half      garbage   random bytes
 *   swap      every other picture is finished behind the one that follows it
 *   eio       VIDIOC_DQBUF fails        qbuf      VIDIOC_QBUF fails
 *   hang      holds MS: the next VIDIOC_DQBUF takes so long
 *   set       holds "NAME=VALUE": somebody else changes a control
 *
 * Each picture carries the clock of its capture: a JPEG in a comment right
 * behind SOI, "ORIEL <CLOCK_MONOTONIC in ns, 20 digits> <number, 10 digits>"; a
 * raw one in its luma, 96 blocks of 16x16 from the top left, white = 1, first the
 * clock's 64 bits, then the number's 32, highest first.
 *
 * With ORIEL_FAKE_STATS=FILE the counters below are written there as text when
 * the camera is closed. */
#ifndef ORIEL_TESTS_PRELOAD_CAMERA_H
#define ORIEL_TESTS_PRELOAD_CAMERA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct camera_stats { /* since the process began; for tests that link it */
	uint64_t opens, closes;
	uint64_t frames;	   /* made */
	uint64_t starved;	   /* not made: no buffer was queued */
	uint64_t queued, dequeued; /* successful VIDIOC_QBUF and DQBUF */
	uint64_t held_most;	   /* buffers with the program when a frame was due */
	uint64_t copies;	   /* pictures that had to be copied into a buffer */
	uint64_t calls;		   /* ioctl(2) in all */
	uint64_t row, row_most;	   /* of them for controls since poll(2), and at most */
};
extern struct camera_stats camera_stats;

/* A test that links libcamera.a names this, so that the linker takes the hooks from
 * there though a sanitizer's library has functions of the same names. */
extern const bool camera_hooked;

/* ---- for hooks.c ---- */

/* The camera behind a device's path: -1 with errno as open(2) has it. -2: the path
 * is none of ours. */
int camera_open(const char *path, int flags);
bool camera_is(int fd);
int camera_ioctl(int fd, unsigned long request, void *arg);
void *camera_map(int fd, size_t length, long offset); /* MAP_FAILED with errno */
void camera_close(int fd);			      /* everything but the descriptor itself */
void camera_polled(void);
short camera_events(int fd); /* POLLIN, POLLPRI, POLLERR: what is true now */

/* Is `path` below /dev and ours? Then where it really is. */
const char *camera_path(const char *path, char *real, size_t size);

/* readlink(2) of a camera in /sys/class/video4linux; -2: none of ours. */
ssize_t camera_link(const char *path, char *link, size_t size);

#endif
