/* SPDX-License-Identifier: ISC */
#include "scratch.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

static char folder[64], mounted[128];

void
scratch_make(void)
{
	strcpy(folder, "/tmp/oriel-test-XXXXXX");
	if (mkdtemp(folder) == NULL)
		abort();
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st, (void)kind, (void)ftw;
	return remove(path);
}

void
scratch_remove(void)
{
	if (mounted[0] != '\0')
		umount2(mounted, MNT_DETACH);
	mounted[0] = '\0';
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void
scratch_clear(const char *name)
{
	nftw(scratch_path("%s", name), remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *
scratch_path(const char *format, ...)
{
	static char paths[8][256];
	static unsigned turn;
	char *path = paths[turn++ % 8];
	int used = snprintf(path, sizeof paths[0], "%s/", folder);
	va_list args;

	va_start(args, format);
	vsnprintf(path + used, sizeof paths[0] - (size_t)used, format, args);
	va_end(args);
	return path;
}

long
scratch_size(const char *name)
{
	struct stat st;

	return stat(scratch_path("%s", name), &st) == 0 ? (long)st.st_size : -1;
}

long
scratch_count_like(const char *name, const char *start)
{
	DIR *list = opendir(scratch_path("%s", name));
	struct dirent *entry;
	long count = 0;

	while (list != NULL && (entry = readdir(list)) != NULL)
		if (entry->d_name[0] != '.' && strncmp(entry->d_name, start, strlen(start)) == 0)
			count++;
	if (list != NULL)
		closedir(list);
	return count;
}

long
scratch_count(const char *name)
{
	return scratch_count_like(name, "");
}

void
scratch_write(const char *name, const char *text)
{
	int fd = open(scratch_path("%s", name), O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd == -1 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		abort();
	close(fd);
}

void
scratch_fill(const char *name, size_t most)
{
	static const char zeros[4096];
	int fd = open(scratch_path("%s", name), O_WRONLY | O_CREAT | O_APPEND, 0644);

	if (fd == -1)
		return;
	while (most >= sizeof zeros && write(fd, zeros, sizeof zeros) == (ssize_t)sizeof zeros)
		most -= sizeof zeros;
	close(fd);
}

static void
put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd != -1 && write(fd, text, strlen(text)) == -1)
		perror(path);
	close(fd);
}

/* A mount namespace of our own, once. */
static bool
may_mount(void)
{
	static int answer = -1;
	char map[32];
	unsigned uid = getuid();

	if (answer != -1)
		return answer;
	answer = unshare(CLONE_NEWNS) == 0;
	if (!answer && unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0) {
		snprintf(map, sizeof map, "%u %u 1", uid, uid);
		put("/proc/self/setgroups", "deny");
		put("/proc/self/uid_map", map);
		answer = 1;
	}
	if (answer)
		answer = mount("none", "/", "none", MS_REC | MS_PRIVATE, "") == 0;
	return answer;
}

bool
scratch_mount_small(const char *name, size_t bytes, unsigned inodes)
{
	char size[64];

	snprintf(size, sizeof size, "size=%zu,nr_inodes=%u", bytes, inodes);
	strcpy(mounted, scratch_path("%s", name));
	if (may_mount() && mount("none", mounted, "tmpfs", 0, size) == 0)
		return true;
	mounted[0] = '\0';
	return false;
}

bool
scratch_mount_read_only(const char *name)
{
	strcpy(mounted, scratch_path("%s", name));
	if (may_mount() && mount(mounted, mounted, "none", MS_BIND, "") == 0 &&
	    mount("none", mounted, "none", MS_BIND | MS_REMOUNT | MS_RDONLY, "") == 0)
		return true;
	mounted[0] = '\0';
	return false;
}

void
scratch_silence(bool on)
{
	log_set_level(on ? (enum log_level)0 : LOG_LEVEL_INFO);
}
