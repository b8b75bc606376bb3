/* SPDX-License-Identifier: ISC */
#include "client/cameras.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

bool
camera_socket(char path[CAMERA_PATH_SIZE], const char *run_dir, const char *name)
{
	int length = snprintf(path, CAMERA_PATH_SIZE, "%s/%s/control.sock", run_dir, name);

	return length > 0 && length < CAMERA_PATH_SIZE;
}

static bool
camera_is_there(const char *run_dir, const char *name)
{
	char path[CAMERA_PATH_SIZE];
	struct stat st;

	return camera_name_valid(name) && camera_socket(path, run_dir, name) &&
	    stat(path, &st) == 0 && S_ISSOCK(st.st_mode);
}

bool
cameras_add(struct cameras *cameras, const char *name)
{
	size_t at = cameras->count;

	if (at == CAMERAS_MAX)
		return false;
	for (; at > 0 && strcmp(cameras->name[at - 1], name) > 0; at--)
		strcpy(cameras->name[at], cameras->name[at - 1]);
	strcpy(cameras->name[at], name);
	cameras->count++;
	return true;
}

void
cameras_list(struct cameras *cameras, const char *run_dir)
{
	struct dirent *entry;
	DIR *folder = opendir(run_dir);

	cameras->count = 0;
	if (folder == NULL)
		return;
	while (cameras->count < CAMERAS_MAX && (entry = readdir(folder)) != NULL)
		if (camera_is_there(run_dir, entry->d_name))
			cameras_add(cameras, entry->d_name);
	closedir(folder);
}

const char *
cameras_default(const struct cameras *cameras, const char *configured)
{
	if (configured[0] != '\0')
		return configured;
	if (cameras->count == 1)
		return cameras->name[0];
	return cameras->count == 0 || cameras_have(cameras, CAMERA_FIRST) ? CAMERA_FIRST : NULL;
}

bool
cameras_have(const struct cameras *cameras, const char *name)
{
	for (size_t i = 0; i < cameras->count; i++)
		if (strcmp(cameras->name[i], name) == 0)
			return true;
	return false;
}
