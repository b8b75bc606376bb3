/* SPDX-License-Identifier: ISC */
/* The capture thread, with a source of the test's own: this file has source_open etc. instead of
 * libsource.a, so that the test decides when each picture comes. motion_judge, copies and the
 * allocator are watched (-Wl,--wrap). */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "capture/capture.h"
#include "jpeg/jpeg.h"
#include "ring/ring.h"

enum { WIDTH = 320, HEIGHT = 240, JPEG_MAX = WIDTH * HEIGHT * 2 };

/* ---- the source under the test's hand -------------------------------- */

static struct {
	pthread_mutex_t lock;
	struct source source;
	struct picture picture; /* what take gives, once a tick */
	bool full;		/* there is a picture to take */
	struct cause refuse;	/* source_open fails with this */
	bool gone;
	atomic_uint opened, closed, held, taken, opens_tried;
} fake = { .lock = PTHREAD_MUTEX_INITIALIZER };

static const struct source_kind fake_kind = { .name = "fake" };

struct source *
source_open(const struct source_request *wanted, struct cause *why)
{
	struct source *source = NULL;

	(void)wanted;
	pthread_mutex_lock(&fake.lock);
	fake.opens_tried++;
	if (fake.refuse.text[0] != '\0') {
		cause_set(why, "%s", fake.refuse.text);
	} else {
		fake.opened++;
		fake.gone = false;
		source = &fake.source;
		source->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE);
		source->counters = (struct source_counters){ 0 };
	}
	pthread_mutex_unlock(&fake.lock);
	return source;
}

enum source_result
source_take(struct source *source, struct picture *picture, struct cause *why)
{
	enum source_result result = SOURCE_AGAIN;
	uint64_t one;

	assert_int_equal(fake.held, 0);
	pthread_mutex_lock(&fake.lock);
	if (fake.gone) {
		cause_set(why, "cable pulled");
		result = SOURCE_GONE;
	} else if (fake.full && read(source->fd, &one, sizeof one) == sizeof one) {
		*picture = fake.picture;
		fake.full = false;
		fake.held++;
		fake.taken++;
		result = SOURCE_PICTURE;
	}
	pthread_mutex_unlock(&fake.lock);
	return result;
}

void
source_release(struct source *source)
{
	(void)source;
	assert_int_equal(fake.held, 1);
	fake.held--;
}

void
source_close(struct source **source)
{
	if (*source == NULL)
		return;
	assert_int_equal(fake.held, 0);
	pthread_mutex_lock(&fake.lock);
	close((*source)->fd);
	fake.closed++;
	pthread_mutex_unlock(&fake.lock);
	*source = NULL;
}

void
source_read_controls(struct source *source, bool all)
{
	(void)source;
	(void)all;
}

bool
source_step_controls(struct source *source)
{
	(void)source;
	return false;
}

bool
source_moved(struct source *source)
{
	(void)source;
	return false;
}

json_t *
source_controls(struct source *source)
{
	(void)source;
	return json_array();
}

int
source_check_control(
    struct source *source, const char *name, const json_t *value, struct cause *why)
{
	(void)source;
	(void)value;
	return cause_set(why, "unknown control %s", name);
}

int
source_set_control(struct source *source, const char *name, const json_t *value, struct cause *why)
{
	return source_check_control(source, name, value, why);
}

bool
source_notice(struct source *source)
{
	(void)source;
	return false;
}

static void
tick(void)
{
	uint64_t one = 1;

	pthread_mutex_lock(&fake.lock);
	assert_int_equal(write(fake.source.fd, &one, sizeof one), sizeof one);
	pthread_mutex_unlock(&fake.lock);
}

static void
refuse(const char *reason)
{
	pthread_mutex_lock(&fake.lock);
	cause_set(&fake.refuse, "%s", reason);
	pthread_mutex_unlock(&fake.lock);
}

static void
pull_cable(void)
{
	pthread_mutex_lock(&fake.lock);
	fake.gone = true;
	pthread_mutex_unlock(&fake.lock);
	tick();
}

/* ---- what is watched ------------------------------------------------- */

static atomic_ulong copied, judged, judged_early, judged_holding;
static struct capture *capture;
static int bell;
static atomic_ulong rung;

/* Under all the names that the compiler calls it by. */
#define WATCH_COPY(name, extra, ...)                                        \
	void *__real_##name(void *to, const void *from, size_t size extra); \
	void *__wrap_##name(void *to, const void *from, size_t size extra); \
	void *__wrap_##name(void *to, const void *from, size_t size extra)  \
	{                                                                   \
		if (size >= 256)                                            \
			copied += size;                                     \
		return __real_##name(to, from, size __VA_ARGS__);           \
	}
#define NOTHING
#define ROOM , size_t room
WATCH_COPY(memcpy, NOTHING)
WATCH_COPY(memmove, NOTHING)
WATCH_COPY(__memcpy_chk, ROOM, , room)
WATCH_COPY(__memmove_chk, ROOM, , room)

struct motion_verdict __real_motion_judge(struct motion *, const struct motion_settings *,
    const unsigned char *, uint32_t, uint32_t, uint64_t);
struct motion_verdict __wrap_motion_judge(struct motion *, const struct motion_settings *,
    const unsigned char *, uint32_t, uint32_t, uint64_t);
struct motion_verdict
__wrap_motion_judge(struct motion *motion, const struct motion_settings *settings,
    const unsigned char *grey, uint32_t width, uint32_t height, uint64_t mono_ns)
{
	struct capture_status status;
	uint64_t count;

	if (read(bell, &count, sizeof count) == sizeof count)
		rung += count;
	capture_status(capture, &status);
	judged++;
	judged_early += rung < fake.taken || status.frame.mono_ns != mono_ns;
	judged_holding += fake.held;
	return __real_motion_judge(motion, settings, grey, width, height, mono_ns);
}

/* Allocations of the whole process, libraries included. Sanitizers have their own
 * allocator, there nothing is counted. */
static atomic_ulong allocated;
#ifndef ORIEL_SANITIZED
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

void *
malloc(size_t size)
{
	allocated++;
	return __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
	allocated++;
	return __libc_calloc(count, size);
}

void *
realloc(void *old, size_t size)
{
	allocated++;
	return __libc_realloc(old, size);
}
#endif

/* ---- pictures -------------------------------------------------------- */

static unsigned char grey_pixels[WIDTH * HEIGHT];
static unsigned char jpeg[JPEG_MAX];
static uint32_t jpeg_length;

static struct picture
grey_picture(unsigned char ground, unsigned char patch, unsigned patch_rows)
{
	memset(grey_pixels, ground, sizeof grey_pixels);
	memset(grey_pixels, patch, (size_t)patch_rows * WIDTH);
	return (struct picture){ .format = PIXEL_GREY,
		.width = WIDTH,
		.height = HEIGHT,
		.stride = WIDTH,
		.data = grey_pixels,
		.length = sizeof grey_pixels };
}

static void
make_jpeg(void)
{
	struct picture picture = grey_picture(60, 200, 40);
	struct jpeg_encoder *encoder = jpeg_encoder_new();
	long length;

	for (size_t i = 0; i < sizeof grey_pixels; i++)
		grey_pixels[i] = (unsigned char)(grey_pixels[i] + i * 7 % 31);
	length = jpeg_encode(encoder, &picture, 90, jpeg, sizeof jpeg, NULL);
	assert_true(length > 4000);
	jpeg_length = (uint32_t)length;
	jpeg_encoder_free(&encoder);
}

static struct picture
jpeg_picture(void)
{
	return (struct picture){ .format = PIXEL_MJPEG, .data = jpeg, .length = jpeg_length };
}

/* ---- scaffolding ----------------------------------------------------- */

static struct queue *reports;
static struct capture_settings settings;
static struct capture_tuning tuning;

static int
setup(void **state)
{
	(void)state;
	make_jpeg();
	fake.source = (struct source){ .kind = &fake_kind,
		.fd = -1,
		.mode = { .kind = "fake",
		    .name = "Fake",
		    .node = -1,
		    .format = PIXEL_MJPEG,
		    .width = WIDTH,
		    .height = HEIGHT,
		    .fps_num = 30,
		    .fps_den = 1 } };
	fake.full = fake.gone = false;
	fake.refuse.text[0] = '\0';
	fake.opened = fake.closed = fake.held = fake.taken = fake.opens_tried = 0;
	judged = judged_early = judged_holding = rung = 0;
	settings = (struct capture_settings){
		.wanted = { .kind = "fake", .device = "", .input = "" },
		.slots = 4,
		.encoders = 1,
		.mask = ""
	};
	tuning = (struct capture_tuning){ .quality = 80,
		.motion = true,
		.motion_fps = 60,
		.detect = { .threshold = 120, .noise = 16, .light_switch = 80 },
		.spans = { .gap_ms = 500, .pictures = 1, .cooldown_ms = 2000 } };
	bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	reports = queue_new(16);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	capture_free(&capture);
	assert_int_equal(fake.opened, fake.closed);
	queue_free(&reports, capture_report_free);
	close(bell);
	return 0;
}

static void
start(void)
{
	struct cause why;

	capture = capture_new(&settings, &tuning, reports, &why);
	assert_non_null(capture);
	assert_true(capture_add_bell(capture, bell));
}

#define WAIT_FOR(what)                                                    \
	do {                                                              \
		uint64_t patience = clock_mono_ns() + 10 * CLOCK_S;       \
		while (!(what)) {                                         \
			if (clock_mono_ns() > patience)                   \
				fail_msg("waited in vain for %s", #what); \
			usleep(500);                                      \
		}                                                         \
	} while (0)

static struct capture_status
status_now(void)
{
	struct capture_status status;

	capture_status(capture, &status);
	return status;
}

/* Hand one picture over and wait until the thread is through with it. */
static void
feed(struct picture picture)
{
	unsigned taken = fake.taken;

	WAIT_FOR(fake.opened > fake.closed);
	if (picture.mono_ns == 0) {
		picture.mono_ns = clock_mono_ns();
		picture.wall_ns = clock_wall_ns();
	}
	pthread_mutex_lock(&fake.lock);
	fake.picture = picture;
	fake.full = true;
	pthread_mutex_unlock(&fake.lock);
	tick();
	WAIT_FOR(fake.taken > taken && fake.held == 0);
}

/* The next report, which must be of this kind. */
static struct capture_report *
expect_report(enum capture_report_kind kind)
{
	struct pollfd fd = { .fd = queue_fd(reports), .events = POLLIN };
	struct capture_report *report;

	assert_int_equal(poll(&fd, 1, 10000), 1);
	report = queue_pop(reports);
	assert_non_null(report);
	if (report->kind != kind)
		fail_msg("report %d instead of %d: %s", report->kind, kind, report->reason.text);
	return report;
}

static void
skip_report(enum capture_report_kind kind)
{
	capture_report_free(expect_report(kind));
}

static void
go_live(void)
{
	start();
	feed(jpeg_picture());
	skip_report(CAPTURE_RING);
	skip_report(CAPTURE_ONLINE);
}

/* ---- tests ----------------------------------------------------------- */

static void
test_frames_reach_the_ring_in_order(void **state)
{
	struct picture picture = jpeg_picture();
	struct ring_reader *reader;
	struct ring_view view;
	uint64_t count;
	int fd;

	(void)state;
	go_live();
	fd = capture_ring_fd(capture);
	reader = ring_reader_new(fd, NULL);
	close(fd);
	assert_non_null(reader);
	for (unsigned i = 2; i <= 20; i++) {
		picture.mono_ns = i * 1000;
		picture.wall_ns = i * 2000;
		feed(picture);
		WAIT_FOR(status_now().frames == i);
		assert_true(ring_reader_view(reader, 0, &view));
		assert_int_equal(view.info.sequence, i);
		assert_int_equal(view.info.mono_ns, i * 1000);
		assert_int_equal(view.info.wall_ns, i * 2000);
		assert_int_equal(view.info.width, WIDTH);
		assert_int_equal(view.info.encode_us, 0);
		assert_int_equal(view.info.length, jpeg_length);
		assert_memory_equal(view.data, jpeg, jpeg_length);
	}
	if (read(bell, &count, sizeof count) == sizeof count)
		rung += count;
	assert_int_equal(rung, 20);
	ring_reader_free(&reader);
}

/* Feed `count` JPEGs whose stamps are a second's `rate`th apart. */
static void
publisher_many(unsigned count, unsigned rate)
{
	static uint64_t stamp;
	struct picture picture = jpeg_picture();

	for (unsigned i = 0; i < count; i++) {
		stamp += CLOCK_S / rate;
		picture.mono_ns = stamp;
		feed(picture);
	}
}

static void
test_newest_can_be_copied(void **state)
{
	struct frame_info frame;
	unsigned char *copy;
	uint64_t generation;

	(void)state;
	refuse("no camera");
	start();
	assert_false(capture_copy_newest(capture, &frame, &generation, &copy));
	assert_int_equal(capture_ring_fd(capture), -1);
	refuse("");
	feed(jpeg_picture());
	WAIT_FOR(status_now().frames == 1);
	assert_true(capture_copy_newest(capture, &frame, &generation, &copy));
	assert_int_equal(frame.sequence, 1);
	assert_int_equal(generation, status_now().generation);
	assert_memory_equal(copy, jpeg, jpeg_length);
	free(copy);
}

static void
test_outage_is_told_once(void **state)
{
	struct capture_report *report;

	(void)state;
	refuse("no camera");
	start();
	report = expect_report(CAPTURE_OFFLINE);
	assert_string_equal(report->reason.text, "no camera");
	capture_report_free(report);
	WAIT_FOR(fake.opens_tried >= 3);
	assert_int_equal(queue_length(reports), 0);
	refuse("held by somebody");
	report = expect_report(CAPTURE_OFFLINE);
	assert_string_equal(report->reason.text, "held by somebody");
	capture_report_free(report);
	assert_string_equal(status_now().reason.text, "held by somebody");
	refuse("");
	feed(jpeg_picture());
	skip_report(CAPTURE_RING);
	skip_report(CAPTURE_ONLINE);
	assert_true(status_now().online);
	assert_string_equal(status_now().reason.text, "");
	pull_cable();
	report = expect_report(CAPTURE_OFFLINE);
	assert_string_equal(report->reason.text, "cable pulled");
	capture_report_free(report);
	feed(jpeg_picture());
	report = expect_report(CAPTURE_ONLINE); /* and no new ring */
	assert_int_equal(report->mode.width, WIDTH);
	capture_report_free(report);
	assert_int_equal(status_now().reopens, 1);
	assert_int_equal(status_now().errors, 1);
	assert_int_equal(status_now().frame.sequence, 2);
}

static void
test_frozen_camera_is_reopened(void **state)
{
	struct capture_report *report;
	uint64_t silent, noticed;

	(void)state;
	go_live();
	for (int i = 0; i < 5; i++) {
		usleep(20000);
		feed(jpeg_picture());
	}
	silent = clock_mono_ns();
	report = expect_report(CAPTURE_OFFLINE);
	noticed = clock_mono_ns() - silent;
	assert_string_equal(report->reason.text, "Fake delivers no picture");
	capture_report_free(report);
	assert_true(noticed > CLOCK_S);
	assert_true(noticed < CLOCK_S + 400 * CLOCK_MS);
	WAIT_FOR(fake.opened == 2);
	feed(jpeg_picture());
	skip_report(CAPTURE_ONLINE);
}

static void
test_slow_camera_is_not_frozen(void **state)
{
	(void)state;
	fake.source.mode.fps_num = 1;
	go_live();
	for (int i = 0; i < 2; i++) {
		usleep(1300000); /* slower than it announced */
		feed(jpeg_picture());
	}
	assert_int_equal(queue_length(reports), 0);
	assert_int_equal(fake.opened, 1);
	assert_true(status_now().fps < 0.8);
	assert_true(status_now().frame.stale_ms > 4800);
}

static void
test_silent_pipe_stays_open(void **state)
{
	static const struct source_kind patient = { .name = "fake", .patient = true };

	(void)state;
	fake.source.kind = &patient;
	go_live();
	skip_report(CAPTURE_OFFLINE);
	feed(jpeg_picture());
	skip_report(CAPTURE_ONLINE);
	assert_int_equal(fake.opened, 1);
}

static void
test_bad_pictures_are_counted_and_never_shown(void **state)
{
	static unsigned char padded[JPEG_MAX];
	struct picture broken = jpeg_picture(), large;

	(void)state;
	settings.slot_kb = jpeg_length / 1024 + 1;
	go_live();
	broken.length /= 2;
	feed(broken);
	WAIT_FOR(status_now().broken == 1);
	broken = (struct picture){
		.format = PIXEL_MJPEG, .data = (const unsigned char *)"hello", .length = 5
	};
	feed(broken);
	WAIT_FOR(status_now().broken == 2);
	/* A comment segment of 4 KiB makes it too large for the slot. */
	memcpy(padded, jpeg, 2);
	memcpy(padded + 2, "\xff\xfe\x10\x00", 4);
	memcpy(padded + 4 + 4096, jpeg + 2, jpeg_length - 2);
	large = (struct picture){
		.format = PIXEL_MJPEG, .data = padded, .length = jpeg_length + 4098
	};
	feed(large);
	WAIT_FOR(status_now().oversized == 1);
	assert_int_equal(status_now().frames, 1);
	feed(jpeg_picture());
	WAIT_FOR(status_now().frames == 2);
	assert_int_equal(status_now().frame.sequence, 2);
}

/* A driver's buffer may hold everything that the pipe accepts. */
static void
test_what_webcams_send_is_shown(void **state)
{
	static const struct {
		const char *before;
		uint32_t before_length, skip; /* of the picture's beginning */
		const char *behind;
		uint32_t behind_length, cut; /* of its end */
	} odd[] = { { "\xff\xd8", 2, 0, "", 0, 0 }, { "\0\0\0", 3, 0, "", 0, 0 },
		{ "\xff\xd8\0\0", 4, 2, "", 0, 0 }, { "", 0, 0, "\0\0\0text", 7, 0 },
		{ "", 0, 0, "", 0, 2 }, { "", 0, 0, "\0\0\0\0", 4, 2 } };
	static unsigned char bytes[JPEG_MAX];

	(void)state;
	go_live();
	for (unsigned i = 0; i < sizeof odd / sizeof odd[0]; i++) {
		uint32_t body = jpeg_length - odd[i].skip - odd[i].cut;
		struct picture picture = { .format = PIXEL_MJPEG,
			.data = bytes,
			.length = odd[i].before_length + body + odd[i].behind_length };
		struct frame_info frame;
		uint64_t generation;
		unsigned char *shown;

		memcpy(bytes, odd[i].before, odd[i].before_length);
		memcpy(bytes + odd[i].before_length, jpeg + odd[i].skip, body);
		memcpy(bytes + odd[i].before_length + body, odd[i].behind, odd[i].behind_length);
		usleep(50000); /* half of the thread's time is for doubts */
		feed(picture);
		WAIT_FOR(status_now().frames + status_now().broken == i + 2);
		assert_int_equal(status_now().broken, 0);
		assert_true(capture_copy_newest(capture, &frame, &generation, &shown));
		assert_int_equal(frame.length, jpeg_length);
		assert_memory_equal(shown, jpeg, jpeg_length);
		free(shown);
	}
}

static void
test_useless_camera_says_why(void **state)
{
	struct picture broken = jpeg_picture();
	struct capture_report *report;

	(void)state;
	broken.length /= 2;
	start();
	feed(broken);
	report = expect_report(CAPTURE_OFFLINE);
	assert_non_null(strstr(report->reason.text, "Fake delivers no usable picture: "));
	capture_report_free(report);
}

static void
test_larger_pictures_get_a_new_ring(void **state)
{
	struct capture_report *report;
	uint64_t first;

	(void)state;
	settings.slot_kb = 0;
	fake.source.mode.image_size = jpeg_length;
	go_live();
	first = status_now().generation;
	fake.source.mode.image_size = jpeg_length * 2;
	pull_cable();
	skip_report(CAPTURE_OFFLINE);
	feed(jpeg_picture());
	report = expect_report(CAPTURE_RING);
	assert_int_not_equal(report->generation, first);
	assert_int_equal(report->generation, status_now().generation);
	capture_report_free(report);
	skip_report(CAPTURE_ONLINE);
	assert_int_equal(status_now().frame.sequence, 1);
	assert_int_equal(status_now().frames, 2);
}

static void
test_motion_is_reported_with_its_picture(void **state)
{
	struct picture picture = grey_picture(60, 60, 0);
	struct capture_report *report;

	(void)state;
	fake.source.mode.format = PIXEL_GREY;
	start();
	for (uint64_t i = 0; i < 100; i++) {
		picture.mono_ns = (i + 1) * CLOCK_S / 10;
		feed(picture);
	}
	skip_report(CAPTURE_RING);
	skip_report(CAPTURE_ONLINE);
	picture = grey_picture(60, 200, 96); /* 40 % of the picture */
	picture.mono_ns = 11 * CLOCK_S;
	feed(picture);
	report = expect_report(CAPTURE_MOTION);
	assert_in_range(report->verdict.change, 380, 450);
	assert_int_equal(report->frame.sequence, 101);
	assert_true(report->frame.encode_us > 0);
	assert_memory_equal(report->jpeg, "\xff\xd8\xff", 3);
	assert_memory_equal(report->jpeg + report->frame.length - 2, "\xff\xd9", 2);
	capture_report_free(report);
	assert_in_range(capture_take_peak(capture).change, 380, 450);
	assert_int_equal(capture_take_peak(capture).change, 0);
}

/* It is measured all the same, and counts again at once when it is armed. */
static void
test_motion_that_does_not_count(void **state)
{
	struct picture picture = grey_picture(60, 60, 0);
	struct capture_report *report;

	(void)state;
	fake.source.mode.format = PIXEL_GREY;
	tuning.spans.cooldown_ms = 0;
	start();
	for (uint64_t i = 0; i < 100; i++) {
		picture.mono_ns = (i + 1) * CLOCK_S / 10;
		feed(picture);
	}
	skip_report(CAPTURE_RING);
	skip_report(CAPTURE_ONLINE);
	picture = grey_picture(60, 200, 96);
	picture.mono_ns = 11 * CLOCK_S;
	feed(picture);
	skip_report(CAPTURE_MOTION);
	tuning.disarmed = true;
	capture_tune(capture, &tuning);
	report = expect_report(CAPTURE_MOTION_END);
	assert_string_equal(report->reason.text, "not armed");
	capture_report_free(report);
	capture_take_peak(capture);
	picture.mono_ns += CLOCK_S / 10;
	feed(picture);
	WAIT_FOR(judged == 102);
	assert_int_equal(status_now().motion.held, MOTION_DISARMED);
	assert_in_range(capture_take_peak(capture).change, 380, 450);
	assert_false(status_now().span.open);
	tuning.disarmed = false;
	capture_tune(capture, &tuning);
	picture.mono_ns += CLOCK_S / 10;
	feed(picture);
	skip_report(CAPTURE_MOTION);
}

static uint64_t film_ns;

/* So many pictures, ten a second: of a still ground, or of something that moves over it. */
static void
film(unsigned pictures, bool moves)
{
	while (pictures-- > 0) {
		struct picture picture = grey_picture(
		    60, (unsigned char)(moves ? 160 + pictures % 2 * 60 : 60), moves ? 96 : 0);

		picture.mono_ns = film_ns += CLOCK_S / 10;
		picture.wall_ns = UINT64_C(1700000000) * CLOCK_S + film_ns;
		feed(picture);
	}
}

/* Something moves, and that has been told. */
static void
film_motion(void)
{
	film(20, false);
	film(3, true);
	skip_report(CAPTURE_MOTION);
	WAIT_FOR(status_now().span.open);
}

static void
expect_end(const char *reason)
{
	struct capture_report *report = expect_report(CAPTURE_MOTION_END);

	assert_string_equal(report->reason.text, reason);
	assert_int_equal(span_length_ns(&report->span), 200 * CLOCK_MS);
	assert_in_range(report->span.peak, 380, 450);
	assert_false(status_now().span.open);
	capture_report_free(report);
}

static void
film_begin(void)
{
	film_ns = 0;
	fake.source.mode.format = PIXEL_GREY;
	tuning.spans.cooldown_ms = 0;
	start();
	film(1, false);
	skip_report(CAPTURE_RING);
	skip_report(CAPTURE_ONLINE);
}

static void
test_motion_ends(void **state)
{
	struct capture_report *report;

	(void)state;
	film_begin();
	film_motion();
	film(10, false);
	report = expect_report(CAPTURE_MOTION_END);
	assert_string_equal(report->reason.text, "");
	assert_int_equal(report->ended_ns, report->span.begun_wall_ns + 700 * CLOCK_MS);
	capture_report_free(report);
	/* Nobody wants to know any more. */
	film_motion();
	tuning.motion = false;
	capture_tune(capture, &tuning);
	expect_end("motion detection is off");
	/* The daemon stops. */
	tuning.motion = true;
	capture_tune(capture, &tuning);
	film_motion();
	capture_free(&capture);
	report = expect_report(CAPTURE_MOTION_END);
	assert_string_equal(report->reason.text, "the camera daemon was stopped");
	capture_report_free(report);
}

/* Before it is told that the camera is gone. */
static void
test_motion_ends_with_its_camera(void **state)
{
	(void)state;
	film_begin();
	film_motion();
	pull_cable();
	expect_end("cable pulled");
	skip_report(CAPTURE_OFFLINE);
	film(1, false);
	skip_report(CAPTURE_ONLINE);
	film_motion(); /* and then no picture any more */
	expect_end("Fake delivers no picture");
	skip_report(CAPTURE_OFFLINE);
}

/* The thread cannot say so: it is in a call to the driver. */
static void
test_motion_ends_when_the_driver_hangs(void **state)
{
	const uint64_t one = 1;

	(void)state;
	film_begin();
	film_motion();
	capture_look_for_hang(capture);
	assert_true(status_now().span.open);
	pthread_mutex_lock(&fake.lock);
	assert_int_equal(write(fake.source.fd, &one, sizeof one), sizeof one);
	for (int i = 0; i < 100 && !status_now().hangs; i++)
		usleep(100000);
	capture_look_for_hang(capture);
	pthread_mutex_unlock(&fake.lock);
	expect_end("Fake does not answer");
}

static void
test_frames_go_out_before_motion_is_judged(void **state)
{
	(void)state;
	go_live();
	for (int i = 0; i < 20; i++) {
		usleep(20000);
		feed(jpeg_picture());
	}
	WAIT_FOR(judged >= 20);
	assert_int_equal(judged_early, 0);
	assert_int_equal(judged_holding, 0); /* the driver has its buffer back */
}

static void
test_no_more_judgements_than_asked_for(void **state)
{
	(void)state;
	tuning.motion_fps = 10;
	start();
	publisher_many(150, 15); /* ten seconds */
	WAIT_FOR(status_now().frames == 150);
	assert_in_range(judged, 99, 101);
	tuning.motion = false;
	capture_tune(capture, &tuning);
	judged = 0;
	publisher_many(30, 15);
	assert_int_equal(judged, 0);
}

/* Frames after the first ones allocate nothing; a JPEG is copied exactly once. */
static void
test_steady_state_of_jpeg(void **state)
{
	unsigned long before_allocated, before_copied;

	(void)state;
#ifdef ORIEL_SANITIZED
	skip();
#endif
	tuning.motion = false;
	start();
	publisher_many(10, 10);
	WAIT_FOR(status_now().frames == 10);
	before_allocated = allocated;
	before_copied = copied;
	publisher_many(100, 10);
	WAIT_FOR(status_now().frames == 110);
	assert_int_equal(allocated - before_allocated, 0);
	assert_in_range(
	    copied - before_copied, 100 * (jpeg_length - 4096), 100 * (jpeg_length + 4096));
}

static void
test_steady_state_with_motion(void **state)
{
	unsigned long before;

	(void)state;
#ifdef ORIEL_SANITIZED
	skip();
#endif
	start();
	publisher_many(10, 10);
	WAIT_FOR(judged == 10);
	before = allocated;
	publisher_many(100, 10);
	WAIT_FOR(judged == 110);
	assert_int_equal(allocated - before, 0);
}

static void
test_steady_state_of_raw(void **state)
{
	struct picture picture = grey_picture(60, 60, 0);
	unsigned long before = 0;

	(void)state;
#ifdef ORIEL_SANITIZED
	skip();
#endif
	settings.encoders = 2;
	start();
	for (uint64_t i = 0; i < 110; i++) {
		if (i == 10)
			before = allocated;
		picture.mono_ns = (i + 1) * CLOCK_S / 10;
		feed(picture);
		WAIT_FOR(judged == i + 1);
	}
	assert_int_equal(allocated - before, 0);
}

static void
test_full_queue_is_counted(void **state)
{
	struct queue *small;

	(void)state;
	small = queue_new(1);
	capture = capture_new(&settings, &tuning, small, NULL);
	assert_non_null(capture);
	feed(jpeg_picture()); /* ring and online: one too many */
	WAIT_FOR(status_now().errors == 1);
	capture_free(&capture);
	queue_free(&small, capture_report_free);
}

static void
test_stops_at_once_in_any_state(void **state)
{
	uint64_t begun;

	(void)state;
	go_live();
	begun = clock_mono_ns();
	capture_free(&capture);
	refuse("no camera");
	start();
	WAIT_FOR(fake.opens_tried >= 4); /* asleep until the next try */
	capture_free(&capture);
	assert_true(clock_mono_ns() - begun < 3 * CLOCK_S);
}

static void
test_bad_mask_is_an_error_at_start(void **state)
{
	struct cause why;

	(void)state;
	settings.mask = "/nonexistent/mask.pgm";
	assert_null(capture_new(&settings, &tuning, reports, &why));
	assert_non_null(strstr(why.text, "/nonexistent/mask.pgm"));
}

int
main(void)
{
#define CAPTURE_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		CAPTURE_TEST(test_frames_reach_the_ring_in_order),
		CAPTURE_TEST(test_newest_can_be_copied),
		CAPTURE_TEST(test_outage_is_told_once),
		CAPTURE_TEST(test_frozen_camera_is_reopened),
		CAPTURE_TEST(test_slow_camera_is_not_frozen),
		CAPTURE_TEST(test_silent_pipe_stays_open),
		CAPTURE_TEST(test_bad_pictures_are_counted_and_never_shown),
		CAPTURE_TEST(test_what_webcams_send_is_shown),
		CAPTURE_TEST(test_useless_camera_says_why),
		CAPTURE_TEST(test_larger_pictures_get_a_new_ring),
		CAPTURE_TEST(test_motion_is_reported_with_its_picture),
		CAPTURE_TEST(test_motion_that_does_not_count),
		CAPTURE_TEST(test_motion_ends),
		CAPTURE_TEST(test_motion_ends_with_its_camera),
		CAPTURE_TEST(test_motion_ends_when_the_driver_hangs),
		CAPTURE_TEST(test_frames_go_out_before_motion_is_judged),
		CAPTURE_TEST(test_no_more_judgements_than_asked_for),
		CAPTURE_TEST(test_steady_state_of_jpeg),
		CAPTURE_TEST(test_steady_state_with_motion),
		CAPTURE_TEST(test_steady_state_of_raw),
		CAPTURE_TEST(test_full_queue_is_counted),
		CAPTURE_TEST(test_stops_at_once_in_any_state),
		CAPTURE_TEST(test_bad_mask_is_an_error_at_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
