/* SPDX-License-Identifier: ISC */
/* files: what was saved, to be read by others. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "store/store_internal.h"

/* The folder that it is in, and its name there; -1: none of ours. */
static int
file_folder(const struct store *store, const char *url, const char **name)
{
	static const char snaps[] = "snaps/";

	*name = url + sizeof snaps - 1;
	return strncmp(url, snaps, sizeof snaps - 1) == 0 && store_name_valid(*name) ? store->snaps
										     : -1;
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
