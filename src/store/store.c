/* SPDX-License-Identifier: ISC */
/* store: the database's opening, its transactions, settings and counters. */
#include "store/store.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "store/inside.h"

enum { SCHEMA_VERSION = 1, NUMBERS_APART = 1000000 };

/* AUTOINCREMENT: a number is never used again, not even after a deletion
 * (https://www.sqlite.org/autoinc.html). */
static const char schema[] =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE value (name TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE event (id INTEGER PRIMARY KEY AUTOINCREMENT, type TEXT NOT NULL,"
    "  wall_ns INTEGER NOT NULL, data TEXT NOT NULL);"
    "CREATE INDEX event_type ON event (type, id);"
    "CREATE TABLE picture (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,"
    "  bytes INTEGER NOT NULL, wall_ns INTEGER NOT NULL);"
    "INSERT INTO sqlite_sequence VALUES ('event', %lld);"
    "PRAGMA user_version=1;"
    "COMMIT;";
static const char damaged[] = "state.db.corrupt-";	/* and the second it was moved aside */

#define EVENT_COLUMNS "SELECT id, type, wall_ns, data FROM event WHERE id > ?1 AND id < ?2"

/* Prepared, a rollback does not fail for want of memory. */
static const char *const sentences[STORE_SENTENCES] = {
	[STORE_BEGIN] = "BEGIN IMMEDIATE",
	[STORE_COMMIT] = "COMMIT",
	[STORE_ROLLBACK] = "ROLLBACK",
	[STORE_SAVEPOINT] = "SAVEPOINT inner_one",
	[STORE_RELEASE] = "RELEASE inner_one",
	[STORE_ROLLBACK_TO] = "ROLLBACK TO inner_one",
	[STORE_VALUE_SET] = "INSERT INTO value VALUES (?1, ?2)"
	    " ON CONFLICT (name) DO UPDATE SET text = excluded.text",
	[STORE_VALUE_ALL] = "SELECT name, text FROM value",
	[STORE_EVENT_ADD] = "INSERT INTO event (type, wall_ns, data) VALUES (?1, ?2, ?3)",
	[STORE_EVENT_CHANGE] = "UPDATE event SET data = ?2 WHERE id = ?1",
	[STORE_EVENT_PRUNE] = "DELETE FROM event WHERE id IN"
	    " (SELECT id FROM event WHERE id <= ?1 ORDER BY id LIMIT 8)",
	[STORE_EVENTS_BACK] = EVENT_COLUMNS " ORDER BY id DESC LIMIT ?3",
	[STORE_EVENTS_BACK_TYPE] = EVENT_COLUMNS " AND type = ?4 ORDER BY id DESC LIMIT ?3",
	[STORE_EVENTS_ON] = EVENT_COLUMNS " ORDER BY id LIMIT ?3",
	[STORE_EVENTS_ON_TYPE] = EVENT_COLUMNS " AND type = ?4 ORDER BY id LIMIT ?3",
	[STORE_PICTURE_ADD] = "INSERT OR REPLACE INTO picture (name, bytes, wall_ns) VALUES (?1, ?2, ?3)",
	[STORE_PICTURE_DROP] = "DELETE FROM picture WHERE name = ?1",
	[STORE_PICTURE_OLDEST] = "SELECT name, bytes FROM picture ORDER BY id LIMIT 1",
	[STORE_PICTURE_PAGE] = "SELECT id, name, bytes, wall_ns FROM picture WHERE id < ?1"
	    " ORDER BY id DESC LIMIT ?2",
	[STORE_PICTURE_FIND] = "SELECT bytes FROM picture WHERE name = ?1",
	[STORE_PICTURE_NAMES] = "SELECT name FROM picture",
};

/* ---- opening -------------------------------------------------------------------- */

static int
store_prepare(struct store *store, struct cause *why)
{
	for (int at = 0; at < STORE_SENTENCES; at++) {
		store->say[at] = sql_prepare(store->sql, sentences[at], why);
		if (store->say[at] == NULL)
			return sql_last_failure(store->sql, why);
	}
	return STORE_OK;
}

/* The number before a new database's first event. Those a damaged one has given
 * away are unknown and must never be used again: the clock in seconds is above them
 * as long as there was less than one event a second since 1970. A clock that was
 * set back since an earlier damage is not believed. */
static long long
store_first_number(const struct store *store)
{
	DIR *folder = opendir(store->folder);
	long long newest = 0, now = (long long)time(NULL);
	struct dirent *entry;

	while (folder != NULL && (entry = readdir(folder)) != NULL) {
		if (strncmp(entry->d_name, damaged, sizeof damaged - 1) == 0) {
			long long then = strtoll(entry->d_name + sizeof damaged - 1, NULL, 10);

			newest = then > newest ? then : newest;
		}
	}
	if (folder != NULL)
		closedir(folder);
	if (newest == 0)
		return 0;
	return newest <= now ? now : newest + NUMBERS_APART;
}

static int
store_schema(struct store *store, struct cause *why)
{
	char text[sizeof schema + 32];
	int64_t version;
	int result = sql_ask(store->sql, "PRAGMA user_version", &version, why);

	if (result != STORE_OK)
		return result;
	if (version == 0) {
		snprintf(text, sizeof text, schema, store_first_number(store));
		return sql_exec(store->sql, text, why);
	}
	if (version == SCHEMA_VERSION)
		return STORE_OK;
	cause_set(why, "has layout %lld, this orield knows %d: it is from a newer version",
	    (long long)version, SCHEMA_VERSION);
	return STORE_FAILED;
}

/* A write-ahead log that is still there means that we did not end in peace:
 * then the whole file is looked at before it is trusted. */
static int
store_open_database(struct store *store, const char *path, struct cause *why)
{
	char wal[STORE_ASIDE_SIZE];
	bool crashed;
	int result;

	snprintf(wal, sizeof wal, "%s-wal", path);
	crashed = access(wal, F_OK) == 0;
	result = sql_open(path, &store->sql, why);
	if (result == STORE_OK && crashed)
		result = sql_check(store->sql, why);
	if (result == STORE_OK)
		result = store_schema(store, why);
	if (result == STORE_OK)
		result = store_prepare(store, why);
	if (result == STORE_OK)
		result = store_pictures_open(store, why);
	if (result != STORE_OK)
		sql_close(&store->sql);
	return result;
}

/* The database first: without its log it might look like a good, but older one. */
static int
store_move_aside(const struct store *store, long long seconds, struct cause *why)
{
	static const char *const parts[] = { "", "-wal", "-shm" };
	char from[STORE_ASIDE_SIZE], to[STORE_ASIDE_SIZE];

	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		snprintf(from, sizeof from, "%s/state.db%s", store->folder, parts[i]);
		snprintf(to, sizeof to, "%s/%s%lld%s", store->folder, damaged, seconds, parts[i]);
		if (rename(from, to) == -1 && errno != ENOENT)
			return cause_errno(why, "%s: damaged, and cannot be moved aside", from);
	}
	return STORE_OK;
}

static int
store_start_anew(struct store *store, const char *path, struct cause *why)
{
	long long seconds = (long long)time(NULL);

	log_error("store", "%s is damaged (%s); it is kept as %s%lld, settings, counters and"
	    " events begin anew", path, why->text, damaged, seconds);
	if (store_move_aside(store, seconds, why) != STORE_OK)
		return STORE_FAILED;
	return store_open_database(store, path, why);
}

static int
store_folder(const char *folder, struct cause *why)
{
	if (mkdir(folder, 0750) == 0 || errno == EEXIST)
		return 0;
	return cause_errno(why, "%s", folder);
}

struct store *
store_new(const char *folder, struct cause *why)
{
	struct store *store = calloc(1, sizeof *store);
	char path[STORE_PATH_SIZE];
	struct cause unread, reason;
	int result;

	if (why == NULL)
		why = &unread;
	if (store == NULL) {
		cause_errno(why, "store");
		return NULL;
	}
	store->snaps = -1;
	if (strlen(folder) >= sizeof store->folder) {
		cause_set(why, "%.64s…: too long a path", folder);
		goto fail;
	}
	strcpy(store->folder, folder);
	snprintf(path, sizeof path, "%s/state.db", folder);
	if (store_folder(folder, why) == -1)
		goto fail;
	result = store_open_database(store, path, why);
	if (result == SQL_CORRUPT)
		result = store_start_anew(store, path, why);
	if (result == STORE_OK)
		return store;
	reason = *why;
	cause_set(why, "%s: %s", path, reason.text);
fail:
	store_free(&store);
	return NULL;
}

void
store_free(struct store **store)
{
	struct store *gone = *store;

	if (gone == NULL)
		return;
	while (gone->depth > 0)
		store_rollback(gone);
	sql_close(&gone->sql);
	if (gone->snaps != -1)
		close(gone->snaps);
	free(gone->notes);
	free(gone);
	*store = NULL;
}

/* ---- transactions ------------------------------------------------------------------ */

static int
store_say(struct store *store, enum store_sentence sentence, struct cause *why)
{
	return sql_do(store->say[sentence], why, "");
}

/* Nothing that stands in an open transaction is lost silently, and nothing that was
 * undone comes back: one that cannot go on can only be rolled back. */
static bool
store_is_broken(const struct store *store)
{
	return store->depth > 0 && (store->spoilt || !sql_in_transaction(store->sql));
}

int
store_begin(struct store *store, struct cause *why)
{
	int result = STORE_OK;

	if (store_is_broken(store))
		return sql_last_failure(store->sql, why);
	/* Left by a rollback that failed. */
	if (store->depth == 0 && sql_in_transaction(store->sql))
		result = store_say(store, STORE_ROLLBACK, why);
	if (result == STORE_OK)
		result = store_say(store, store->depth == 0 ? STORE_BEGIN : STORE_SAVEPOINT, why);
	if (result == STORE_OK)
		store->depth++;
	return result;
}

int
store_commit(struct store *store, struct cause *why)
{
	int result = store_is_broken(store) ? sql_last_failure(store->sql, why) :
	    store_say(store, store->depth == 1 ? STORE_COMMIT : STORE_RELEASE, why);

	if (result != STORE_OK) {
		store_rollback(store);
		return result;
	}
	store->depth--;
	store_notes_settle(store);
	return STORE_OK;
}

void
store_rollback(struct store *store)
{
	int result = STORE_OK;

	if (sql_in_transaction(store->sql) && store->depth == 1)
		result = store_say(store, STORE_ROLLBACK, NULL);
	else if (sql_in_transaction(store->sql)) {
		result = store_say(store, STORE_ROLLBACK_TO, NULL);
		if (result == STORE_OK)
			result = store_say(store, STORE_RELEASE, NULL);
	}
	store->depth--;
	store->spoilt = store->depth > 0 && (store->spoilt || result != STORE_OK);
	store_notes_undo(store);
}

/* ---- settings and counters --------------------------------------------------------- */

int
store_set_value(struct store *store, const char *name, const char *text, struct cause *why)
{
	return sql_do(store->say[STORE_VALUE_SET], why, "tt", name, text);
}

int
store_each_value(struct store *store, void (*each)(void *arg, const char *name, const char *text),
    void *arg, struct cause *why)
{
	struct sql_statement *say = store->say[STORE_VALUE_ALL];
	int result;

	while ((result = sql_step(say, why)) > 0)
		each(arg, sql_text(say, 0), sql_text(say, 1));
	sql_done(say);
	return result;
}
