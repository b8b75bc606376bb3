/* SPDX-License-Identifier: ISC */
/* pipe: JPEGs one after the other, as `ffmpeg … -f mjpeg -` and `libcamera-vid --codec mjpeg -o
 * -` write them: from a FIFO, from standard input, or from a file, which is played over and over
 * at the requested rate. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "protocol/reasons.h"
#include "source/source.h"
#include "source/splitter.h"

enum {
	FILE_FPS = 25,	     /* for a file, when no rate is asked for */
	READS_MOST = 64,     /* before the thread does something else */
	PIPE_SIZE = 1 << 20, /* the kernel's limit for users: fewer wake-ups */
};

struct pipe {
	struct source source; /* its fd is `input`, or a file's timer */
	struct splitter splitter;
	int input;
	const char *path; /* NULL: standard input */
	bool paced;	  /* a file */
	bool played;	  /* it had a picture since it was rewound */
};

/* Read once. SOURCE_PICTURE means: there are new bytes. */
static enum source_result
fill(struct pipe *input, struct cause *why)
{
	size_t size;
	unsigned char *room = splitter_room(&input->splitter, &size);
	ssize_t got = read(input->input, room, size);

	if (got > 0) {
		splitter_add(&input->splitter, (size_t)got);
		return SOURCE_PICTURE;
	}
	if (got == -1 && (errno == EAGAIN || errno == EINTR))
		return SOURCE_AGAIN;
	if (got == -1)
		cause_errno(why, "%s", input->source.mode.name);
	else
		cause_detail(why, &reason_input_ended, "%s: input ended", input->source.mode.name);
	splitter_restart(&input->splitter);
	return SOURCE_GONE;
}

/* Count the bytes that were no picture. */
static void
count_broken(struct pipe *input)
{
	struct source *source = &input->source;

	if (source->counters.broken != input->splitter.broken)
		source->refusal = input->splitter.why;
	source->counters.broken = input->splitter.broken;
}

static void
hand_out(struct pipe *input, struct picture *picture, const unsigned char *jpeg, uint32_t length)
{
	*picture = (struct picture){ .format = PIXEL_MJPEG,
		.data = jpeg,
		.length = length,
		.mono_ns = clock_mono_ns(),
		.wall_ns = clock_wall_ns() };
	input->played = true;
}

/* The newest of the pictures that have come at once. Smaller ones among them are previews, which
 * some cameras put after each picture. */
static unsigned
split_newest(struct pipe *input, const unsigned char **newest, uint32_t *newest_length)
{
	const unsigned char *jpeg;
	uint64_t area, largest = 0;
	uint32_t length;
	unsigned found = 0;

	for (; splitter_next(&input->splitter, &jpeg, &length, &area); found++) {
		if (area < largest)
			continue;
		largest = area;
		*newest = jpeg;
		*newest_length = length;
	}
	count_broken(input);
	return found;
}

/* A live stream: the newest picture that has come. */
static enum source_result
pipe_take(struct source *source, struct picture *picture, struct cause *why)
{
	struct pipe *input = (struct pipe *)source;
	enum source_result result = SOURCE_PICTURE;

	for (int reads = 0; reads < READS_MOST && result == SOURCE_PICTURE; reads++) {
		const unsigned char *jpeg = NULL;
		uint32_t length = 0;
		unsigned found;

		result = fill(input, why);
		found = split_newest(input, &jpeg, &length);
		if (found > 0) {
			source->counters.dropped += found - 1;
			hand_out(input, picture, jpeg, length);
			return SOURCE_PICTURE;
		}
	}
	return result == SOURCE_PICTURE ? SOURCE_AGAIN : result;
}

/* We hold the old file open, so that its inode number is not given to the new one. */
static bool
pipe_moved(struct source *source)
{
	struct pipe *input = (struct pipe *)source;
	struct stat held, named;

	return input->path != NULL && fstat(input->input, &held) == 0 &&
	    stat(input->path, &named) == 0 &&
	    (held.st_dev != named.st_dev || held.st_ino != named.st_ino);
}

/* Begin the file again, or the file that has its name now; SOURCE_GONE when there is nothing in
 * it. */
static enum source_result
rewind_file(struct pipe *input, struct cause *why)
{
	if (pipe_moved(&input->source)) {
		cause_set(why, "%s: another file has its name", input->source.mode.name);
		return SOURCE_GONE;
	}
	if (!input->played || lseek(input->input, 0, SEEK_SET) == -1) {
		cause_detail(why, &reason_bad_pictures, "%s: no JPEG picture in it",
		    input->source.mode.name);
		return SOURCE_GONE;
	}
	input->played = false;
	return SOURCE_PICTURE;
}

/* A file: its next picture, when the timer says so. */
static enum source_result
file_take(struct source *source, struct picture *picture, struct cause *why)
{
	struct pipe *input = (struct pipe *)source;
	enum source_result result = SOURCE_PICTURE;
	const unsigned char *jpeg;
	uint32_t length;
	uint64_t ticks;

	if (read(source->fd, &ticks, sizeof ticks) != sizeof ticks)
		return SOURCE_AGAIN;
	while (!splitter_next(&input->splitter, &jpeg, &length, NULL)) {
		result = fill(input, why);
		if (result == SOURCE_GONE)
			result = rewind_file(input, why);
		count_broken(input);
		if (result == SOURCE_GONE)
			return result;
	}
	hand_out(input, picture, jpeg, length);
	return SOURCE_PICTURE;
}

static void
pipe_release(struct source *source)
{
	(void)source;
}

static void
pipe_close(struct source *source)
{
	struct pipe *input = (struct pipe *)source;

	if (input->paced && source->fd != -1)
		close(source->fd);
	if (input->input != -1)
		close(input->input);
	splitter_deinit(&input->splitter);
	free(input);
}

static const struct source_kind pipe_kind = {
	.name = "pipe",
	.take = pipe_take,
	.release = pipe_release,
	.close = pipe_close,
	.patient = true,
	.moved = pipe_moved,
};

static const struct source_kind file_kind = {
	.name = "pipe",
	.take = file_take,
	.release = pipe_release,
	.close = pipe_close,
};

/* Without O_RDWR, so that we notice the writer's end; without waiting for a writer. */
static int
open_input(const char *path, struct cause *why)
{
	struct pollfd fd;
	int input;

	if (strcmp(path, "-") != 0) {
		input = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
		return input != -1 ? input : cause_errno(why, "%s", path);
	}
	fd = (struct pollfd){ .fd = STDIN_FILENO, .events = POLLIN };
	if (poll(&fd, 1, 0) == 1 && fd.revents == POLLHUP)
		return cause_detail(why, &reason_input_ended, "standard input: input ended");
	input = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
	if (input == -1 || fcntl(input, F_SETFL, fcntl(input, F_GETFL) | O_NONBLOCK) == -1) {
		cause_errno(why, "standard input");
		if (input != -1)
			close(input);
		return -1;
	}
	return input;
}

static int
start_timer(struct pipe *input, uint32_t fps)
{
	uint64_t interval = CLOCK_S / fps;
	struct itimerspec timer = { .it_value.tv_nsec = 1,
		.it_interval = { (time_t)(interval / CLOCK_S), (long)(interval % CLOCK_S) } };

	input->paced = true;
	input->source.kind = &file_kind;
	input->source.mode.fps_num = fps;
	input->source.mode.fps_den = 1;
	input->source.fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (input->source.fd == -1)
		return -1;
	return timerfd_settime(input->source.fd, 0, &timer, NULL);
}

/* What kind of input is it? */
static int
look_at(struct pipe *input, const struct source_request *wanted, struct cause *why)
{
	const char *name = input->source.mode.name;
	struct stat is;

	if (fstat(input->input, &is) == -1)
		return cause_errno(why, "%s", name);
	if (S_ISREG(is.st_mode))
		return start_timer(input, wanted->fps != 0 ? wanted->fps : FILE_FPS) == 0
		    ? 0
		    : cause_errno(why, "%s: timer", name);
	if (!S_ISFIFO(is.st_mode) && !S_ISSOCK(is.st_mode) && !S_ISCHR(is.st_mode))
		return cause_set(why, "%s is neither a FIFO nor a file", name);
	if (S_ISFIFO(is.st_mode))
		fcntl(input->input, F_SETPIPE_SZ, PIPE_SIZE); /* or as it is */
	input->source.fd = input->input;
	return 0;
}

struct source *
pipe_open(const struct source_request *wanted, struct cause *why)
{
	bool standard = strcmp(wanted->input, "-") == 0;
	struct pipe *input;
	struct source *source;

	if (wanted->input[0] == '\0') {
		cause_set(why, "source pipe needs an input: a FIFO, a file, or -");
		return NULL;
	}
	input = calloc(1, sizeof *input);
	if (input == NULL ||
	    splitter_init(&input->splitter,
		wanted->image_most != 0 ? wanted->image_most : SOURCE_IMAGE_MOST) == -1) {
		cause_errno(why, "pipe");
		free(input);
		return NULL;
	}
	input->path = standard ? NULL : wanted->input;
	source = &input->source;
	*source = (struct source){ .kind = &pipe_kind,
		.fd = -1,
		.mode = { .kind = pipe_kind.name, .node = -1, .format = PIXEL_MJPEG } };
	snprintf(source->mode.name, sizeof source->mode.name, "%s",
	    standard ? "standard input" : wanted->input);
	snprintf(source->mode.device, sizeof source->mode.device, "%s", wanted->input);
	input->input = open_input(wanted->input, why);
	if (input->input != -1 && look_at(input, wanted, why) == 0)
		return source;
	source_close(&source);
	return NULL;
}
