/* SPDX-License-Identifier: ISC */
/* internal: the synthetic camera's own state; camera.c streams, dev.c reads the
 * folder, modes.c is about formats, sizes and rates. */
#ifndef ORIEL_TESTS_PRELOAD_INSIDE_H
#define ORIEL_TESTS_PRELOAD_INSIDE_H

#include <linux/videodev2.h>
#include <pthread.h>
#include <stdbool.h>
#include <time.h>

#include "controls.h"
#include "pictures.h"

enum { BUFFERS = 32, MODES = 32 };

struct mode {
	uint32_t fourcc, width, height, fps;
};

struct buffer {
	enum { WITH_PROGRAM, QUEUED, DONE } where;
	struct v4l2_buffer is;
	unsigned char *start;
	long picture; /* which one lies in it; -1 = none */
};

struct camera {
	pthread_mutex_t lock;
	pthread_cond_t stop;
	pthread_t thread;
	int fd, bell; /* a pipe that holds a byte for each picture and event */
	int memory;   /* memfd of the buffers */
	bool nonblock, streaming, gone;
	char node[16]; /* "video0" */
	char card[32], bus[32], kind[16], stamps[16];
	unsigned every_ms, says_ms, first, slow_ms, late_ms, hang_ms;
	struct mode modes[MODES], mode;
	unsigned mode_count;
	struct pictures pictures;

	struct buffer buffers[BUFFERS];
	unsigned count;
	uint32_t buffer_size;
	unsigned order[BUFFERS], order_first, order_count; /* queued, in order */
	unsigned done[BUFFERS], done_first, done_count;
	uint32_t sequence;

	struct controls controls;
	unsigned events;	/* not yet dequeued */
	uint64_t left_ns;	/* when the node went; 0: it is there */
	struct timespec looked; /* the folder's time when faults were looked up */
	bool freeze, truncate, error, garbage, swap, eio, qbuf;
};

/* ---- dev.c ---- */

/* Fill in what the file says. A description that cannot be understood ends the
 * program: a test must not go on. */
void dev_describe(struct camera *camera, const char *path);

/* Look what faults are asked for: one stat(2), more only when something changed. */
void dev_look(struct camera *camera);

/* Is there a file DIR/videoN.WORD, or with "" the node itself? */
bool dev_fault(const struct camera *camera, const char *word);

/* ---- modes.c ---- */

/* "mjpeg:1280x720@30"; false when it is none. */
bool modes_add(struct camera *camera, const char *text);

/* What concerns formats, sizes and rates; others: -1 and ENOTTY. */
int modes_ioctl(struct camera *camera, unsigned long request, void *arg);

#endif
