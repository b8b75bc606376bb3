/* SPDX-License-Identifier: ISC */
/* fakedev: a folder of synthetic cameras (tests/preload/camera.h) for one test. */
#ifndef ORIEL_TESTS_FAKEDEV_H
#define ORIEL_TESTS_FAKEDEV_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../preload/camera.h"

static char fakedev[64];

/* Plug a camera in, or say something about one: "video0", "video0.freeze". It
 * appears with its text: the camera may be looking. */
static inline void
fakedev_put(const char *name, const char *text)
{
	char path[sizeof fakedev + 256], new[sizeof path];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", fakedev, name);
	snprintf(new, sizeof new, "%s/.new", fakedev);
	file = fopen(new, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	assert_int_equal(rename(new, path), 0);
}

static inline void
fakedev_remove(const char *name)
{
	char path[sizeof fakedev + 256];

	snprintf(path, sizeof path, "%s/%s", fakedev, name);
	assert_int_equal(unlink(path), 0);
}

static inline int
fakedev_setup(void **state)
{
	(void)state;
	assert_true(camera_hooked);
	snprintf(fakedev, sizeof fakedev, "/tmp/oriel-fakedev-XXXXXX");
	assert_non_null(mkdtemp(fakedev));
	assert_int_equal(setenv("ORIEL_FAKE_DEV", fakedev, 1), 0);
	camera_stats = (struct camera_stats){ 0 };
	return 0;
}

static inline int
fakedev_teardown(void **state)
{
	DIR *folder = opendir(fakedev);
	struct dirent *entry;

	(void)state;
	while ((entry = readdir(folder)) != NULL)
		if (entry->d_name[0] != '.')
			fakedev_remove(entry->d_name);
	closedir(folder);
	assert_int_equal(rmdir(fakedev), 0);
	assert_int_equal(camera_stats.opens, camera_stats.closes);
	return 0;
}

#endif
