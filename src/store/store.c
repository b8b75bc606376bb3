/* SPDX-License-Identifier: ISC */
/* store: the database's opening, its transactions, settings and counters. */
#include "store/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "store/inside.h"

enum { SCHEMA_VERSION = 1 };

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
    "PRAGMA user_version=1;"
    "COMMIT;";

#define EVENT_COLUMNS "SELECT id, type, wall_ns, data FROM event WHERE id > ?1 AND id < ?2"

static const char *const sentences[STORE_SENTENCES] = {
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

static int
store_schema(struct store *store, struct cause *why)
{
	int64_t version;
	int result = sql_ask(store->sql, "PRAGMA user_version", &version, why);

	if (result != STORE_OK)
		return result;
	if (version == 0)
		return sql_exec(store->sql, schema, why);
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

static int
store_move_aside(const char *path, long long seconds, struct cause *why)
{
	static const char *const parts[] = { "", "-wal", "-shm" };
	char from[STORE_ASIDE_SIZE], to[STORE_ASIDE_SIZE];

	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		snprintf(from, sizeof from, "%s%s", path, parts[i]);
		snprintf(to, sizeof to, "%s.corrupt-%lld%s", path, seconds, parts[i]);
		if (rename(from, to) == -1 && errno != ENOENT)
			return cause_errno(why, "%s: damaged, and cannot be moved aside", path);
	}
	return STORE_OK;
}

/* Event numbers must never be used again, and those given away are unknown now:
 * the clock in seconds is above them as long as there was less than one event a
 * second since 1970. */
static int
store_start_anew(struct store *store, const char *path, struct cause *why)
{
	long long seconds = (long long)time(NULL);
	char text[128];
	int result;

	log_error("store", "%s is damaged (%s); it is kept as %s.corrupt-%lld, settings, counters and"
	    " events begin anew", path, why->text, path, seconds);
	if (store_move_aside(path, seconds, why) != STORE_OK)
		return STORE_FAILED;
	result = store_open_database(store, path, why);
	if (result != STORE_OK)
		return result;
	snprintf(text, sizeof text, "INSERT INTO sqlite_sequence VALUES ('event', %lld)", seconds);
	return sql_exec(store->sql, text, why);
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

int
store_begin(struct store *store, struct cause *why)
{
	int result;

	if (store->depth > 0 && !sql_in_transaction(store->sql))
		return sql_last_failure(store->sql, why);
	result = sql_exec(store->sql, store->depth == 0 ? "BEGIN IMMEDIATE" : "SAVEPOINT inner_one", why);
	if (result == STORE_OK)
		store->depth++;
	return result;
}

int
store_commit(struct store *store, struct cause *why)
{
	int result;

	if (!sql_in_transaction(store->sql))
		result = sql_last_failure(store->sql, why);
	else
		result = sql_exec(store->sql, store->depth == 1 ? "COMMIT" : "RELEASE inner_one", why);
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
	if (sql_in_transaction(store->sql))
		sql_exec(store->sql, store->depth == 1 ? "ROLLBACK" :
		    "ROLLBACK TO inner_one; RELEASE inner_one", NULL);
	store->depth--;
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
