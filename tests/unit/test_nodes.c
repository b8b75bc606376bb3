/* SPDX-License-Identifier: ISC */
/* Which camera is taken, and kept: unusable nodes, twins, slow cameras. */
#include "unit.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "camera_rig.h"
#include "make_jpeg.h"

#define GOOD "modes=yuyv:320x240@50 card=Cam bus=usb-1"

/* What is behind a node changes, and nobody is told. */
static void
change_silently(const char *name, const char *text)
{
	char path[sizeof fakedev + 64];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", fakedev, name);
	file = fopen(path, "r+");
	assert_non_null(file);
	assert_int_equal(ftruncate(fileno(file), 0), 0);
	fputs(text, file);
	fclose(file);
}

static void
expect_online_at(const char *device, unsigned ms)
{
	struct capture_report *report = wait_report(CAPTURE_ONLINE, ms);

	assert_string_equal(report->mode.device, device);
	capture_report_free(report);
}

/* Nothing is told for so long. */
static void
expect_quiet(unsigned ms)
{
	struct capture_report *report;

	pause_ms(ms);
	while ((report = queue_pop(reports)) != NULL) {
		if (report->kind != CAPTURE_RING)
			fail_msg("report %d: %s", report->kind, report->reason.text);
		capture_report_free(report);
	}
}

/* ---- nodes of no use ------------------------------------------------- */

static void
test_what_is_of_no_use_is_passed_over(void **state)
{
	(void)state;
	fakedev_put("video0", "modes=h264:640x480@30 card=Coder");
	fakedev_put("video1", GOOD " kind=nostart");
	fakedev_put("video2", GOOD " kind=busy");
	fakedev_put("video3", GOOD " kind=denied");
	fakedev_put("video4", GOOD " kind=m2m");
	fakedev_put("video5", GOOD " kind=iomc");
	fakedev_put("video6", GOOD " kind=meta");
	fakedev_put("video7", GOOD " kind=output");
	fakedev_put("video8", GOOD " kind=loopback");
	fakedev_put("video9", GOOD);
	start();
	expect_online_at("/dev/video9", 2000);
	fakedev_remove("video9"); /* what programs feed is better than none */
	expect_online_at("/dev/video8", 5000);
}

static void
test_the_best_of_useless_ones_says_why(void **state)
{
	(void)state;
	fakedev_put("video0", GOOD " kind=iomc");
	fakedev_put("video1", "modes=h264:640x480@30 card=Coder");
	fakedev_put("video2", GOOD " kind=nostart");
	start();
	expect_offline("/dev/video2: starting the stream: Protocol error", 2000);
	fakedev_remove("video2");
	expect_offline("/dev/video1 (Coder) does not offer a format we know; it offers H264", 4000);
	fakedev_put("video3", GOOD);
	expect_online_at("/dev/video3", 1000);
}

static void
test_lists_without_an_end(void **state)
{
	(void)state;
	fakedev_put("video0", GOOD " kind=endless");
	start();
	expect_online_at("/dev/video0", 2000);
	assert_true(camera_stats.calls < 4000);
}

static void
test_a_dead_node_gives_way(void **state)
{
	(void)state;
	fakedev_put("video0.freeze", "");
	fakedev_put("video0", GOOD);
	fakedev_put("video1", GOOD " kind=busy");
	start();
	expect_offline("Cam delivers no picture", 4000);
	change_silently("video1", GOOD);
	expect_online_at("/dev/video1", 5000);
	/* It is the camera now: the dead one does not get its place when it goes. */
	fakedev_remove("video1");
	expect_offline("Cam (/dev/video1) was unplugged", 2000);
	fakedev_put("video1", GOOD);
	expect_online_at("/dev/video1", 1000);
}

static void
test_one_that_only_breaks_pictures_gives_way(void **state)
{
	(void)state;
	fakedev_put("video0.truncate", "");
	fakedev_put("video0", GOOD);
	start();
	pause_ms(500);
	fakedev_put("video1", GOOD);
	expect_online_at("/dev/video1", 5000);
	fakedev_remove("video0.truncate");
}

static void
test_a_dead_camera_alone_heals(void **state)
{
	(void)state;
	fakedev_put("video0.freeze", "");
	fakedev_put("video0", GOOD);
	start();
	expect_offline("Cam delivers no picture", 4000);
	expect_quiet(2500);
	fakedev_remove("video0.freeze");
	expect_online_at("/dev/video0", 1000);
}

static void
test_the_named_one_is_waited_for(void **state)
{
	(void)state;
	settings.wanted.device = "/dev/video0";
	fakedev_put("video0", "modes=h264:640x480@30 card=Coder");
	fakedev_put("video1", GOOD);
	start();
	expect_offline("/dev/video0 (Coder) does not offer a format we know; it offers H264", 1000);
	expect_quiet(1000);
	fakedev_put("video0", GOOD " kind=m2m"); /* who names it knows why */
	expect_online_at("/dev/video0", 2500);
}

/* ---- the test card and cameras --------------------------------------- */

static void
test_auto_comes_from_the_test_card(void **state)
{
	(void)state;
	settings.wanted.kind = "auto";
	fakedev_put("video0", "modes=h264:640x480@30 card=Coder");
	start();
	expect_online(1000);
	assert_string_equal(status_now().mode.kind, "testcard");
	fakedev_put("video1", GOOD " kind=busy"); /* another program looks at it first */
	expect_quiet(500);
	change_silently("video1", GOOD);
	expect_online_at("/dev/video1", 3000);
}

static void
test_a_camera_is_remembered_after_its_first_picture(void **state)
{
	(void)state;
	settings.wanted.kind = "auto";
	fakedev_put("video0.freeze", "");
	fakedev_put("video0", GOOD);
	start();
	expect_offline("Cam delivers no picture", 4000);
	fakedev_remove("video0");
	expect_online(5000);
	assert_string_equal(status_now().mode.kind, "testcard");
	fakedev_put("video1", GOOD);
	expect_online_at("/dev/video1", 1000);
}

/* ---- twins ----------------------------------------------------------- */

#define TWIN "modes=yuyv:320x240@50 card=Pair bus=usb-1"
#define LEFT TWIN " place=pci0/usb1/1-1/1-1:1.0"
#define RIGHT TWIN " place=pci0/usb1/1-1/1-1:1.2"

/* Both come back, the other one first; only this one may be shown. */
static void
replug_twins(const char *left, const char *right, const char *back)
{
	fakedev_put("video0", left);
	fakedev_put("video2", right);
	start();
	expect_online_at("/dev/video2", 2000);
	fakedev_remove("video0");
	fakedev_remove("video2");
	expect_offline("Pair (/dev/video2) was unplugged", 2000);
	fakedev_put("video0", left);
	expect_quiet(1000);
	fakedev_put(back, right);
}

static void
test_twins_of_two_interfaces(void **state)
{
	(void)state;
	settings.wanted.device = "/dev/video2";
	replug_twins(LEFT, RIGHT, "video2");
	expect_online_at("/dev/video2", 2000);
}

static void
test_a_twin_under_another_node(void **state)
{
	(void)state;
	settings.wanted.device = "/dev/video2";
	replug_twins(LEFT, RIGHT, "video5");
	expect_online_at("/dev/video5", 2000);
}

static void
test_twins_of_one_interface(void **state)
{
	(void)state;
	settings.wanted.device = "/dev/video2";
	replug_twins(LEFT, LEFT, "video5"); /* its second node again */
	expect_online_at("/dev/video5", 2000);
}

static void
test_twins_without_sysfs(void **state)
{
	(void)state;
	settings.wanted.device = "/dev/video2";
	replug_twins(TWIN, TWIN, "video2");
	expect_online_at("/dev/video2", 2000);
}

static void
test_the_named_node_wins(void **state)
{
	(void)state;
	settings.wanted.device = "/dev/video2";
	fakedev_put("video2", "modes=yuyv:320x240@50 card=Old bus=usb-1");
	start();
	expect_online_at("/dev/video2", 2000);
	fakedev_remove("video2");
	expect_offline("Old (/dev/video2) was unplugged", 2000);
	fakedev_put("video0", "modes=yuyv:320x240@50 card=Old bus=usb-2"); /* another socket */
	fakedev_put("video2", "modes=yuyv:320x240@50 card=New bus=usb-3");
	expect_online_at("/dev/video2", 2000);
	assert_string_equal(status_now().mode.name, "New");
}

/* Unnamed: the other twin is not taken while the one we had may come back. */
static void
test_a_twin_is_held_a_place(void **state)
{
	(void)state;
	fakedev_put("video0", LEFT);
	start();
	expect_online_at("/dev/video0", 2000);
	fakedev_put("video2", RIGHT);
	fakedev_remove("video0");
	expect_offline("Pair (/dev/video0) was unplugged", 2000);
	expect_quiet(1500);
	fakedev_put("video0", LEFT);
	expect_online_at("/dev/video0", 1000);
	fakedev_remove("video0");
	expect_offline("Pair (/dev/video0) was unplugged", 2000);
	expect_online_at("/dev/video2", 5000); /* it does not */
}

/* The driver says late that it has gone, and is silent until then. */
static void
test_a_twin_is_held_a_place_when_enodev_is_late(void **state)
{
	(void)state;
	fakedev_put("video0", LEFT " late=4000");
	start();
	expect_online_at("/dev/video0", 2000);
	fakedev_put("video2", RIGHT);
	fakedev_remove("video0");
	expect_offline("Pair delivers no picture", 3000);
	expect_quiet(1500);
	fakedev_put("video0", LEFT);
	expect_online_at("/dev/video0", 1000);
}

/* ---- slow ones ------------------------------------------------------- */

static void
test_slower_than_it_says(void **state)
{
	struct frame_info frame;

	(void)state;
	fakedev_put("video0", "modes=yuyv:320x240@30 card=Slow every=1700");
	start();
	expect_online(3000);
	expect_quiet(4000);
	frame = status_now().frame;
	assert_false(frame_is_stale(&frame, clock_mono_ns()));
	assert_int_equal(status_now().reopens, 0);
}

/* Each opening has one picture at once: opening it anew would go on for ever. */
static void
test_slower_than_it_says_after_the_first_picture(void **state)
{
	(void)state;
	fakedev_put("video0", "modes=yuyv:320x240@30 card=Slow first=1 every=2500");
	start();
	expect_online(1000);
	expect_offline("Slow delivers no picture", 2000);
	expect_online(1000);
	expect_offline("Slow delivers no picture", 2000);
	expect_online(2500);
	expect_quiet(4500);
	assert_int_equal(status_now().reopens, 1);
}

/* ---- time stamps ----------------------------------------------------- */

static void
test_useless_stamps(void **state)
{
	static const char *const how[] = { "still", "late", "future", "back", "wall", "none" };

	(void)state;
	for (size_t i = 0; i < sizeof how / sizeof how[0]; i++) {
		struct frame_info frame;
		char text[128];

		snprintf(text, sizeof text, GOOD " stamps=%s", how[i]);
		fakedev_put("video0", text);
		start();
		expect_online(2000);
		pause_ms(200);
		frame = status_now().frame;
		assert_true(frame.mono_ns <= clock_mono_ns());
		assert_true(frame_age_ns(&frame, clock_mono_ns()) < 500 * CLOCK_MS);
		assert_in_range(frame.stale_ms, 1000, 2000);
		assert_true(status_now().fps > 10);
		capture_free(&capture);
	}
}

/* ---- a FIFO made anew ------------------------------------------------ */

static char fifo[128];

static void
make_fifo(void)
{
	snprintf(fifo, sizeof fifo, "%s/fifo", fakedev);
	unlink(fifo);
	assert_int_equal(mkfifo(fifo, 0600), 0);
}

/* The new writer writes at once, and stays. */
static int
write_pictures(unsigned count)
{
	struct made made = make_jpeg(64, 48, &(struct make_options){ 0 });
	int fd = open(fifo, O_WRONLY | O_NONBLOCK);

	for (int i = 0; fd == -1 && i < 500; i++) {
		pause_ms(10); /* until somebody reads */
		fd = open(fifo, O_WRONLY | O_NONBLOCK);
	}
	assert_int_not_equal(fd, -1);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(write(fd, made.jpeg, made.length), made.length);
	free(made.jpeg);
	return fd;
}

static void
test_a_fifo_made_anew(void **state)
{
	int writer;

	(void)state;
	settings.wanted.kind = "pipe";
	settings.wanted.input = fifo;
	make_fifo();
	start();
	pause_ms(300);
	make_fifo(); /* before there was a writer */
	writer = write_pictures(1);
	expect_online(5000);
	close(writer);
	expect_offline(strcat(strcpy((char[256]){ "" }, fifo), ": input ended"), 2000);
	make_fifo(); /* and when he has gone */
	writer = write_pictures(1);
	expect_online(5000);
	make_fifo(); /* and while he says nothing */
	close(write_pictures(1));
	expect_online(5000);
	close(writer);
	expect_offline(strcat(strcpy((char[256]){ "" }, fifo), ": input ended"), 2000);
}

int
main(void)
{
#define NODES_TEST(test) cmocka_unit_test_setup_teardown(test, rig_setup, rig_teardown)
	const struct CMUnitTest tests[] = {
		NODES_TEST(test_what_is_of_no_use_is_passed_over),
		NODES_TEST(test_the_best_of_useless_ones_says_why),
		NODES_TEST(test_lists_without_an_end),
		NODES_TEST(test_a_dead_node_gives_way),
		NODES_TEST(test_one_that_only_breaks_pictures_gives_way),
		NODES_TEST(test_a_dead_camera_alone_heals),
		NODES_TEST(test_the_named_one_is_waited_for),
		NODES_TEST(test_auto_comes_from_the_test_card),
		NODES_TEST(test_a_camera_is_remembered_after_its_first_picture),
		NODES_TEST(test_twins_of_two_interfaces),
		NODES_TEST(test_a_twin_under_another_node),
		NODES_TEST(test_twins_of_one_interface),
		NODES_TEST(test_twins_without_sysfs),
		NODES_TEST(test_the_named_node_wins),
		NODES_TEST(test_a_twin_is_held_a_place),
		NODES_TEST(test_a_twin_is_held_a_place_when_enodev_is_late),
		NODES_TEST(test_slower_than_it_says),
		NODES_TEST(test_slower_than_it_says_after_the_first_picture),
		NODES_TEST(test_useless_stamps),
		NODES_TEST(test_a_fifo_made_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
