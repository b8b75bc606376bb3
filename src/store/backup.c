/* SPDX-License-Identifier: ISC */
#include "store/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "sqlite/sql.h"
#include "store/store.h"

enum { PATH_SIZE = 4096 };

static const char tables[] =
    "PRAGMA journal_mode=DELETE; BEGIN IMMEDIATE;"
    "CREATE TABLE sqlar (name TEXT PRIMARY KEY, mode INT, mtime INT, sz INT, data BLOB);"
    "CREATE TABLE part (name TEXT PRIMARY KEY, sum INTEGER NOT NULL) WITHOUT ROWID";

struct backup {
	struct sql *sql;
	struct sql_statement *put, *sum, *get, *next;
	bool unfinished;
	char path[PATH_SIZE], new[PATH_SIZE];
};

static struct backup *
backup_new(const char *path, struct cause *why)
{
	struct backup *backup = calloc(1, sizeof *backup);

	if (backup == NULL || strlen(path) + sizeof ".new" > sizeof backup->path) {
		errno = backup == NULL ? ENOMEM : ENAMETOOLONG;
		cause_errno(why, "%.100s", path);
		free(backup);
		return NULL;
	}
	snprintf(backup->path, sizeof backup->path, "%s", path);
	snprintf(backup->new, sizeof backup->new, "%.*s.new", (int)sizeof backup->new - 5, path);
	return backup;
}

void
backup_free(struct backup **backup)
{
	struct backup *gone = *backup;

	if (gone == NULL)
		return;
	sql_close(&gone->sql);
	if (gone->unfinished)
		unlink(gone->new);
	free(gone);
	*backup = NULL;
}

static int
backup_prepare(struct backup *backup, struct cause *why)
{
	backup->put = sql_prepare(
	    backup->sql, "INSERT INTO sqlar VALUES (?1, ?2, ?3, ?4, ?5)", why);
	if (backup->put != NULL)
		backup->sum = sql_prepare(
		    backup->sql, "INSERT INTO part VALUES (?1, row_sum(?1, ?2))", why);
	if (backup->sum != NULL)
		backup->get = sql_prepare(
		    backup->sql, "SELECT data FROM sqlar WHERE name = ?1", why);
	if (backup->get != NULL)
		backup->next = sql_prepare(backup->sql,
		    "SELECT name FROM sqlar WHERE name > ?1 ORDER BY name LIMIT 1", why);
	return backup->next != NULL ? STORE_OK : sql_last_failure(backup->sql, why);
}

/* ---- making ---------------------------------------------------------- */

static int
backup_begin(struct backup *backup, struct cause *why)
{
	int fd, result;

	unlink(backup->new);
	fd = open(backup->new, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1) {
		cause_errno(why, "%.200s", backup->new);
		return STORE_FAILED;
	}
	close(fd);
	backup->unfinished = true;
	result = sql_open(backup->new, &backup->sql, why);
	if (result == STORE_OK)
		result = sql_exec(backup->sql, tables, why);
	return result == STORE_OK ? backup_prepare(backup, why) : result;
}

struct backup *
backup_make(const char *path, struct cause *why)
{
	struct backup *backup = backup_new(path, why);

	if (backup != NULL && backup_begin(backup, why) != STORE_OK)
		backup_free(&backup);
	return backup;
}

int
backup_put(
    struct backup *backup, const char *name, const void *bytes, size_t length, struct cause *why)
{
	int result = sql_do(backup->put, why, "tiiib", name, (int64_t)0100600, (int64_t)time(NULL),
	    (int64_t)length, bytes, length);

	return result == STORE_OK ? sql_do(backup->sum, why, "tb", name, bytes, length) : result;
}

static int
backup_rename(const struct backup *backup, bool force)
{
	char copy[PATH_SIZE];
	int folder, result;

	if (force)
		result = rename(backup->new, backup->path);
	else
		result = link(backup->new, backup->path) == 0 ? unlink(backup->new) : -1;
	if (result == -1)
		return -1;
	snprintf(copy, sizeof copy, "%s", backup->path);
	folder = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	result = folder == -1 ? -1 : fsync(folder);
	if (folder != -1)
		close(folder);
	return result;
}

int
backup_finish(struct backup *backup, bool force, struct cause *why)
{
	int result = sql_exec(
	    backup->sql, "COMMIT", why); /* synced: synchronous is FULL by default */

	if (result != STORE_OK)
		return result;
	sql_close(&backup->sql);
	if (backup_rename(backup, force) == -1) {
		if (errno == EEXIST)
			cause_set(
			    why, "%.200s is there already (--force replaces it)", backup->path);
		else
			cause_errno(why, "%.200s", backup->path);
		return STORE_FAILED;
	}
	backup->unfinished = false;
	return STORE_OK;
}

/* ---- reading --------------------------------------------------------- */

static int
backup_verify(struct backup *backup, struct cause *why)
{
	int64_t bad = 0, large = 0;
	int result = sql_check(backup->sql, why);

	if (result == STORE_OK)
		result = backup_prepare(backup, why);
	if (result == STORE_OK)
		result = sql_ask(backup->sql,
		    "SELECT count(*) FROM sqlar LEFT JOIN part USING (name)"
		    " WHERE typeof(data) <> 'blob' OR sum IS NOT row_sum(name, data)",
		    &bad, why);
	if (result == STORE_OK)
		result = sql_ask(backup->sql, "SELECT max(length(data)) FROM sqlar", &large, why);
	if (result == STORE_OK && (bad > 0 || large > SQL_BYTES_MAX))
		result = sql_found_damage(backup->sql, why, "a part of it is not what was written");
	return result;
}

struct backup *
backup_open(const char *path, struct cause *why)
{
	struct backup *backup = backup_new(path, why);
	struct cause reason = { .text = "it cannot be opened" };
	int result;

	if (backup == NULL)
		return NULL;
	result = access(path, R_OK) == 0 ? sql_open_damaged(path, &backup->sql, &reason)
					 : cause_errno(&reason, "it cannot be read");
	if (result == STORE_OK)
		result = backup_verify(backup, &reason);
	if (result == STORE_OK)
		return backup;
	cause_set(why, "%.100s is %s: %.120s", path,
	    result == STORE_DAMAGED ? "no backup, or damaged" : "no use", reason.text);
	backup_free(&backup);
	return NULL;
}

int
backup_get(struct backup *backup, const char *name, unsigned char **bytes, size_t *length,
    struct cause *why)
{
	const void *found;
	int result;

	*bytes = NULL;
	sql_bind(backup->get, "t", name);
	result = sql_step(backup->get, why);
	if (result > 0) {
		found = sql_bytes(backup->get, 0, length);
		*bytes = malloc(*length + 1);
		if (*bytes != NULL && *length > 0)
			memcpy(*bytes, found, *length);
		result = *bytes != NULL ? STORE_OK : cause_set(why, "out of memory");
	} else if (result == 0) {
		cause_set(why, "%.100s has no %.80s in it", backup->path, name);
		result = STORE_MISSING;
	}
	sql_done(backup->get);
	return result;
}

bool
backup_next(struct backup *backup, const char *after, char name[BACKUP_NAME_SIZE])
{
	char before[BACKUP_NAME_SIZE];
	bool found;

	snprintf(before, sizeof before, "%s", after);
	sql_bind(backup->next, "t", before);
	found = sql_step(backup->next, NULL) > 0 &&
	    strlen(sql_text(backup->next, 0)) < BACKUP_NAME_SIZE;
	if (found)
		snprintf(name, BACKUP_NAME_SIZE, "%s", sql_text(backup->next, 0));
	sql_done(backup->next);
	return found;
}
