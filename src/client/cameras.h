/* SPDX-License-Identifier: ISC */
/* cameras: which ones exist. Each has a folder of its name in the run directory, with its
 * orield's control socket inside. */
#ifndef ORIEL_CLIENT_CAMERAS_H
#define ORIEL_CLIENT_CAMERAS_H

#include <stdbool.h>
#include <stddef.h>

#include "protocol/camera_name.h"

#define CAMERA_FIRST "cam" /* the name of a camera that gets none */

enum {
	CAMERAS_MAX = 64,
	CAMERA_PATH_SIZE = 108, /* of a control socket: sun_path of unix(7) */
};

struct cameras {
	size_t count;
	char name[CAMERAS_MAX][CAMERA_NAME_MAX + 1]; /* in alphabetical order */
};

/* Those that have a control socket now, whether it answers or not. */
void cameras_list(struct cameras *cameras, const char *run_dir);

/* The camera to use when none is named: `configured` unless it is "", else the only one, else
 * CAMERA_FIRST. NULL when there are several others. */
const char *cameras_default(const struct cameras *cameras, const char *configured);

/* Add `name` in its place. False: there are CAMERAS_MAX. It must not be there yet. */
bool cameras_add(struct cameras *cameras, const char *name);

bool cameras_have(const struct cameras *cameras, const char *name);

/* run_dir/name/control.sock; false when that is longer than a socket's path may be. */
bool camera_socket(char path[CAMERA_PATH_SIZE], const char *run_dir, const char *name);

#endif
