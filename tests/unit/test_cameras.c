/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/unixsock.h"
#include "client/cameras.h"

static char folder[] = "/tmp/oriel-cameras-XXXXXX";

static void
make_camera(const char *name)
{
	char path[CAMERA_PATH_SIZE];
	bool inherited;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_true(camera_socket(path, folder, name));
	close(unixsock_listen(path, &inherited, NULL));
}

static void
remove_camera(const char *name)
{
	char path[CAMERA_PATH_SIZE];

	camera_socket(path, folder, name);
	unlink(path);
	snprintf(path, sizeof path, "%s/%s", folder, name);
	rmdir(path);
}

static int
make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) != NULL ? 0 : -1;
}

static int
remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

static void
test_no_folder_no_cameras(void **state)
{
	struct cameras cameras;

	(void)state;
	cameras_list(&cameras, "/nonexistent");
	assert_int_equal(cameras.count, 0);
	assert_string_equal(cameras_default(&cameras, ""), "cam");
	assert_string_equal(cameras_default(&cameras, "porch"), "porch");
}

static void
test_only_folders_with_a_socket_count(void **state)
{
	struct cameras cameras;
	char path[CAMERA_PATH_SIZE];

	(void)state;
	make_camera("porch");
	make_camera("garden");
	make_camera("Not_a_name");
	snprintf(path, sizeof path, "%s/nginx", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	cameras_list(&cameras, folder);
	assert_int_equal(cameras.count, 2);
	assert_string_equal(cameras.name[0], "garden");
	assert_string_equal(cameras.name[1], "porch");
	assert_true(cameras_have(&cameras, "porch"));
	assert_false(cameras_have(&cameras, "nginx"));
	remove_camera("porch");
	remove_camera("garden");
	remove_camera("Not_a_name");
	remove_camera("nginx");
}

static void
test_default_is_the_named_the_only_or_the_first(void **state)
{
	struct cameras cameras = { .count = 1, .name = { "porch" } };

	(void)state;
	assert_string_equal(cameras_default(&cameras, ""), "porch");
	assert_string_equal(cameras_default(&cameras, "garden"), "garden");
	cameras = (struct cameras){ .count = 2, .name = { "garden", "porch" } };
	assert_null(cameras_default(&cameras, ""));
	cameras = (struct cameras){ .count = 2, .name = { "cam", "porch" } };
	assert_string_equal(cameras_default(&cameras, ""), "cam");
}

static void
test_long_paths_are_refused(void **state)
{
	char path[CAMERA_PATH_SIZE], deep[CAMERA_PATH_SIZE];

	(void)state;
	memset(deep, 'x', sizeof deep);
	deep[sizeof deep - 1] = '\0';
	assert_false(camera_socket(path, deep, "cam"));
	deep[sizeof deep - sizeof "/cam/control.sock"] = '\0';
	assert_true(camera_socket(path, deep, "cam"));
	assert_int_equal(strlen(path), CAMERA_PATH_SIZE - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_folder_no_cameras),
		cmocka_unit_test(test_only_folders_with_a_socket_count),
		cmocka_unit_test(test_default_is_the_named_the_only_or_the_first),
		cmocka_unit_test(test_long_paths_are_refused),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
