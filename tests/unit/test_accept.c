/* SPDX-License-Identifier: ISC */
/* Which JPEGs are shown, and the cost of the others: the capture thread behind a FIFO. */
#include "unit.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "capture/capture.h"
#include "make_jpeg.h"

enum { WIDTH = 160, HEIGHT = 96 };
static const struct make_options plain = { 0 };

static char path[64];
static int publisher_fd;
static struct capture *capture;
static struct queue *reports;
static struct capture_settings settings;
static struct capture_tuning tuning;

static int
setup(void **state)
{
	(void)state;
	snprintf(path, sizeof path, "/tmp/oriel-accept-XXXXXX");
	assert_non_null(mkdtemp(path));
	strcat(path, "/input");
	assert_int_equal(mkfifo(path, 0600), 0);
	publisher_fd = open(path, O_RDWR | O_CLOEXEC);
	settings = (struct capture_settings){
		.wanted = { .kind = "pipe", .input = path, .device = "" },
		.slots = 6,
		.encoders = 1,
		.mask = ""
	};
	tuning = (struct capture_tuning){ .quality = 80,
		.motion = true,
		.motion_fps = 60,
		.detect = { .threshold = 1, .noise = 16, .light_switch = 100 } };
	reports = queue_new(256);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	capture_free(&capture);
	queue_free(&reports, capture_report_free);
	close(publisher_fd);
	unlink(path);
	*strrchr(path, '/') = '\0';
	return rmdir(path);
}

static struct capture_status
status_now(void)
{
	struct capture_status status;

	capture_status(capture, &status);
	return status;
}

static uint64_t
seen(void)
{
	struct capture_status now = status_now();

	return now.frames + now.dropped + now.broken + now.oversized;
}

/* Write it all; the thread reads meanwhile. Then wait until it has seen `count` more. */
static void
feed(const struct made *made, unsigned count)
{
	uint64_t before, patience = clock_mono_ns() + 20 * CLOCK_S;

	if (capture == NULL)
		capture = capture_new(&settings, &tuning, reports, NULL);
	assert_non_null(capture);
	before = seen();
	for (unsigned long at = 0; at < made->length;) {
		ssize_t wrote = write(publisher_fd, made->jpeg + at, made->length - at);

		assert_true(wrote > 0);
		at += (unsigned long)wrote;
	}
	while (seen() < before + count) {
		if (clock_mono_ns() > patience)
			fail_msg("waited in vain for %u more than %llu", count,
			    (unsigned long long)before);
		usleep(500);
	}
}

/* The same for a picture that is or may be doubtful. Such pictures get at most half of the time
 * (capture/accept.c), and on a busy machine the check of the one before may have taken long. */
static void
feed_doubtful(const struct made *made)
{
	usleep(50000);
	feed(made, 1);
}

static void
assert_counts(uint64_t frames, uint64_t broken, uint64_t oversized)
{
	struct capture_status now = status_now();

	assert_int_equal(now.frames, frames);
	assert_int_equal(now.broken, broken);
	assert_int_equal(now.oversized, oversized);
}

/* Where the first marker FF `code` is. */
static unsigned long
find(const struct made *made, unsigned char code)
{
	for (unsigned long at = 2; at + 4 <= made->length;
	     at += 2u + (made->jpeg[at + 2] << 8) + made->jpeg[at + 3])
		if (made->jpeg[at + 1] == code)
			return at;
	fail_msg("no marker %02X", code);
	return 0;
}

static void
put_in(struct made *made, unsigned long at, const void *bytes, unsigned long length)
{
	made->jpeg = realloc(made->jpeg, made->length + length);
	memmove(made->jpeg + at + length, made->jpeg + at, made->length - at);
	memcpy(made->jpeg + at, bytes, length);
	made->length += length;
}

/* The header says another size; the data stays. */
static struct made
lie(uint16_t width, uint16_t height)
{
	struct made made = make_jpeg(WIDTH, HEIGHT, &plain);
	unsigned char *frame = made.jpeg + find(&made, 0xc0);

	frame[5] = (unsigned char)(height >> 8);
	frame[6] = (unsigned char)height;
	frame[7] = (unsigned char)(width >> 8);
	frame[8] = (unsigned char)width;
	return made;
}

/* About `size` bytes of comments in it. */
static struct made
padded(unsigned long size)
{
	struct made made = make_jpeg(WIDTH, HEIGHT, &plain);
	unsigned char *comments = calloc(1, size);
	unsigned long at = 0;

	while (size - at > 4) {
		unsigned long part = size - at < 60000 ? size - at : 60000;

		memcpy(comments + at, "\xff\xfe", 2);
		comments[at + 2] = (unsigned char)((part - 2) >> 8);
		comments[at + 3] = (unsigned char)(part - 2);
		at += part;
	}
	put_in(&made, 2, comments, at);
	free(comments);
	return made;
}

/* ---- size ------------------------------------------------------------ */

static void
test_a_size_that_lies_is_broken_and_takes_nothing(void **state)
{
	static const uint16_t sizes[][2] = { { 65500, 65500 }, { 8000, 8000 }, { WIDTH, 8000 },
		{ 1000, 1000 }, { WIDTH + 32, HEIGHT }, { HEIGHT, WIDTH } };
	struct made good = make_jpeg(WIDTH, HEIGHT, &plain);
	uint64_t generation;

	(void)state;
	feed(&good, 1);
	generation = status_now().generation;
	for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		struct made liar = lie(sizes[i][0], sizes[i][1]);

		feed(&liar, 1);
		assert_counts(1 + i, 1 + i, 0);
		feed(&good, 1);
		assert_counts(2 + i, 1 + i, 0);
		assert_int_equal(status_now().frame.width, WIDTH);
		free(liar.jpeg);
	}
	assert_int_equal(status_now().generation, generation);
	free(good.jpeg);
}

static void
test_a_camera_may_change_its_size(void **state)
{
	struct made small = make_jpeg(WIDTH, HEIGHT, &plain),
		    large = make_jpeg(2 * WIDTH, 2 * HEIGHT, &plain);

	(void)state;
	feed(&small, 1);
	feed_doubtful(&large); /* one among others */
	assert_counts(1, 1, 0);
	feed(&small, 1);
	feed_doubtful(&large);
	assert_counts(2, 2, 0);
	feed_doubtful(&large); /* two in a row */
	assert_counts(3, 2, 0);
	assert_int_equal(status_now().frame.width, 2 * WIDTH);
	feed(&small, 1);
	assert_counts(3, 3, 0);
	free(small.jpeg);
	free(large.jpeg);
}

/* The first picture alone says the size: it must at least decode. */
static void
test_a_first_picture_that_lies(void **state)
{
	struct made liar = lie(WIDTH, 4 * HEIGHT), good = make_jpeg(WIDTH, HEIGHT, &plain);

	(void)state;
	feed_doubtful(&liar);
	feed_doubtful(&liar);
	assert_counts(0, 2, 0);
	feed_doubtful(&good);
	assert_counts(1, 2, 0);
	free(liar.jpeg);
	free(good.jpeg);
}

static void
test_without_eoi(void **state)
{
	struct made good = make_jpeg(WIDTH, HEIGHT, &plain),
		    open = make_jpeg(WIDTH, HEIGHT, &plain), cut = make_jpeg(WIDTH, HEIGHT, &plain);

	(void)state;
	open.length -= 2;
	cut.length /= 2;
	feed(&open, 0);
	feed(&open, 1);
	usleep(50000); /* half of the thread's time is for doubts */
	feed(&cut, 1);
	assert_counts(2, 0, 0);
	usleep(50000);
	feed(&cut, 1);
	assert_counts(2, 1, 0);
	assert_string_equal(status_now().reason.text, "");
	feed(&good, 1);
	assert_counts(3, 1, 0);
	assert_int_equal(status_now().frame.length, good.length);
	free(good.jpeg);
	free(open.jpeg);
	free(cut.jpeg);
}

/* ---- bytes ----------------------------------------------------------- */

/* 41 KB at 160x120 were too large for ever. */
static void
test_the_ring_grows_with_the_frames(void **state)
{
	static const unsigned long sizes[] = { 100, 40000, 41000, 300000, 2000000, 7000000, 100 };
	uint64_t generation = 0;
	unsigned rings = 0;

	(void)state;
	for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		struct made made = padded(sizes[i]);

		feed(&made, 1);
		assert_counts(1 + i, 0, 0);
		assert_int_equal(status_now().frame.length, made.length);
		rings += status_now().generation != generation;
		generation = status_now().generation;
		free(made.jpeg);
	}
	assert_in_range(rings, 3, 5);
}

static void
test_the_ring_grows_to_its_limit(void **state)
{
	struct made small = padded(100), large = padded(300000);
	struct capture_report *report;

	(void)state;
	settings.ring_most = 1 << 20;
	feed(&large, 1);
	assert_counts(0, 0, 1);
	do {
		usleep(1000);
		report = queue_pop(reports);
		if (report != NULL && report->kind == CAPTURE_OFFLINE)
			break;
		capture_report_free(report);
	} while (true);
	assert_non_null(
	    strstr(report->reason.text, "262144 are the most the ring has room for (ring_mb)"));
	capture_report_free(report);
	feed(&small, 1);
	feed(&large, 1);
	assert_counts(1, 0, 2);
	free(small.jpeg);
	free(large.jpeg);
}

static void
test_the_largest_jpeg_is_a_setting(void **state)
{
	struct made small = padded(100), large = padded(1500000);

	(void)state;
	settings.wanted.image_most = 1 << 20;
	feed(&small, 1);
	feed(&large, 1);
	assert_counts(1, 1, 0);
	free(small.jpeg);
	free(large.jpeg);
}

/* ---- what it says of itself ------------------------------------------ */

/* Grey, one corner of it dark: 24 x 24 pixels. */
static struct made
cornered(unsigned orientation, bool dark)
{
	unsigned char exif[] =
	    "\xff\xe1\x00\x22"
	    "Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0?\0\0\0\0\0\0\0";
	struct made made = make_patched(WIDTH, HEIGHT, dark ? 24 : 0);

	exif[28] = (unsigned char)orientation;
	put_in(&made, 2, exif, 36);
	return made;
}

static void
test_turned_pictures_are_judged_as_people_see_them(void **state)
{
	/* Where the upper left corner is seen: right?, below? */
	static const bool corner[][2] = { { 0, 0 }, { 1, 0 }, { 1, 1 }, { 0, 1 }, { 0, 0 },
		{ 1, 0 }, { 1, 1 }, { 0, 1 } };

	for (unsigned orientation = 1; orientation <= 8; orientation++) {
		struct made bright = cornered(orientation, false),
			    dark = cornered(orientation, true);
		struct capture_report *report = NULL;
		uint32_t width = orientation >= 5 ? HEIGHT : WIDTH,
			 height = orientation >= 5 ? WIDTH : HEIGHT;

		for (unsigned i = 0; i < 40; i++) {
			feed(&bright, 1);
			usleep(17000);
		}
		for (unsigned i = 0; i < 40 && (report == NULL || report->kind != CAPTURE_MOTION);
		     i++) {
			capture_report_free(report);
			feed(&dark, 1);
			usleep(17000);
			report = queue_pop(reports);
		}
		assert_non_null(report);
		assert_int_equal(report->kind, CAPTURE_MOTION);
		assert_int_equal(report->frame.width, width);
		assert_int_equal(report->frame.height, height);
		assert_int_equal(report->verdict.box_x > width / 8 / 2, corner[orientation - 1][0]);
		assert_int_equal(
		    report->verdict.box_y > height / 8 / 2, corner[orientation - 1][1]);
		capture_report_free(report);
		free(bright.jpeg);
		free(dark.jpeg);
		teardown(state);
		setup(state);
	}
}

static void
test_what_cannot_be_judged_is_said(void **state)
{
	struct made cmyk = make_jpeg(WIDTH, HEIGHT, &(struct make_options){ .components = 4 });
	struct made good = make_jpeg(WIDTH, HEIGHT, &plain);

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		feed(&cmyk, 1);
		usleep(20000);
	}
	assert_counts(20, 0, 0);
	assert_string_equal(
	    status_now().blind.text, "CMYK pictures have no brightness of their own");
	for (unsigned i = 0; i < 4; i++) {
		feed(&good, 1);
		usleep(20000);
	}
	assert_string_equal(status_now().blind.text, "");
	free(cmyk.jpeg);
	free(good.jpeg);
}

int
main(void)
{
#define ACCEPT_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		ACCEPT_TEST(test_a_size_that_lies_is_broken_and_takes_nothing),
		ACCEPT_TEST(test_a_camera_may_change_its_size),
		ACCEPT_TEST(test_a_first_picture_that_lies),
		ACCEPT_TEST(test_without_eoi),
		ACCEPT_TEST(test_the_ring_grows_with_the_frames),
		ACCEPT_TEST(test_the_ring_grows_to_its_limit),
		ACCEPT_TEST(test_the_largest_jpeg_is_a_setting),
		ACCEPT_TEST(test_turned_pictures_are_judged_as_people_see_them),
		ACCEPT_TEST(test_what_cannot_be_judged_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
