/* SPDX-License-Identifier: ISC */
#include "orield/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int
folder_open(const char *path)
{
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* A new folder is not on disk before its parent is. */
static void
folder_sync_parent(const char *parent)
{
	int fd = folder_open(parent);

	if (fd == -1)
		return;
	fsync(fd);
	close(fd);
}

int
folder_make(const char *path, struct cause *why)
{
	char *parent = strdup(path), *slash;

	if (parent == NULL)
		return cause_errno(why, "%s", path);
	slash = strrchr(parent, '/');
	if (slash != NULL && slash != parent) {
		*slash = '\0';
		mkdir(parent, 0750);
	}
	if (mkdir(path, 0750) == -1 && errno != EEXIST) {
		free(parent);
		return cause_errno(why, "%s", path);
	}
	if (slash != NULL && slash != parent)
		folder_sync_parent(parent);
	free(parent);
	return 0;
}

int
folder_lock(const char *path, struct cause *why)
{
	int fd = folder_open(path);

	if (fd == -1)
		return cause_errno(why, "%s", path);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	if (errno == EWOULDBLOCK)
		cause_set(why, "%s is in use: another orield runs for this camera", path);
	else
		cause_errno(why, "%s", path);
	close(fd);
	return -1;
}
