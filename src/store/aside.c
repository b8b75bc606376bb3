/* SPDX-License-Identifier: ISC */
/* aside: damaged databases are kept, the newest few. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "store/store_internal.h"

enum { ASIDE_TRIES = 100 };
static const char aside_name[] = "state.db.corrupt-";

static int64_t
aside_second(const char *name)
{
	char *end;
	long long second;

	if (strncmp(name, aside_name, sizeof aside_name - 1) != 0)
		return 0;
	second = strtoll(name + sizeof aside_name - 1, &end, 10);
	return *end == '\0' && second > 0 ? second : 0;
}

/* How many are there; the oldest and the newest. */
static int
aside_count(const char *folder, int64_t *oldest, int64_t *newest)
{
	DIR *open = opendir(folder);
	struct dirent *entry;
	int count = 0;

	*oldest = INT64_MAX;
	*newest = 0;
	while (open != NULL && (entry = readdir(open)) != NULL) {
		int64_t second = aside_second(entry->d_name);

		if (second == 0)
			continue;
		count++;
		*oldest = second < *oldest ? second : *oldest;
		*newest = second > *newest ? second : *newest;
	}
	if (open != NULL)
		closedir(open);
	return count;
}

int64_t
aside_newest(const char *folder)
{
	int64_t oldest, newest;

	aside_count(folder, &oldest, &newest);
	return newest;
}

static void
aside_path(const char *folder, int64_t second, const char *end, char path[STORE_ASIDE_SIZE])
{
	snprintf(path, STORE_ASIDE_SIZE, "%s/%s%lld%s", folder, aside_name, (long long)second, end);
}

/* The loop is bounded, whatever unlink(2) returns. */
static void
aside_prune(const char *folder)
{
	int64_t oldest, newest;
	char path[STORE_ASIDE_SIZE];

	for (int tries = 0;
	     tries < ASIDE_TRIES && aside_count(folder, &oldest, &newest) > STORE_DAMAGED_KEPT;
	     tries++) {
		aside_path(folder, oldest, "-wal", path);
		unlink(path);
		aside_path(folder, oldest, "", path);
		if (unlink(path) == -1)
			return;
	}
}

static int
aside_rename(const char *from, const char *to)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (access(to, F_OK) == 0) {
		errno = EEXIST;
		return -1;
	}
	return rename(from, to);
}

/* The database goes first: without its log it might look like a good, but older one. */
int
aside_move(const char *folder, char name[STORE_NAME_SIZE], struct cause *why)
{
	char from[STORE_ASIDE_SIZE], to[STORE_ASIDE_SIZE];
	int64_t second = (int64_t)time(NULL), last = second + ASIDE_TRIES;

	snprintf(from, sizeof from, "%s/state.db", folder);
	do
		aside_path(folder, second, "", to);
	while (aside_rename(from, to) == -1 && errno == EEXIST && ++second < last);
	if (access(from, F_OK) == 0 || access(to, F_OK) == -1) {
		cause_errno(why, "%s cannot be moved to %s", from, to);
		return STORE_FAILED;
	}
	snprintf(name, STORE_NAME_SIZE, "%s%lld", aside_name, (long long)second);
	snprintf(from, sizeof from, "%s/state.db-wal", folder);
	aside_path(folder, second, "-wal", to);
	rename(from, to);
	aside_prune(folder);
	return STORE_OK;
}
