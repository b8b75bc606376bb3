/* SPDX-License-Identifier: ISC */
/* The V4L2 source against the synthetic camera, linked in. */
#include "unit.h"

#include <poll.h>
#include <stdbool.h>
#include <time.h>

#include "base/clock.h"
#include "fakedev.h"
#include "source/source.h"

static struct source_request wanted;
static struct cause why;

static int
setup(void **state)
{
	wanted = (struct source_request){ .kind = "v4l2", .device = "", .input = "", .format = -1 };
	return fakedev_setup(state);
}

static struct source *
open_camera(void)
{
	struct source *camera = source_open(&wanted, &why);

	if (camera == NULL)
		fail_msg("%s", why.text);
	return camera;
}

static void
assert_refused(const char *reason)
{
	assert_null(source_open(&wanted, &why));
	assert_string_equal(why.text, reason);
}

static enum source_result
wait_and_take(struct source *camera, struct picture *picture)
{
	for (int i = 0; i < 100; i++) {
		struct pollfd fd = { .fd = camera->fd, .events = POLLIN };
		enum source_result result;

		assert_int_equal(poll(&fd, 1, 2000), 1);
		result = source_take(camera, picture, &why);
		if (result != SOURCE_AGAIN)
			return result;
	}
	fail_msg("no picture");
	return SOURCE_AGAIN;
}

static void
pause_ms(long ms)
{
	struct timespec pause = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&pause, NULL);
}

/* The clock and number that the synthetic camera painted into a raw luma plane. */
static void
read_stamp(const struct picture *picture, uint64_t *mono_ns, uint32_t *number)
{
	uint32_t columns = picture->width / 16, step = picture->stride / picture->width;

	*mono_ns = *number = 0;
	for (uint32_t bit = 0; bit < 96; bit++) {
		const unsigned char *at = picture->data +
		    (bit / columns * 16 + 8) * picture->stride + (bit % columns * 16 + 8) * step;

		if (bit < 64)
			*mono_ns = *mono_ns << 1 | (*at > 128);
		else
			*number = *number << 1 | (*at > 128);
	}
}

/* ---- which mode ------------------------------------------------------ */

struct expected {
	enum pixel_format format;
	uint32_t width, height, fps;
};

static void
assert_mode(struct expected is)
{
	struct source *camera = open_camera();

	assert_int_equal(camera->mode.format, is.format);
	assert_int_equal(camera->mode.width, is.width);
	assert_int_equal(camera->mode.height, is.height);
	assert_int_equal(camera->mode.fps_num, is.fps);
	assert_int_equal(camera->mode.fps_den, 1);
	source_close(&camera);
}

#define WEBCAM                                                                     \
	"modes=yuyv:640x480@30,yuyv:1280x720@10,yuyv:320x240@60,mjpeg:640x480@30," \
	"mjpeg:1280x720@15,mjpeg:1280x720@30,mjpeg:1280x720@60,mjpeg:1920x1080@30"

static void
test_best_match_without_wishes(void **state)
{
	(void)state;
	fakedev_put("video0", WEBCAM);
	assert_mode((struct expected){ PIXEL_MJPEG, 1280, 720, 30 });
	fakedev_put("video0", "modes=yuyv:1280x720@10,yuyv:640x480@30");
	assert_mode((struct expected){ PIXEL_YUYV, 640, 480, 30 });
	fakedev_put("video0", "modes=mjpeg:1280x720@5,yuyv:640x480@30,yuyv:320x240@30");
	assert_mode((struct expected){ PIXEL_YUYV, 640, 480, 30 });
	fakedev_put("video0", "modes=yuyv:1280x720@10,yuyv:640x360@10");
	assert_mode((struct expected){ PIXEL_YUYV, 1280, 720, 10 });
	fakedev_put("video0", "modes=h264:1920x1080@30,grey:1920x1080@30,nv12:2560x1440@30");
	assert_mode((struct expected){ PIXEL_GREY, 1920, 1080, 30 });
	fakedev_put(
	    "video0", "modes=grey:640x480@30,rgb24:640x480@30,uyvy:640x480@30,nv12:640x480@30");
	assert_mode((struct expected){ PIXEL_NV12, 640, 480, 30 });
}

static void
test_wishes_exact_and_nearest(void **state)
{
	(void)state;
	fakedev_put("video0", WEBCAM);
	wanted.width = 1920;
	wanted.height = 1080;
	assert_mode((struct expected){ PIXEL_MJPEG, 1920, 1080, 30 });
	wanted.width = 1300;
	wanted.height = 700;
	assert_mode((struct expected){ PIXEL_MJPEG, 1280, 720, 30 });
	wanted.fps = 15;
	assert_mode((struct expected){ PIXEL_MJPEG, 1280, 720, 15 });
	wanted.fps = 200;
	assert_mode((struct expected){ PIXEL_MJPEG, 1280, 720, 60 });
	wanted.fps = 0;
	wanted.width = 0;
	wanted.height = 240;
	assert_mode((struct expected){ PIXEL_YUYV, 320, 240, 60 });
	wanted.height = 0;
	wanted.format = PIXEL_YUYV;
	assert_mode((struct expected){ PIXEL_YUYV, 640, 480, 30 });
}

static void
test_unsupported_format_names_what_there_is(void **state)
{
	(void)state;
	fakedev_put("video0", "modes=mjpeg:640x480@30,yuyv:640x480@30 card=Cam");
	wanted.format = PIXEL_NV12;
	assert_refused("/dev/video0 (Cam) does not offer nv12; it offers MJPG, YUYV");
	fakedev_put("video0", "modes=h264:640x480@30 card=Cam");
	wanted.format = -1;
	assert_refused("/dev/video0 (Cam) does not offer a format we know; it offers H264");
}

/* ---- what is no camera ----------------------------------------------- */

static void
test_one_clear_reason_each(void **state)
{
	(void)state;
	assert_refused("no camera found");
	wanted.device = "/dev/video3";
	assert_refused("/dev/video3: no such camera");
	wanted.device = "/dev/null";
	assert_refused("/dev/null is no V4L2 device");
	wanted.device = "/etc/passwd";
	assert_refused("/etc/passwd is no V4L2 device");
	wanted.device = "/dev/video0";
	fakedev_put("video0", "kind=output card=Out");
	assert_refused("/dev/video0 (Out) does not capture video");
	fakedev_put("video0", "kind=mplane card=ISP");
	assert_refused("/dev/video0 (ISP) captures in several planes only, which is not supported");
	fakedev_put("video0", "kind=nostream card=Old");
	assert_refused("/dev/video0 (Old) cannot stream");
	fakedev_put("video0", "kind=busy");
	assert_refused("/dev/video0 is in use by another program");
}

static void
test_auto_is_the_test_card_only_without_a_camera(void **state)
{
	struct source *source;

	(void)state;
	wanted.kind = "auto";
	source = open_camera();
	assert_string_equal(source->mode.kind, "testcard");
	source_close(&source);
	fakedev_put("video5", "kind=output"); /* no camera either */
	fakedev_put("video7", "card=Cam");
	source = open_camera();
	assert_string_equal(source->mode.kind, "v4l2");
	assert_string_equal(source->mode.device, "/dev/video7");
	assert_string_equal(source->mode.name, "Cam");
	source_close(&source);
	fakedev_put("video7", "kind=busy");
	assert_refused("/dev/video7 is in use by another program");
	fakedev_remove("video7");
	wanted.device = "/dev/video7";
	assert_refused("/dev/video7: no such camera");
}

static void
test_camera_is_found_again(void **state)
{
	struct source *camera;

	(void)state;
	fakedev_put("video0", "card=Other bus=usb-2");
	fakedev_put("video3", "card=Cam bus=usb-1");
	wanted.card = "Cam";
	wanted.bus = "usb-1";
	wanted.self = "";
	camera = open_camera(); /* unnamed, under another node */
	assert_string_equal(camera->mode.device, "/dev/video3");
	source_close(&camera);
	wanted.device = "/dev/video0"; /* named, and there: that one, whoever it is */
	camera = open_camera();
	assert_string_equal(camera->mode.name, "Other");
	source_close(&camera);
	fakedev_remove("video0"); /* named, and not there: the one we had */
	camera = open_camera();
	assert_string_equal(camera->mode.device, "/dev/video3");
	source_close(&camera);
	fakedev_remove("video3");
	assert_refused("/dev/video0: no such camera");
	fakedev_put("video4", "card=Other bus=usb-2");
	assert_refused("/dev/video0: no such camera");
	wanted.device = ""; /* unnamed: another one, but for a while */
	wanted.only_ours = true;
	assert_refused("no camera found");
	wanted.only_ours = false;
	camera = open_camera();
	assert_string_equal(camera->mode.name, "Other");
	source_close(&camera);
}

/* ---- streaming ------------------------------------------------------- */

static void
test_pictures_in_order_with_their_stamps(void **state)
{
	struct source *camera;
	struct picture picture;
	uint64_t stamp;
	uint32_t number;

	(void)state;
	fakedev_put("video0", "modes=yuyv:640x480@50");
	camera = open_camera();
	for (uint64_t i = 0; i < 20; i++) {
		uint64_t passed;

		assert_int_equal(wait_and_take(camera, &picture), SOURCE_PICTURE);
		passed = i + camera->counters.dropped; /* none, unless the machine is busy */
		assert_int_equal(picture.width, 640);
		assert_int_equal(picture.stride, 1280);
		assert_int_equal(picture.length, 640 * 480 * 2);
		read_stamp(&picture, &stamp, &number);
		assert_in_range(number, passed, passed + camera_stats.starved);
		assert_int_equal(picture.mono_ns / 1000, stamp / 1000);
		assert_true(clock_wall_ns() - picture.wall_ns -
			(clock_mono_ns() - picture.mono_ns) + CLOCK_MS <
		    2 * CLOCK_MS);
		source_release(camera);
	}
	assert_int_equal(camera_stats.dequeued, 20 + camera->counters.dropped);
	assert_int_equal(camera_stats.queued, camera_stats.dequeued + 4);
	assert_in_range(camera_stats.held_most, 0, camera->counters.dropped > 0 ? 2 : 1);
	source_close(&camera);
}

static void
test_what_the_driver_finishes_late_is_passed_over(void **state)
{
	struct source *camera;
	struct picture picture;
	uint64_t stamp;
	uint32_t number, before = 0;

	(void)state;
	fakedev_put("video0", "modes=yuyv:640x480@50");
	fakedev_put("video0.swap", "");
	camera = open_camera();
	for (int i = 0; i < 20; i++) {
		assert_int_equal(wait_and_take(camera, &picture), SOURCE_PICTURE);
		read_stamp(&picture, &stamp, &number);
		assert_true(number > before);
		before = number;
		source_release(camera);
	}
	assert_in_range(camera->counters.dropped, 18, 100);
	source_close(&camera);
}

static void
test_late_taker_gets_the_newest(void **state)
{
	struct source *camera;
	struct picture picture;
	uint64_t stamp;
	uint32_t number;

	(void)state;
	fakedev_put("video0", "modes=grey:640x480@50");
	camera = open_camera();
	assert_int_equal(wait_and_take(camera, &picture), SOURCE_PICTURE);
	pause_ms(200); /* holding one: three are left to fill */
	source_release(camera);
	assert_int_equal(wait_and_take(camera, &picture), SOURCE_PICTURE);
	read_stamp(&picture, &stamp, &number);
	assert_true(number >= 3);
	assert_true(camera->counters.dropped >= 2);
	source_release(camera);
	source_close(&camera);
}

static void
test_flagged_and_truncated_are_refused(void **state)
{
	struct source *camera;
	struct picture picture;

	(void)state;
	fakedev_put("video0", "modes=yuyv:320x240@100");
	camera = open_camera();
	assert_int_equal(wait_and_take(camera, &picture), SOURCE_PICTURE);
	source_release(camera);
	fakedev_put("video0.error", "");
	pause_ms(30);
	while (source_take(camera, &picture, NULL) == SOURCE_PICTURE)
		source_release(camera); /* those before the fault */
	pause_ms(50);
	camera->counters.broken = 0;
	assert_int_equal(source_take(camera, &picture, NULL), SOURCE_AGAIN);
	assert_true(camera->counters.broken >= 2);
	fakedev_remove("video0.error");
	fakedev_put("video0.truncate", "");
	pause_ms(50);
	while (source_take(camera, &picture, NULL) == SOURCE_PICTURE)
		source_release(camera);
	pause_ms(50);
	camera->counters.broken = 0;
	assert_int_equal(source_take(camera, &picture, NULL), SOURCE_AGAIN);
	assert_true(camera->counters.broken >= 2);
	fakedev_remove("video0.truncate");
	assert_int_equal(wait_and_take(camera, &picture), SOURCE_PICTURE);
	source_release(camera);
	source_close(&camera);
}

/* The source ends with this reason. */
static void
assert_gone(struct source *camera, const char *reason)
{
	struct picture picture;
	enum source_result result;

	while ((result = wait_and_take(camera, &picture)) == SOURCE_PICTURE)
		source_release(camera);
	assert_int_equal(result, SOURCE_GONE);
	assert_string_equal(why.text, reason);
}

static void
test_unplugged(void **state)
{
	struct source *camera;

	(void)state;
	fakedev_put("video0", "modes=yuyv:320x240@100 card=Cam");
	camera = open_camera();
	fakedev_remove("video0");
	assert_gone(camera, "Cam (/dev/video0) was unplugged");
	source_close(&camera);
}

static void
test_driver_errors(void **state)
{
	struct source *camera;

	(void)state;
	fakedev_put("video0", "modes=yuyv:320x240@100");
	camera = open_camera();
	fakedev_put("video0.eio", "");
	assert_gone(camera, "/dev/video0: taking a picture: Input/output error");
	source_close(&camera);
	fakedev_remove("video0.eio");
	camera = open_camera();
	fakedev_put("video0.qbuf", "");
	assert_gone(camera, "/dev/video0: giving a buffer back: Invalid argument");
	source_close(&camera);
}

static int
open_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	int count = 0;

	while (readdir(folder) != NULL)
		count++;
	closedir(folder);
	return count;
}

/* Mappings of the camera's buffers. */
static int
mapped_buffers(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];
	int count = 0;

	while (fgets(line, sizeof line, maps) != NULL)
		count += strstr(line, "memfd:fake camera") != NULL;
	fclose(maps);
	return count;
}

static void
test_fifty_rounds_leak_nothing(void **state)
{
	int before = open_descriptors();
	struct picture picture;

	(void)state;
	fakedev_put("video0", "modes=yuyv:320x240@200");
	for (int i = 0; i < 50; i++) {
		struct source *camera = open_camera();

		if (i % 3 > 0)
			assert_int_equal(wait_and_take(camera, &picture), SOURCE_PICTURE);
		if (i % 3 > 1)
			source_release(camera);
		source_close(&camera);
	}
	assert_int_equal(open_descriptors(), before);
	assert_int_equal(mapped_buffers(), 0);
	fakedev_put("video0", "kind=busy");
	for (int i = 0; i < 10; i++)
		assert_null(source_open(&wanted, NULL));
	assert_int_equal(open_descriptors(), before);
}

/* ---- controls -------------------------------------------------------- */

static void
read_controls(struct source *camera)
{
	source_read_controls(camera, true);
	while (source_step_controls(camera))
		continue;
}

static json_t *
control_named(const json_t *list, const char *name)
{
	size_t i;
	json_t *control;

	json_array_foreach(list, i, control)
		if (strcmp(json_string_value(json_object_get(control, "name")), name) == 0)
			return control;
	return NULL;
}

static void
assert_control(const json_t *list, const char *name, const char *expected)
{
	char *is = json_dumps(control_named(list, name), JSON_COMPACT | JSON_SORT_KEYS);

	assert_non_null(is);
	assert_string_equal(is, expected);
	free(is);
}

static void
test_controls_as_the_driver_describes_them(void **state)
{
	struct source *camera;
	json_t *list;

	(void)state;
	fakedev_put("video0", "");
	camera = open_camera();
	read_controls(camera);
	list = source_controls(camera);
	assert_int_equal(json_array_size(list), 9);
	assert_control(list, "brightness",
	    "{\"default\":128,\"inactive\":false,\"label\":\"Brightness\","
	    "\"max\":255,\"min\":0,\"name\":\"brightness\",\"read_only\":false,\"step\":1,\"type\":\"integer\","
	    "\"value\":128,\"volatile\":false}");
	assert_control(list, "white_balance_automatic",
	    "{\"default\":true,\"inactive\":false,"
	    "\"label\":\"White Balance, Automatic\",\"name\":\"white_balance_automatic\",\"read_only\":false,"
	    "\"type\":\"boolean\",\"value\":true,\"volatile\":false}");
	assert_control(list, "auto_exposure",
	    "{\"default\":3,\"inactive\":false,\"label\":\"Auto Exposure\","
	    "\"menu\":[{\"label\":\"Manual Mode\",\"value\":1},{\"label\":\"Aperture Priority Mode\",\"value\":3}],"
	    "\"name\":\"auto_exposure\",\"read_only\":false,\"type\":\"menu\",\"value\":3,\"volatile\":false}");
	assert_control(list, "pan_reset",
	    "{\"inactive\":false,\"label\":\"Pan, Reset\",\"name\":\"pan_reset\","
	    "\"read_only\":false,\"type\":\"button\",\"volatile\":false}");
	assert_true(json_is_true(
	    json_object_get(control_named(list, "exposure_time_absolute"), "inactive")));
	assert_true(json_is_true(json_object_get(control_named(list, "min_buffers"), "read_only")));
	assert_true(json_is_true(json_object_get(control_named(list, "min_buffers"), "volatile")));
	json_decref(list);
	source_close(&camera);
}

static void
assert_not_set(struct source *camera, const char *name, json_t *value, const char *reason)
{
	assert_int_equal(source_set_control(camera, name, value, &why), -1);
	assert_string_equal(why.text, reason);
	json_decref(value);
}

static void
set(struct source *camera, const char *name, json_t *value)
{
	if (source_check_control(camera, name, value, &why) == -1 ||
	    source_set_control(camera, name, value, &why) == -1)
		fail_msg("%s", why.text);
	json_decref(value);
}

static json_int_t
value_of(struct source *camera, const char *name)
{
	json_t *list, *value;
	json_int_t number;

	read_controls(camera);
	list = source_controls(camera);
	value = json_object_get(control_named(list, name), "value");
	number = json_is_boolean(value) ? json_is_true(value) : json_integer_value(value);
	json_decref(list);
	return number;
}

static void
test_controls_are_set_or_refused_with_the_range(void **state)
{
	struct source *camera;

	(void)state;
	fakedev_put("video0", "");
	camera = open_camera();
	read_controls(camera);
	set(camera, "brightness", json_integer(200));
	assert_int_equal(value_of(camera, "brightness"), 200);
	set(camera, "contrast", json_integer(75));
	set(camera, "white_balance_automatic", json_false());
	set(camera, "white_balance_temperature", json_integer(3000));
	assert_int_equal(value_of(camera, "white_balance_temperature"), 3000);
	set(camera, "auto_exposure", json_integer(1));
	set(camera, "pan_reset", json_true());
	assert_not_set(
	    camera, "brightness", json_integer(256), "brightness out of range (0 to 255)");
	assert_not_set(
	    camera, "brightness", json_integer(1LL << 32), "brightness out of range (0 to 255)");
	assert_not_set(camera, "brightness", json_string("1"), "brightness must be an integer");
	assert_not_set(camera, "brightness", json_real(1), "brightness must be an integer");
	assert_not_set(camera, "brightness", json_true(), "brightness must be an integer");
	assert_not_set(
	    camera, "contrast", json_integer(51), "contrast out of range (0 to 100 in steps of 5)");
	assert_not_set(camera, "white_balance_automatic", json_integer(1),
	    "white_balance_automatic must be true or false");
	assert_not_set(
	    camera, "auto_exposure", json_integer(2), "auto_exposure out of range (no item 2)");
	assert_not_set(
	    camera, "auto_exposure", json_integer(4), "auto_exposure out of range (0 to 3)");
	assert_not_set(
	    camera, "pan_reset", json_integer(1), "pan_reset must be true: it is a button");
	assert_not_set(camera, "min_buffers", json_integer(3), "min_buffers is read-only");
	assert_not_set(camera, "zoom", json_integer(3), "unknown control zoom");
	assert_int_equal(value_of(camera, "brightness"), 200);
	set(camera, "white_balance_automatic", json_true());
	assert_not_set(camera, "white_balance_temperature", json_integer(4000),
	    "white_balance_temperature is inactive now: another control overrides it");
	source_close(&camera);
}

static void
test_changes_by_others_are_noticed(void **state)
{
	struct pollfd fd = { .events = POLLIN | POLLPRI };
	struct source *camera;

	(void)state;
	fakedev_put("video0", "modes=yuyv:320x240@100");
	camera = open_camera();
	assert_false(source_notice(camera));
	fakedev_put("video0.set", "brightness=7");
	fd.fd = camera->fd;
	for (int i = 0; i < 100 && !(fd.revents & POLLPRI); i++) {
		pause_ms(1);
		assert_int_equal(poll(&fd, 1, 1000), 1);
	}
	assert_true(fd.revents & POLLPRI);
	assert_true(source_notice(camera));
	assert_false(source_notice(camera));
	assert_int_equal(value_of(camera, "brightness"), 7);
	source_close(&camera);
}

static void
test_list_of_cameras(void **state)
{
	json_t *list;
	char *text;

	(void)state;
	fakedev_put("video1", "kind=output");
	fakedev_put(
	    "video2", "modes=mjpeg:640x480@30,mjpeg:640x480@15,h264:320x240@5 card=Cam bus=usb-1");
	list = source_list();
	text = json_dumps(list, JSON_COMPACT | JSON_SORT_KEYS);
	assert_string_equal(text,
	    "[{\"bus\":\"usb-1\",\"device\":\"/dev/video2\",\"formats\":["
	    "{\"format\":\"mjpeg\",\"sizes\":[{\"fps\":[30.0,15.0],\"height\":480,\"width\":640}],\"usable\":true},"
	    "{\"format\":\"H264\",\"sizes\":[{\"fps\":[5.0],\"height\":240,\"width\":320}],\"usable\":false}],"
	    "\"name\":\"Cam\"}]");
	free(text);
	json_decref(list);
}

static void
test_names_in_other_encodings_are_listed(void **state)
{
	json_t *list;

	(void)state;
	fakedev_put("video0", "modes=mjpeg:640x480@30 card=Cam\xe9ra bus=usb-\xfc");
	list = source_list();
	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(
	    json_string_value(json_object_get(json_array_get(list, 0), "name")), "Cam?ra");
	assert_string_equal(
	    json_string_value(json_object_get(json_array_get(list, 0), "bus")), "usb-?");
	json_decref(list);
}

int
main(void)
{
#define V4L2_TEST(test) cmocka_unit_test_setup_teardown(test, setup, fakedev_teardown)
	const struct CMUnitTest tests[] = {
		V4L2_TEST(test_best_match_without_wishes),
		V4L2_TEST(test_wishes_exact_and_nearest),
		V4L2_TEST(test_unsupported_format_names_what_there_is),
		V4L2_TEST(test_one_clear_reason_each),
		V4L2_TEST(test_auto_is_the_test_card_only_without_a_camera),
		V4L2_TEST(test_camera_is_found_again),
		V4L2_TEST(test_pictures_in_order_with_their_stamps),
		V4L2_TEST(test_what_the_driver_finishes_late_is_passed_over),
		V4L2_TEST(test_late_taker_gets_the_newest),
		V4L2_TEST(test_flagged_and_truncated_are_refused),
		V4L2_TEST(test_unplugged),
		V4L2_TEST(test_driver_errors),
		V4L2_TEST(test_fifty_rounds_leak_nothing),
		V4L2_TEST(test_controls_as_the_driver_describes_them),
		V4L2_TEST(test_controls_are_set_or_refused_with_the_range),
		V4L2_TEST(test_changes_by_others_are_noticed),
		V4L2_TEST(test_list_of_cameras),
		V4L2_TEST(test_names_in_other_encodings_are_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
