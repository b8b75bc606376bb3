/* SPDX-License-Identifier: ISC */
/* store: its statements and transactions, settings and counters. */
#include "store/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store/store_internal.h"

#define PICTURE_PINNED "EXISTS (SELECT 1 FROM pinned WHERE url = 'snaps/' || name)"
#define CLIP_PINNED "EXISTS (SELECT 1 FROM pinned WHERE url = 'clips/' || name)"
/* The first whose name matches ?1: rows are added as time goes on. */
#define OLDEST(table, folder, pinned)                                                   \
	"SELECT '" folder "' || name AS url, bytes, wall_ns FROM " table " NOT INDEXED" \
	" WHERE name GLOB ?1 AND NOT " pinned " ORDER BY id LIMIT 1"
#define EVENT_SUM "row_sum(id, type, wall_ns, data)"
#define EVENT_SEEN "SELECT coalesce(max(CAST(text AS INTEGER)), 0) FROM value WHERE name = 'seen'"
#define EVENT_COLUMNS                                                                 \
	"SELECT id, type, wall_ns, data, sum = " EVENT_SUM ", id <= (" EVENT_SEEN ")" \
	" FROM event WHERE id > ?1 AND id < ?2 AND wall_ns >= ?4 AND wall_ns < ?5"

/* All are prepared at the start, so a rollback does not fail for lack of memory. */
static const char *const sentences[STORE_SENTENCES] = {
	[STORE_BEGIN] = "BEGIN IMMEDIATE",
	[STORE_COMMIT] = "COMMIT",
	[STORE_ROLLBACK] = "ROLLBACK",
	[STORE_SAVEPOINT] = "SAVEPOINT inner_one",
	[STORE_RELEASE] = "RELEASE inner_one",
	[STORE_ROLLBACK_TO] = "ROLLBACK TO inner_one",
	[STORE_VALUE_SET] = "INSERT OR REPLACE INTO value VALUES (?1, ?2, row_sum(?1, ?2))",
	[STORE_VALUE_ALL] = "SELECT name, text, sum = row_sum(name, text) FROM value",
	[STORE_EVENT_LAST] = "SELECT seq FROM sqlite_sequence WHERE name = 'event'",
	[STORE_EVENT_ADD] = "INSERT INTO event VALUES (?1, ?2, ?3, ?4, row_sum(?1, ?2, ?3, ?4))",
	[STORE_EVENT_CHANGE] =
	    "UPDATE event SET data = ?2, sum = row_sum(id, type, wall_ns, ?2) WHERE id = ?1",
	[STORE_EVENT_PRUNE] =
	    "DELETE FROM event WHERE id IN (SELECT id FROM event ORDER BY id LIMIT ?1)",
	[STORE_EVENT_COUNTED] =
	    "SELECT id FROM event WHERE type = ?1 AND"
	    " CASE WHEN json_valid(data) THEN json_extract(data, '$.count') = ?2 END"
	    " ORDER BY id DESC LIMIT 1",
	[STORE_EVENT_SEEN] = EVENT_SEEN,
	[STORE_EVENTS_BACK] = EVENT_COLUMNS " ORDER BY id DESC LIMIT ?3",
	[STORE_EVENTS_BACK_TYPE] = EVENT_COLUMNS " AND type = ?6 ORDER BY id DESC LIMIT ?3",
	[STORE_EVENTS_ON] = EVENT_COLUMNS " ORDER BY id LIMIT ?3",
	[STORE_EVENTS_ON_TYPE] = EVENT_COLUMNS " AND type = ?6 ORDER BY id LIMIT ?3",
	[STORE_PICTURE_ADD] = "INSERT OR REPLACE INTO picture (name, bytes, wall_ns, sum)"
			      " VALUES (?1, ?2, ?3, row_sum(?1, ?2, ?3))",
	[STORE_PICTURE_DROP] = "DELETE FROM picture WHERE name = ?1",
	[STORE_PICTURE_OLDEST] = OLDEST("picture", "snaps/", PICTURE_PINNED),
	[STORE_PICTURE_PAGE] =
	    "SELECT id, name, bytes, wall_ns, sum = row_sum(name, bytes, wall_ns), " PICTURE_PINNED
	    " FROM picture WHERE id < ?1 AND wall_ns >= ?3 AND wall_ns < ?4"
	    " ORDER BY id DESC LIMIT ?2",
	[STORE_PICTURE_FIND] = "SELECT bytes FROM picture WHERE name = ?1",
	[STORE_PICTURE_NAMES] = "SELECT name FROM picture",
	[STORE_CLIP_ADD] = "INSERT OR REPLACE INTO clip (name, bytes, wall_ns, data, sum)"
			   " VALUES (?1, ?2, ?3, ?4, row_sum(?1, ?2, ?3, ?4))",
	[STORE_CLIP_DROP] = "DELETE FROM clip WHERE name = ?1",
	[STORE_CLIP_PAGE] =
	    "SELECT id, name, bytes, wall_ns, sum = row_sum(name, bytes, wall_ns, data), " CLIP_PINNED
	    ", data FROM clip WHERE id < ?1 AND wall_ns >= ?3 AND wall_ns < ?4 ORDER BY id DESC LIMIT ?2",
	[STORE_CLIP_FIND] = "SELECT bytes FROM clip WHERE name = ?1",
	[STORE_CLIP_NAMES] = "SELECT name FROM clip",
	[STORE_OLDEST] = "SELECT * FROM (" OLDEST(
	    "picture", "snaps/", PICTURE_PINNED) ") UNION ALL"
						 " SELECT * FROM (" OLDEST("clip", "clips/",
						     CLIP_PINNED) ") ORDER BY wall_ns LIMIT 1",
	[STORE_PIN_ADD] = "INSERT OR REPLACE INTO pinned VALUES (?1, row_sum(?1))",
	[STORE_PIN_DROP] = "DELETE FROM pinned WHERE url = ?1",
};

/* ---- opening --------------------------------------------------------- */

int
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
	struct cause unread;

	if (why == NULL)
		why = &unread;
	if (store == NULL) {
		cause_errno(why, "store");
		return NULL;
	}
	store->snaps = store->clips = -1;
	if (strlen(folder) >= sizeof store->folder) {
		cause_set(why, "%.64s…: too long a path", folder);
	} else {
		strcpy(store->folder, folder);
		if (store_folder(folder, why) == 0 && store_open_or_repair(store, why) == STORE_OK)
			return store;
	}
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
	store_close(gone);
	free(gone->notes);
	free(gone);
	*store = NULL;
}

/* ---- transactions ---------------------------------------------------- */

static int
store_say(struct store *store, enum store_sentence sentence, struct cause *why)
{
	return sql_do(store->say[sentence], why, "");
}

/* Nothing in an open transaction is lost silently, and nothing that was undone comes back: a
 * transaction that cannot go on can only be rolled back. */
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
	int result = store_is_broken(store)
	    ? sql_last_failure(store->sql, why)
	    : store_say(store, store->depth == 1 ? STORE_COMMIT : STORE_RELEASE, why);

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
	store->events = -1;
	store->spoilt = store->depth > 0 && (store->spoilt || result != STORE_OK);
	store_notes_undo(store);
}

int
store_bad_row(struct store *store, struct cause *why)
{
	return sql_found_damage(store->sql, why, "a row is not what was written");
}

/* ---- settings and counters ------------------------------------------- */

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

	while ((result = sql_step(say, why)) > 0) {
		if (sql_number(say, 2) == 0) {
			result = store_bad_row(store, why);
			break;
		}
		each(arg, sql_text(say, 0), sql_text(say, 1));
	}
	sql_done(say);
	return result;
}
