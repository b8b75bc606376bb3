/* SPDX-License-Identifier: ISC */
/* A source of grey pictures, to count what a new one needs: see run. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "source/source.h"

enum { SIDE = 64 };

struct blank {
	struct source source; /* first */
	unsigned char pixels[SIDE * SIDE];
};

static enum source_result
blank_take(struct source *source, struct picture *picture, struct cause *why)
{
	struct blank *blank = (struct blank *)source;
	uint64_t ticks;

	if (read(source->fd, &ticks, sizeof ticks) != sizeof ticks)
		return errno == EAGAIN ? SOURCE_AGAIN : (cause_errno(why, "blank"), SOURCE_GONE);
	*picture = (struct picture){ .format = PIXEL_GREY,
		.width = SIDE,
		.height = SIDE,
		.stride = SIDE,
		.data = blank->pixels,
		.length = sizeof blank->pixels,
		.wall_ns = clock_wall_ns(),
		.mono_ns = clock_mono_ns() };
	return SOURCE_PICTURE;
}

static void
blank_release(struct source *source)
{
	(void)source;
}

static void
blank_close(struct source *source)
{
	close(source->fd);
	free(source);
}

static const struct source_kind blank_kind = {
	.name = "blank", .take = blank_take, .release = blank_release, .close = blank_close
};

struct source *
blank_open(const struct source_request *wanted, struct cause *why)
{
	struct itimerspec timer = { .it_value.tv_nsec = 1, .it_interval.tv_nsec = 50000000 };
	struct blank *blank = calloc(1, sizeof *blank);

	(void)wanted;
	if (blank == NULL)
		return cause_errno(why, "blank"), NULL;
	memset(blank->pixels, 128, sizeof blank->pixels);
	blank->source = (struct source){ .kind = &blank_kind,
		.fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK),
		.mode = { .node = -1,
		    .kind = blank_kind.name,
		    .name = "Blank",
		    .format = PIXEL_GREY,
		    .width = SIDE,
		    .height = SIDE,
		    .fps_num = 20,
		    .fps_den = 1 } };
	timerfd_settime(blank->source.fd, 0, &timer, NULL);
	return &blank->source;
}
