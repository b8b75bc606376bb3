/* SPDX-License-Identifier: ISC */
/* open: opening the database, and the numbers that its events may have. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "store/store_internal.h"

enum { NUMBERS_APART = 1000000 };

void
store_path(const struct store *store, const char *end, char path[STORE_PATH_SIZE])
{
	snprintf(path, STORE_PATH_SIZE, "%s/state.db%s", store->folder, end);
}

/* ---- numbers --------------------------------------------------------- */

/* The clock in seconds is above all numbers as long as there was less than one event a second
 * since 1970. A clock that was set back after an earlier damage is not believed. */
int64_t
store_far_above(const struct store *store, int64_t known)
{
	int64_t now = (int64_t)time(NULL), newest = aside_newest(store->folder);

	if (newest > known)
		known = newest > now ? newest : now;
	known += NUMBERS_APART;
	return known > now ? known : now;
}

int
store_reserve(struct store *store, int64_t id, struct cause *why)
{
	int result;

	if (id <= store->reserved)
		return STORE_OK;
	result = numbers_write(store->folder, id + NUMBERS_STEP - 1, why);
	if (result == STORE_OK)
		store->reserved = id + NUMBERS_STEP - 1;
	return result;
}

/* Is this the very first start, as far as one can see? */
static bool
open_is_first(const struct store *store, bool made)
{
	return made && aside_newest(store->folder) == 0 && store->count == 0;
}

/* The database has used at least the number of its newest event, which it keeps. */
static int
open_last_number(struct store *store, int64_t *last, struct cause *why)
{
	int64_t rows, newest;
	int result = sql_ask(
	    store->sql, "SELECT count(*) FROM sqlite_sequence WHERE name = 'event'", &rows, why);

	if (result == STORE_OK)
		result = sql_ask(
		    store->sql, "SELECT seq FROM sqlite_sequence WHERE name = 'event'", last, why);
	if (result == STORE_OK)
		result = sql_ask(store->sql, "SELECT max(id) FROM event", &newest, why);
	if (result == STORE_OK && (rows != 1 || *last < newest || *last > NUMBERS_MAX))
		result = sql_found_damage(store->sql, why, "its newest event's number is wrong");
	return result;
}

/* Skipping a number does no harm; using one twice does. If the numbers cannot be reserved now
 * (disk full), the first event reports it. */
static int
open_numbers(
    struct store *store, const struct numbers *numbers, bool made, bool migrated, struct cause *why)
{
	int64_t last = 0, known;
	int result = open_last_number(store, &last, why);

	if (result != STORE_OK)
		return result;
	known = last > numbers->most ? last : numbers->most;
	known = known > store->floor ? known : store->floor;
	if (numbers->state == NUMBERS_OWN && last <= numbers->most) {
		store->floor = numbers->most;
	} else if (numbers->state == NUMBERS_NONE && (migrated || open_is_first(store, made))) {
		store->floor = last;
	} else {
		store->floor = store_far_above(store, known);
		log_warning("store",
		    "%s: the database or the file \"numbers\" has come from elsewhere: events go on"
		    " with number %lld",
		    store->folder, (long long)store->floor + 1);
	}
	store->reserved = 0;
	store_reserve(store, (last > store->floor ? last : store->floor) + 1, NULL);
	return STORE_OK;
}

/* ---- opening --------------------------------------------------------- */

/* A repair was interrupted between its two renames: the new database is whole. Its log was
 * written back before, so a log with the old name belongs to the damaged one. */
static void
open_finish_repair(const struct store *store)
{
	char path[STORE_PATH_SIZE], each[STORE_PATH_SIZE];

	store_path(store, "", path);
	store_path(store, ".new", each);
	if (access(path, F_OK) == 0 || access(each, F_OK) == -1)
		return;
	store_path(store, "-wal", each);
	unlink(each);
	store_path(store, "-shm", each);
	unlink(each);
	store_path(store, ".new", each);
	rename(each, path);
}

static int
open_remember_file(struct store *store, const char *path, struct cause *why)
{
	struct stat st;

	if (stat(path, &st) == -1) {
		cause_errno(why, "cannot be found");
		return STORE_FAILED;
	}
	store->device = st.st_dev;
	store->inode = st.st_ino;
	store->size = st.st_size;
	return STORE_OK;
}

static void
open_ignore_value(void *arg, const char *name, const char *text)
{
	(void)arg, (void)name, (void)text;
}

static int
open_database(struct store *store, const char *path, struct cause *why)
{
	struct numbers numbers;
	bool made = false, migrated = false;
	int result;

	numbers_read(store->folder, &numbers);
	result = sql_open(path, &store->sql, why);
	if (result == STORE_OK)
		result = layout_bring(store->sql, &made, &migrated, why);
	if (result == STORE_OK)
		result = open_remember_file(store, path, why);
	if (result == STORE_OK)
		result = store_prepare(store, why);
	if (result == STORE_OK)
		result = store_each_value(store, open_ignore_value, NULL, why);
	if (result == STORE_OK)
		result = store_pictures_open(store, why);
	if (result == STORE_OK)
		result = store_clips_open(store, why);
	if (result == STORE_OK)
		result = store_pins_count(store, why);
	if (result == STORE_OK)
		result = open_numbers(store, &numbers, made, migrated, why);
	if (result == STORE_OK && migrated)
		log_notice("store", "%s was of an older version, and has layout %d now", path,
		    STORE_LAYOUT);
	return result;
}

int
store_open(struct store *store, struct cause *why)
{
	char path[STORE_PATH_SIZE];
	struct cause reason;
	int result;

	store->events = -1;
	store_path(store, "", path);
	open_finish_repair(store);
	result = open_database(store, path, &reason);
	if (result == STORE_OK)
		return STORE_OK;
	cause_set(why, "%s: %s", path, reason.text);
	sql_close(&store->sql);
	return result;
}

int
store_open_or_repair(struct store *store, struct cause *why)
{
	int result = store_open(store, why);

	if (result == STORE_DAMAGED) {
		store->repaired.why = *why;
		result = store_repair(store, why);
	}
	return result;
}

/* At a regular end it is known how far the numbers went. */
void
store_close(struct store *store)
{
	int64_t last;

	if (store->sql != NULL && store->reserved > 0 && !sql_is_damaged(store->sql) &&
	    sql_ask(store->sql, "SELECT seq FROM sqlite_sequence WHERE name = 'event'", &last,
		NULL) == STORE_OK)
		numbers_write_lazily(store->folder, last > store->floor ? last : store->floor);
	sql_close(&store->sql);
	if (store->snaps != -1)
		close(store->snaps);
	if (store->clips != -1)
		close(store->clips);
	store->snaps = store->clips = -1;
	store->reserved = 0;
}
