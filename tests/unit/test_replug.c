/* SPDX-License-Identifier: ISC */
/* The capture thread with the synthetic camera: the test does things to the camera, and checks
 * what the loop is told. */
#include "unit.h"

#include "camera_rig.h"

#define CAMERA "modes=yuyv:320x240@50 card=Cam bus=usb-1"

static void
test_cable_pulled_three_times(void **state)
{
	(void)state;
	fakedev_put("video0", CAMERA);
	start();
	expect_online(2000);
	for (int i = 0; i < 3; i++) {
		fakedev_remove("video0");
		expect_offline("Cam (/dev/video0) was unplugged", 2000);
		assert_false(status_now().online);
		assert_true(status_now().fps == 0);
		/* The tries are 0.1, 0.3, 0.7, 1.5 and 3.1 s after the loss. */
		pause_ms(i == 2 ? 1700 : 200);
		assert_int_equal(queue_length(reports), 0); /* told once */
		fakedev_put("video0", CAMERA);
		expect_online(1000); /* by inotify, not by trying again */
	}
	assert_int_equal(status_now().reopens, 3);
	assert_int_equal(status_now().errors, 3);
}

static void
test_back_under_another_node(void **state)
{
	(void)state;
	settings.wanted.device = "/dev/video0";
	fakedev_put("video0", CAMERA);
	start();
	expect_online(2000);
	fakedev_remove("video0");
	expect_offline("Cam (/dev/video0) was unplugged", 2000);
	fakedev_put("video3", CAMERA);
	expect_online(1000);
	assert_string_equal(status_now().mode.device, "/dev/video3");
}

static void
test_back_with_other_formats(void **state)
{
	uint64_t generation;

	(void)state;
	fakedev_put("video0", CAMERA);
	start();
	expect_online(2000);
	generation = status_now().generation;
	fakedev_remove("video0");
	expect_offline("Cam (/dev/video0) was unplugged", 2000);
	fakedev_put("video0", "modes=grey:640x480@30 card=Cam bus=usb-1");
	expect_online(1000);
	assert_int_equal(status_now().mode.format, PIXEL_GREY);
	assert_int_equal(status_now().frame.width, 640);
	assert_int_not_equal(status_now().generation, generation);
}

static void
test_pulled_before_the_first_frame(void **state)
{
	(void)state;
	fakedev_put("video0.freeze", "");
	fakedev_put("video0", CAMERA);
	start();
	for (int i = 0; i < 200 && camera_stats.queued < 4; i++)
		pause_ms(10);
	pause_ms(100);
	fakedev_remove("video0");
	expect_offline("Cam (/dev/video0) was unplugged", 2000);
	fakedev_remove("video0.freeze");
	fakedev_put("video0", CAMERA);
	expect_online(1000);
}

static void
test_frozen_camera(void **state)
{
	(void)state;
	fakedev_put("video0", CAMERA);
	start();
	expect_online(2000);
	fakedev_put("video0.freeze", "");
	expect_offline("Cam delivers no picture", 1500);
	fakedev_remove("video0.freeze");
	expect_online(4000);
	assert_true(status_now().reopens >= 1);
}

static void
test_driver_errors_are_survived_and_counted(void **state)
{
	(void)state;
	fakedev_put("video0", CAMERA);
	start();
	expect_online(2000);
	fakedev_put("video0.eio", "");
	expect_offline("/dev/video0: taking a picture: Input/output error", 2000);
	fakedev_remove("video0.eio");
	expect_online(3000);
	fakedev_put("video0.truncate", "");
	expect_offline("Cam delivers no picture", 1500);
	assert_true(status_now().broken > 10);
	fakedev_remove("video0.truncate");
	expect_online(4000);
}

static void
test_test_card_gives_way_to_a_camera(void **state)
{
	(void)state;
	settings.wanted.kind = "auto";
	start();
	expect_online(2000);
	assert_string_equal(status_now().mode.kind, "testcard");
	fakedev_put("video0", CAMERA);
	expect_online(1000);
	assert_string_equal(status_now().mode.name, "Cam");
	fakedev_remove("video0"); /* and never comes back in its place */
	expect_offline("Cam (/dev/video0) was unplugged", 2000);
	pause_ms(400);
	assert_false(status_now().online);
	assert_string_equal(status_now().mode.kind, "v4l2");
}

static void
test_busy_camera_is_tried_again(void **state)
{
	(void)state;
	settings.wanted.device = "/dev/video0";
	fakedev_put("video0", CAMERA " kind=busy");
	start();
	expect_offline("/dev/video0 is in use by another program", 2000);
	fakedev_put("video0", CAMERA);
	expect_online(3000);
}

/* ---- controls -------------------------------------------------------- */

static json_int_t
value_of(const json_t *controls, const char *name)
{
	const json_t *control;
	size_t i;

	json_array_foreach(controls, i, control)
		if (strcmp(json_get_text(control, "name"), name) == 0)
			return json_integer_value(json_object_get(control, "value"));
	fail_msg("no control %s", name);
	return 0;
}

static struct capture_report *
set(const char *text, uint64_t token)
{
	json_t *values = json_loads(text, 0, NULL);
	struct capture_report *report;

	assert_non_null(values);
	assert_true(capture_set_controls(capture, values, token));
	json_decref(values);
	report = wait_report(CAPTURE_CONTROLS, 2000);
	assert_int_equal(report->token, token);
	return report;
}

static void
assert_refused(const char *text, bool invalid, const char *reason)
{
	struct capture_report *report = set(text, 77);

	assert_null(report->controls);
	assert_null(report->set);
	assert_int_equal(report->invalid, invalid);
	assert_string_equal(report->reason.text, reason);
	capture_report_free(report);
}

static void
test_controls_are_set_and_come_back(void **state)
{
	struct capture_report *report;
	char *kept;

	(void)state;
	settings.controls = json_pack(
	    "{s:i, s:i}", "exposure_time_absolute", 100, "auto_exposure", 1);
	fakedev_put("video0", CAMERA);
	start();
	json_decref((json_t *)settings.controls);
	expect_online(2000);
	assert_true(capture_request_controls(capture, 5));
	report = wait_report(CAPTURE_CONTROLS, 2000);
	assert_int_equal(report->token, 5);
	assert_null(report->set);
	assert_int_equal(value_of(report->controls, "exposure_time_absolute"), 100);
	capture_report_free(report);

	report = set("{\"brightness\": 30, \"contrast\": 20, \"pan_reset\": true}", 6);
	assert_int_equal(value_of(report->controls, "brightness"), 30);
	kept = json_dumps(report->set, JSON_COMPACT | JSON_SORT_KEYS);
	assert_string_equal(kept, "{\"brightness\":30,\"contrast\":20}");
	free(kept);
	capture_report_free(report);

	assert_refused(
	    "{\"brightness\": 31, \"contrast\": 500}", true, "contrast out of range (0 to 100)");
	assert_refused("{\"brightness\": 31, \"zoom\": 1}", true, "unknown control zoom");
	assert_refused("{\"white_balance_temperature\": 3000}", false,
	    "white_balance_temperature is inactive now: another control overrides it");
	/* The driver's no to the last undoes what came before. */
	assert_refused(
	    "{\"brightness\": 31, \"contrast\": 25, \"white_balance_temperature\": 3000}", false,
	    "white_balance_temperature is inactive now: another control overrides it");
	assert_true(capture_request_controls(capture, 7));
	report = wait_report(CAPTURE_CONTROLS, 2000);
	assert_int_equal(value_of(report->controls, "brightness"), 30);
	assert_int_equal(value_of(report->controls, "contrast"), 20);
	capture_report_free(report);

	fakedev_remove("video0");
	expect_offline("Cam (/dev/video0) was unplugged", 2000);
	assert_refused("{\"brightness\": 31}", false, status_now().reason.text);
	fakedev_put("video0", CAMERA);
	expect_online(1000);
	assert_true(capture_request_controls(capture, 8));
	report = wait_report(CAPTURE_CONTROLS, 2000);
	assert_int_equal(value_of(report->controls, "brightness"), 30);
	assert_int_equal(value_of(report->controls, "contrast"), 20);
	assert_int_equal(value_of(report->controls, "exposure_time_absolute"), 100);
	capture_report_free(report);
}

static void
test_changes_by_others_are_told(void **state)
{
	struct capture_report *report;

	(void)state;
	fakedev_put("video0", CAMERA);
	start();
	expect_online(2000);
	fakedev_put("video0.set", "brightness=7");
	report = wait_report(CAPTURE_CONTROLS, 2000);
	assert_int_equal(report->token, 0);
	assert_int_equal(value_of(report->controls, "brightness"), 7);
	capture_report_free(report);
}

/* Ask and set, each so often, for two seconds; the frames that came meanwhile. */
static uint64_t
frames_meanwhile(unsigned every_ms, unsigned *answers)
{
	uint64_t before = status_now().frames, end = clock_mono_ns() + 2 * CLOCK_S, token = 1000;
	struct capture_report *report;

	for (*answers = 0; clock_mono_ns() < end; pause_ms(every_ms)) {
		json_t *values = json_pack("{s:I}", "brightness", (json_int_t)(token % 200));

		capture_request_controls(capture, ++token);
		capture_set_controls(capture, values, ++token);
		json_decref(values);
		while ((report = queue_pop(reports)) != NULL) {
			assert_int_not_equal(report->kind, CAPTURE_OFFLINE);
			*answers += report->kind == CAPTURE_CONTROLS && report->controls != NULL;
			capture_report_free(report);
		}
	}
	return status_now().frames - before;
}

/* A microcontroller at the other end of a cable: reading all controls takes 100 ms. Of
 * 60 frames a busy machine may pass over some; with a reading a request it was 2. */
static void
test_requests_do_not_hold_up_frames(void **state)
{
	unsigned answers;

	(void)state;
	settings.controls = json_pack("{s:i, s:i, s:i, s:i}", "exposure_time_absolute", 100,
	    "auto_exposure", 1, "brightness", 3, "contrast", 20);
	fakedev_put("video0", "modes=yuyv:320x240@30 card=Slow slow=3");
	start();
	json_decref((json_t *)settings.controls);
	expect_online(2000);
	assert_in_range(frames_meanwhile(10, &answers), 35, 70);
	assert_true(answers > 50);
	assert_in_range(frames_meanwhile(1, &answers), 35, 70); /* more than the queue takes */
	assert_true(answers > 50);
	/* One call, and one more to say why it was refused, before it looks for a picture. */
	assert_in_range(camera_stats.row_most, 1, 2);
}

int
main(void)
{
#define REPLUG_TEST(test) cmocka_unit_test_setup_teardown(test, rig_setup, rig_teardown)
	const struct CMUnitTest tests[] = {
		REPLUG_TEST(test_cable_pulled_three_times),
		REPLUG_TEST(test_back_under_another_node),
		REPLUG_TEST(test_back_with_other_formats),
		REPLUG_TEST(test_pulled_before_the_first_frame),
		REPLUG_TEST(test_frozen_camera),
		REPLUG_TEST(test_driver_errors_are_survived_and_counted),
		REPLUG_TEST(test_test_card_gives_way_to_a_camera),
		REPLUG_TEST(test_busy_camera_is_tried_again),
		REPLUG_TEST(test_controls_are_set_and_come_back),
		REPLUG_TEST(test_changes_by_others_are_told),
		REPLUG_TEST(test_requests_do_not_hold_up_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
