/* SPDX-License-Identifier: ISC */
/* testcard: the camera for machines without one. It shows colour bars that stand still, the
 * frame's number, the wall clock, and once per period a disc that crosses the picture. The disc
 * covers about a fifth of a 16:9 picture and is brighter than every bar, so it is clearly motion
 * at the default threshold of 12 %. Only what changed is painted again. */
#include "source/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "jpeg/draw.h"

/* 640x480 at 15 a second: every webcam can do it, and it takes about 1 % of a core to encode.
 * 1280x720 at 30 takes 5 %, on every idle machine. */
enum { DEFAULT_WIDTH = 640, DEFAULT_HEIGHT = 480, DEFAULT_FPS = 15 };
enum { SIDE_MIN = 160, SIDE_MAX = 8192, FPS_MAX = 240 };
enum { CROSSING_MS = 1600 }; /* at most half a period */

struct disc {
	int x, y, size; /* its box; size 0 = outside the picture */
};

struct testcard {
	struct source source;
	struct canvas canvas;
	unsigned char *block, *background;
	struct disc disc; /* as painted */
	uint64_t started_ns, number;
	uint64_t period_ns, crossing_ns;
};

/* 75 % bars (white, yellow, cyan, green, magenta, red, blue) in JFIF's full range. */
static const struct colour bars[] = {
	{ 191, 128, 128 },
	{ 169, 32, 144 },
	{ 134, 160, 32 },
	{ 112, 65, 48 },
	{ 79, 191, 208 },
	{ 57, 96, 224 },
	{ 22, 224, 112 },
};
static const struct colour white = { 255, 128, 128 }, black = { 0, 128, 128 };

static void
paint_background(struct canvas *canvas)
{
	const int count = sizeof bars / sizeof bars[0];
	int width = (int)canvas->width, height = (int)canvas->height, foot = height / 5;

	for (int i = 0; i < count; i++) {
		int left = width * i / count, right = width * (i + 1) / count;

		draw_box(canvas, left, 0, right - left, height - foot, bars[i]);
	}
	for (int i = 0; i < 16; i++) {
		struct colour grey = { (unsigned char)(i * 13), 128, 128 };
		int left = width * i / 16, right = width * (i + 1) / 16;

		draw_box(canvas, left, height - foot, right - left, foot, grey);
	}
}

/* Copy the background's rows y..y+height over the canvas, all three planes. */
static void
restore_rows(struct testcard *card, int y, int height)
{
	const struct canvas *to = &card->canvas;
	struct canvas from;
	int end = y + height < (int)to->height ? y + height : (int)to->height;
	size_t first = y > 0 ? (size_t)y & ~(size_t)1 : 0, luma, chroma;

	if (end <= (int)first)
		return;
	canvas_init(&from, card->background, to->width, to->height);
	luma = ((size_t)end - first) * to->width;
	chroma = (((size_t)end - first + 1) / 2) * (to->width / 2);
	memcpy(to->y + first * to->width, from.y + first * to->width, luma);
	memcpy(to->cb + first / 2 * (to->width / 2), from.cb + first / 2 * (to->width / 2), chroma);
	memcpy(to->cr + first / 2 * (to->width / 2), from.cr + first / 2 * (to->width / 2), chroma);
}

/* Where the disc is `age` after the start. It begins to cross a quarter into each period. */
static struct disc
disc_at(const struct testcard *card, uint64_t age)
{
	int width = (int)card->canvas.width, height = (int)card->canvas.height;
	int size = (width < height ? width : height) * 7 / 10;
	uint64_t begin = card->period_ns / 4, phase = age % card->period_ns;

	if (phase < begin || phase >= begin + card->crossing_ns)
		return (struct disc){ 0 };
	return (struct disc){ .size = size,
		.y = (height - size) / 2,
		.x = (int)((uint64_t)(width + size) * (phase - begin) / card->crossing_ns) - size };
}

/* Half the disc's chord, in pixels, `row` lines below its top. */
static int
disc_half_chord(int size, int row)
{
	int radius = size / 2, dy = row - radius, square = radius * radius - dy * dy, half = 0;

	while ((half + 1) * (half + 1) <= square)
		half++;
	return half;
}

static void
paint_disc(struct canvas *canvas, const struct disc *disc)
{
	for (int row = 0; row < disc->size; row += 2) {
		int half = disc_half_chord(disc->size, row + 1);

		draw_box(
		    canvas, disc->x + disc->size / 2 - half, disc->y + row, 2 * half, 2, white);
	}
}

static void
paint_label(struct testcard *card, uint64_t wall_ns)
{
	time_t seconds = (time_t)(wall_ns / CLOCK_S);
	int scale = (int)card->canvas.height / 300 + 1;
	char clock[32], text[64];
	struct tm local;

	localtime_r(&seconds, &local);
	strftime(clock, sizeof clock, "%Y-%m-%d %H:%M:%S", &local);
	snprintf(text, sizeof text, "%s.%03u", clock, (unsigned)(wall_ns / CLOCK_MS % 1000));
	if ((int)card->canvas.width < 26 * 8 * scale)
		scale = 1;
	draw_box(&card->canvas, 0, 0, 25 * 8 * scale, 36 * scale, black);
	draw_text(&card->canvas, 8 * scale, 2 * scale, scale, white, text);
	snprintf(text, sizeof text, "frame %llu", (unsigned long long)card->number);
	draw_text(&card->canvas, 8 * scale, 18 * scale, scale, white, text);
}

static enum source_result
testcard_take(struct source *source, struct picture *picture, struct cause *why)
{
	struct testcard *card = (struct testcard *)source;
	uint64_t ticks;

	if (read(source->fd, &ticks, sizeof ticks) != sizeof ticks) {
		if (errno == EAGAIN || errno == EINTR)
			return SOURCE_AGAIN;
		cause_errno(why, "test card's timer");
		return SOURCE_GONE;
	}
	source->counters.dropped += ticks - 1;
	card->number += ticks;
	picture->mono_ns = clock_mono_ns();
	picture->wall_ns = clock_wall_ns();
	restore_rows(card, card->disc.y, card->disc.size);
	card->disc = disc_at(card, picture->mono_ns - card->started_ns);
	paint_disc(&card->canvas, &card->disc);
	paint_label(card, picture->wall_ns);
	picture->format = PIXEL_YUV420;
	picture->width = picture->stride = card->canvas.width;
	picture->height = card->canvas.height;
	picture->data = card->block;
	picture->length = canvas_size(card->canvas.width, card->canvas.height);
	return SOURCE_PICTURE;
}

static void
testcard_release(struct source *source)
{
	(void)source;
}

static void
testcard_close(struct source *source)
{
	struct testcard *card = (struct testcard *)source;

	if (source->fd != -1)
		close(source->fd);
	free(card->background);
	free(card->block);
	free(card);
}

static const struct source_kind testcard_kind = {
	.name = "testcard",
	.take = testcard_take,
	.release = testcard_release,
	.close = testcard_close,
};

static uint32_t
pick(uint32_t wanted, uint32_t initial, uint32_t least, uint32_t most)
{
	if (wanted == 0)
		return initial;
	return wanted < least ? least : wanted > most ? most : wanted;
}

static int
testcard_paint_first(struct testcard *card, uint32_t width, uint32_t height)
{
	uint32_t size = canvas_size(width, height);

	card->block = malloc(size);
	card->background = malloc(size);
	if (card->block == NULL || card->background == NULL)
		return -1;
	canvas_init(&card->canvas, card->background, width, height);
	paint_background(&card->canvas);
	canvas_init(&card->canvas, card->block, width, height);
	memcpy(card->block, card->background, size);
	return 0;
}

static int
testcard_start_timer(struct testcard *card, uint32_t fps)
{
	uint64_t interval = CLOCK_S / fps;
	struct itimerspec timer = {
		.it_value.tv_nsec = 1, /* the first picture at once */
		.it_interval = { (time_t)(interval / CLOCK_S), (long)(interval % CLOCK_S) },
	};

	card->source.fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (card->source.fd == -1)
		return -1;
	return timerfd_settime(card->source.fd, 0, &timer, NULL);
}

struct source *
testcard_open(const struct source_request *wanted, struct cause *why)
{
	struct testcard *card = calloc(1, sizeof *card);
	uint32_t width = pick(wanted->width, DEFAULT_WIDTH, SIDE_MIN, SIDE_MAX) & ~1u;
	uint32_t height = pick(wanted->height, DEFAULT_HEIGHT, SIDE_MIN, SIDE_MAX) & ~1u;
	uint32_t fps = pick(wanted->fps, DEFAULT_FPS, 1, FPS_MAX);

	if (card == NULL)
		goto fail;
	card->source = (struct source){ .kind = &testcard_kind,
		.fd = -1,
		.mode = { .node = -1,
		    .kind = testcard_kind.name,
		    .name = "Test card",
		    .format = PIXEL_YUV420,
		    .width = width,
		    .height = height,
		    .fps_num = fps,
		    .fps_den = 1 } };
	card->started_ns = clock_mono_ns();
	card->period_ns = (wanted->testcard_period_ms != 0 ? wanted->testcard_period_ms : 20000) *
	    CLOCK_MS;
	card->crossing_ns = CROSSING_MS * CLOCK_MS < card->period_ns / 2 ? CROSSING_MS * CLOCK_MS
									 : card->period_ns / 2;
	if (testcard_paint_first(card, width, height) == -1 ||
	    testcard_start_timer(card, fps) == -1)
		goto fail;
	return &card->source;
fail:
	cause_errno(why, "test card");
	if (card != NULL)
		testcard_close(&card->source);
	return NULL;
}
