/* SPDX-License-Identifier: ISC */
/* files: what was saved, to be read by others. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "store/store_internal.h"

/* A movie, or its poster. */
static bool
clip_name_valid(const char *name)
{
	char stem[STORE_NAME_SIZE];

	return store_clip_stem(name, stem) || store_name_valid(name);
}

/* The folder that it is in, and its name there; -1: none of ours. */
static int
file_folder(const struct store *store, const char *url, const char **name)
{
	const struct {
		const char *prefix;
		int folder;
		bool (*valid)(const char *name);
	} folders[] = {
		{ .prefix = "snaps/", .folder = store->snaps, .valid = store_name_valid },
		{ .prefix = "clips/", .folder = store->clips, .valid = clip_name_valid },
	};

	for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
		size_t length = strlen(folders[i].prefix);

		*name = url + length;
		if (strncmp(url, folders[i].prefix, length) == 0 && folders[i].valid(*name))
			return folders[i].folder;
	}
	return -1;
}

int
store_open_file(struct store *store, const char *url, int *fd, struct cause *why)
{
	const char *name;
	int folder = file_folder(store, url, &name);

	*fd = folder != -1 ? openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
			   : -1;
	if (*fd != -1)
		return STORE_OK;
	if (folder != -1 && errno != ENOENT) {
		cause_errno(why, "%s", url);
		return STORE_FAILED;
	}
	cause_set(why, "gone");
	return STORE_MISSING;
}
