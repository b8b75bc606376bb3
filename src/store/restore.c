/* SPDX-License-Identifier: ISC */
/* restore: a camera's state as bytes, and back. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/store_internal.h"

int
store_save(const char *folder, unsigned char **bytes, size_t *length, struct cause *why)
{
	char path[STORE_PATH_SIZE];
	unsigned char *saved = NULL;
	struct sql *sql = NULL;
	int result = STORE_FAILED;

	*bytes = NULL;
	snprintf(path, sizeof path, "%s/state.db", folder);
	if (access(path, R_OK) == -1)
		cause_errno(why, "%s", path);
	else
		result = sql_open_damaged(path, &sql, why);
	if (result == STORE_OK)
		result = sql_check(sql, why);
	if (result == STORE_OK)
		result = sql_save(sql, &saved, length, why);
	if (result == STORE_OK) {
		*bytes = malloc(*length);
		if (*bytes != NULL)
			memcpy(*bytes, saved, *length);
		result = *bytes != NULL ? STORE_OK : cause_set(why, "out of memory");
	}
	sql_bytes_free(&saved);
	sql_close(&sql);
	return result;
}

/* ---- verifying ------------------------------------------------------- */

/* Check that it is sound and of a layout we know; get its newest number. */
static int
restore_verify(const unsigned char *bytes, size_t length, int64_t *last, struct cause *why)
{
	struct sql *sql;
	int64_t version = 0;
	int result = sql_open_bytes(bytes, length, &sql, why);

	if (result == STORE_OK)
		result = sql_check(sql, why);
	if (result == STORE_OK)
		result = sql_ask(sql, "PRAGMA user_version", &version, why);
	if (result == STORE_OK && version > STORE_LAYOUT) {
		cause_set(why,
		    "the backup has layout %lld, this version knows %d: it is from a newer version, and there is"
		    " no way back",
		    (long long)version, STORE_LAYOUT);
		result = STORE_FAILED;
	}
	if (result == STORE_OK)
		result = sql_ask(
		    sql, "SELECT seq FROM sqlite_sequence WHERE name = 'event'", last, why);
	if (result == STORE_OK && version == STORE_LAYOUT)
		result = layout_check_rows(sql, why);
	sql_close(&sql);
	return result;
}

/* ---- putting it there ------------------------------------------------ */

/* Write a file of these bytes at `path`, by way of another name, and sync it. */
static int
restore_file(const char *path, const unsigned char *bytes, size_t length, struct cause *why)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
	int result = STORE_OK;

	for (size_t at = 0; fd != -1 && at < length && result == STORE_OK;) {
		ssize_t done = write(fd, bytes + at, length - at);

		if (done == -1 && errno != EINTR)
			result = STORE_FAILED;
		at += done > 0 ? (size_t)done : 0;
	}
	if (fd == -1 || result != STORE_OK || fsync(fd) == -1) {
		cause_errno(why, "%s", path);
		result = STORE_FAILED;
	}
	if (fd != -1)
		close(fd);
	return result;
}

static int
restore_sync(const char *folder, struct cause *why)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), result = STORE_OK;

	if (fd == -1 || fsync(fd) == -1) {
		cause_errno(why, "%s", folder);
		result = STORE_FAILED;
	}
	if (fd != -1)
		close(fd);
	return result;
}

/* As in a repair: if interrupted anywhere, there is the old database or the new one (open.c). */
static int
restore_put(const char *folder, struct cause *why)
{
	static const char *const steps[][2] = {
		/* NULL: to be removed */
		{ "state.db.replaced-wal", NULL },
		{ "state.db", "state.db.replaced" },
		{ "state.db-wal", "state.db.replaced-wal" },
		{ "state.db-shm", NULL },
		{ "state.db.new", "state.db" },
	};
	char from[STORE_PATH_SIZE], to[STORE_PATH_SIZE];

	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		int done;

		snprintf(from, sizeof from, "%s/%s", folder, steps[i][0]);
		snprintf(to, sizeof to, "%s/%s", folder, steps[i][1] != NULL ? steps[i][1] : "");
		done = steps[i][1] != NULL ? rename(from, to) : unlink(from);
		if (done == -1 && errno != ENOENT) {
			cause_errno(why, "%s", from);
			return STORE_FAILED;
		}
	}
	return restore_sync(folder, why);
}

/* The numbers used since the backup are not known here, or are known from folder/numbers: the
 * next opening goes on far above both. */
int
store_restore(const char *folder, const unsigned char *bytes, size_t length, struct cause *why)
{
	char path[STORE_PATH_SIZE];
	struct numbers numbers;
	int64_t last = 0;
	int result = restore_verify(bytes, length, &last, why);

	if (result != STORE_OK)
		return result;
	snprintf(path, sizeof path, "%s/state.db.new", folder);
	result = restore_file(path, bytes, length, why);
	numbers_read(folder, &numbers);
	if (result == STORE_OK)
		result = numbers_distrust(folder, last > numbers.most ? last : numbers.most, why);
	return result == STORE_OK ? restore_put(folder, why) : result;
}

int
store_restore_picture(const char *folder, const char *name, const unsigned char *bytes,
    size_t length, struct cause *why)
{
	char snaps[STORE_PATH_SIZE], path[STORE_ASIDE_SIZE], new[STORE_ASIDE_SIZE];
	int result;

	if (!store_name_valid(name)) {
		cause_set(why, "\"%.40s\" is no picture's name", name);
		return STORE_FAILED;
	}
	snprintf(snaps, sizeof snaps, "%s/snaps", folder);
	snprintf(new, sizeof new, "%s/.new", snaps);
	snprintf(
	    path, sizeof path, "%.*s/%s", (int)(sizeof path - STORE_NAME_SIZE - 2), snaps, name);
	if (mkdir(snaps, 0750) == -1 && errno != EEXIST) {
		cause_errno(why, "%s", snaps);
		return STORE_FAILED;
	}
	if (access(path, F_OK) == 0)
		return STORE_OK;
	result = restore_file(new, bytes, length, why);
	if (result == STORE_OK && rename(new, path) == -1) {
		cause_errno(why, "%s", path);
		result = STORE_FAILED;
	}
	return result == STORE_OK ? restore_sync(snaps, why) : result;
}
