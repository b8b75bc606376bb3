/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "source/source.h"

static struct source *
open_card(uint32_t width, uint32_t height, uint32_t fps, uint32_t period_ms)
{
	struct source_request wanted = { .kind = "testcard",
		.width = width,
		.height = height,
		.fps = fps,
		.testcard_period_ms = period_ms,
		.format = -1 };
	struct source *card = source_open(&wanted, NULL);

	assert_non_null(card);
	return card;
}

static void
take(struct source *card, struct picture *picture)
{
	struct pollfd fd = { .fd = card->fd, .events = POLLIN };

	assert_int_equal(poll(&fd, 1, 2000), 1);
	assert_int_equal(source_take(card, picture, NULL), SOURCE_PICTURE);
}

static void
test_defaults(void **state)
{
	struct source *card = open_card(0, 0, 0, 0);
	struct picture picture;

	(void)state;
	take(card, &picture);
	assert_string_equal(card->mode.kind, "testcard");
	assert_int_equal(picture.format, PIXEL_YUV420);
	assert_int_equal(picture.width, 640);
	assert_int_equal(picture.height, 480);
	assert_int_equal(picture.length, 640 * 480 * 3 / 2);
	assert_int_equal(card->mode.width, 640);
	assert_int_equal(card->mode.fps_num, 15);
	assert_true(clock_mono_ns() - picture.mono_ns < CLOCK_S);
	source_release(card);
	assert_int_equal(source_take(card, &picture, NULL), SOURCE_AGAIN);
	source_close(&card);
	assert_null(card);
	source_close(&card);
}

static void
test_odd_and_extreme_sizes(void **state)
{
	static const uint32_t sizes[][2] = { { 1, 1 }, { 161, 8192 }, { 321, 241 },
		{ 90000, 200 } };
	struct picture picture;

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		struct source *card = open_card(sizes[i][0], sizes[i][1], 240, 500);

		for (int frame = 0; frame < 60; frame++) /* half a crossing and more */
			take(card, &picture);
		assert_true(
		    picture.width >= 160 && picture.width <= 8192 && picture.width % 2 == 0);
		assert_true(
		    picture.height >= 160 && picture.height <= 8192 && picture.height % 2 == 0);
		source_close(&card);
	}
}

static void
test_staleness(void **state)
{
	struct source *card = open_card(160, 160, 50, 0);
	struct picture picture;
	uint64_t begun;

	(void)state;
	take(card, &picture);
	begun = picture.mono_ns;
	for (int i = 0; i < 25; i++)
		take(card, &picture);
	/* Never early; late as a busy machine makes it. */
	assert_in_range(picture.mono_ns - begun, 480 * CLOCK_MS, 5 * CLOCK_S);
	source_close(&card);
}

/* Percent of the luma that differs clearly between two pictures. */
static unsigned
difference(const unsigned char *a, const unsigned char *b, size_t size)
{
	size_t count = 0;

	for (size_t i = 0; i < size; i++)
		count += abs(a[i] - b[i]) > 16;
	return (unsigned)(count * 100 / size);
}

/* Over one period the picture is still most of the time, and during the crossing
 * clearly more than the default threshold of 12 % differs. */
static void
check_crossing(uint32_t width, uint32_t height)
{
	struct source *card = open_card(width, height, 20, 2000);
	size_t size = (size_t)width * height;
	unsigned char *still = malloc(size);
	unsigned crossing = 0, most = 0, moves = 0;
	struct picture picture;

	take(card, &picture);
	memcpy(still, picture.data, size);
	for (int i = 0; i < 40; i++) {
		unsigned change;

		take(card, &picture);
		change = difference(still, picture.data, size);
		crossing += change > 12;
		most = change > most ? change : most;
		moves += memcmp(still, picture.data, size) != 0;
	}
	assert_in_range(most, 20, 50);
	assert_in_range(crossing, 8, 22); /* of 40: a crossing takes half of so short a period */
	assert_int_equal(moves, 40);	  /* clock and number change each time */
	/* A busy machine loses pictures: the end may fall into the next crossing. */
	for (int i = 0; i < 40 && difference(still, picture.data, size) >= 3; i++)
		take(card, &picture);
	assert_true(difference(still, picture.data, size) < 3);
	free(still);
	source_close(&card);
}

static void
test_disc_crosses_once_a_period(void **state)
{
	(void)state;
	check_crossing(640, 480);
	check_crossing(1280, 720);
}

static void
test_late_taker_gets_the_newest(void **state)
{
	struct source *card = open_card(160, 160, 100, 0);
	struct timespec late = { .tv_nsec = 200 * 1000 * 1000 };
	struct picture picture;
	uint64_t asked;

	(void)state;
	take(card, &picture);
	nanosleep(&late, NULL);
	asked = clock_mono_ns();
	take(card, &picture);
	assert_true(card->counters.dropped >= 15);
	assert_true(picture.mono_ns + 11 * CLOCK_MS > asked); /* 10 ms a picture */
	source_close(&card);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_odd_and_extreme_sizes),
		cmocka_unit_test(test_staleness),
		cmocka_unit_test(test_disc_crosses_once_a_period),
		cmocka_unit_test(test_late_taker_gets_the_newest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
