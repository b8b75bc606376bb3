/* SPDX-License-Identifier: ISC */
/* layout: the tables, and the conversion of older versions' tables. */
#include <stdio.h>
#include <string.h>

#include "store/store_internal.h"

/* AUTOINCREMENT keeps the highest number when old events are pruned
 * (https://www.sqlite.org/autoinc.html). `sum`: row_sum() of the other columns (of a picture
 * or a clip:
 * without its number). */
static const char *const tables[] = {
	"CREATE TABLE value (name TEXT PRIMARY KEY, text TEXT NOT NULL, sum INTEGER NOT NULL) WITHOUT ROWID",
	"CREATE TABLE event (id INTEGER PRIMARY KEY AUTOINCREMENT, type TEXT NOT NULL,"
	"  wall_ns INTEGER NOT NULL, data TEXT NOT NULL, sum INTEGER NOT NULL)",
	"CREATE INDEX event_type ON event (type, id)",
	"CREATE TABLE picture (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,"
	"  bytes INTEGER NOT NULL, wall_ns INTEGER NOT NULL, sum INTEGER NOT NULL)",
	"CREATE TABLE clip (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,"
	"  bytes INTEGER NOT NULL, wall_ns INTEGER NOT NULL, data TEXT NOT NULL, sum INTEGER NOT NULL)",
	"CREATE TABLE pinned (url TEXT PRIMARY KEY, sum INTEGER NOT NULL) WITHOUT ROWID",
};
enum { TABLES = sizeof tables / sizeof tables[0], TABLE_CLIP = TABLES - 2, TABLE_PINNED };

/* An event type that is not a word comes from damage that layout 1 could not notice. */
static const char from_layout_1[] =
    "INSERT INTO value SELECT name, text, row_sum(name, text) FROM old_value;"
    "INSERT INTO event SELECT id, type, wall_ns, data, row_sum(id, type, wall_ns, data) FROM old_event"
    "  WHERE typeof(type) = 'text' AND type NOT GLOB '*[^a-z]*' AND typeof(wall_ns) = 'integer' AND typeof(data) = 'text';"
    "INSERT INTO picture SELECT id, name, bytes, wall_ns, row_sum(name, bytes, wall_ns) FROM old_picture;"
    "INSERT INTO sqlite_sequence SELECT 'event', seq FROM sqlite_sequence WHERE name = 'old_event'"
    "  AND NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'event');"
    "UPDATE sqlite_sequence SET seq = (SELECT max(seq) FROM sqlite_sequence WHERE name IN ('event', 'old_event'))"
    "  WHERE name = 'event';"
    "DROP TABLE old_value; DROP TABLE old_event; DROP TABLE old_picture;";

/* The tables from `first` on. */
static int
layout_tables(struct sql *sql, size_t first, struct cause *why)
{
	int result = STORE_OK;

	for (size_t i = first; result == STORE_OK && i < TABLES; i++)
		result = sql_exec(sql, tables[i], why);
	return result;
}

/* All or nothing: a power loss in between leaves the former layout. */
static int
layout_end(struct sql *sql, int result, struct cause *why)
{
	if (result == STORE_OK)
		result = sql_exec(sql, "PRAGMA user_version=4; COMMIT", why);
	if (result != STORE_OK && sql_in_transaction(sql))
		sql_exec(sql, "ROLLBACK", NULL);
	return result;
}

int
layout_make(struct sql *sql, struct cause *why)
{
	int result = sql_exec(sql, "BEGIN IMMEDIATE", why);

	if (result == STORE_OK)
		result = layout_tables(sql, 0, why);
	if (result == STORE_OK)
		result = sql_exec(sql, "INSERT INTO sqlite_sequence VALUES ('event', 0)", why);
	return layout_end(sql, result, why);
}

/* New tables are made with our own statements, so that the schema can be compared; no column is
 * added to old tables. */
static int
layout_from_1(struct sql *sql, struct cause *why)
{
	int result = sql_check(sql, why);

	if (result == STORE_OK)
		result = sql_exec(sql,
		    "BEGIN IMMEDIATE; DROP INDEX event_type; ALTER TABLE value RENAME TO old_value;"
		    "ALTER TABLE event RENAME TO old_event; ALTER TABLE picture RENAME TO old_picture",
		    why);
	if (result == STORE_OK)
		result = layout_tables(sql, 0, why);
	if (result == STORE_OK)
		result = sql_exec(sql, from_layout_1, why);
	return layout_end(sql, result, why);
}

/* Some tables more. */
static int
layout_add(struct sql *sql, size_t first, struct cause *why)
{
	int result = sql_exec(sql, "BEGIN IMMEDIATE", why);

	if (result == STORE_OK)
		result = layout_tables(sql, first, why);
	return layout_end(sql, result, why);
}

static int
layout_convert(struct sql *sql, int64_t version, struct cause *why)
{
	switch (version) {
	case 1: return layout_from_1(sql, why);
	case 2: return layout_add(sql, TABLE_CLIP, why);
	default: return layout_add(sql, TABLE_PINNED, why);
	}
}

/* Does the schema have exactly our statements? */
static int
layout_compare(struct sql *sql, struct cause *why)
{
	char question[600];
	int64_t count = 0, all;
	int result = sql_ask(sql,
	    "SELECT count(*) FROM sqlite_master WHERE sql IS NOT NULL"
	    " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
	    &all, why);

	for (size_t i = 0; result == STORE_OK && i < TABLES; i++) {
		int64_t has;

		snprintf(question, sizeof question,
		    "SELECT count(*) FROM sqlite_master WHERE sql = '%s'", tables[i]);
		result = sql_ask(sql, question, &has, why);
		count += has;
	}
	if (result == STORE_OK && (count != TABLES || all != TABLES))
		result = sql_found_damage(sql, why, "the tables are not those that were made");
	return result;
}

static int
layout_refuse(struct sql *sql, int64_t version, struct cause *why)
{
	if (version < 0 || version > STORE_LAYOUT_MAX)
		return sql_found_damage(sql, why, "its layout has a number that nobody gave it");
	cause_set(why,
	    "has layout %lld, this orield knows %d: it is from a newer version (or damaged: move it away, "
	    "and a new one is begun)",
	    (long long)version, STORE_LAYOUT);
	return STORE_FAILED;
}

static int
layout_make_if_empty(struct sql *sql, struct cause *why)
{
	int64_t count;
	int result = sql_ask(sql, "SELECT count(*) FROM sqlite_master", &count, why);

	if (result == STORE_OK && count > 0)
		result = sql_found_damage(sql, why, "it has tables and no layout");
	return result == STORE_OK ? layout_make(sql, why) : result;
}

int
layout_bring(struct sql *sql, bool *made, bool *migrated, struct cause *why)
{
	int64_t version;
	int result = sql_ask(sql, "PRAGMA user_version", &version, why);

	*made = result == STORE_OK && version == 0;
	*migrated = result == STORE_OK && version >= 1 && version < STORE_LAYOUT;
	if (result == STORE_OK && version != 0 && !*migrated && version != STORE_LAYOUT)
		result = layout_refuse(sql, version, why);
	if (result == STORE_OK)
		result = sql_make_durable(sql, why);
	if (result == STORE_OK && *made)
		result = layout_make_if_empty(sql, why);
	if (result == STORE_OK && *migrated)
		result = layout_convert(sql, version, why);
	return result == STORE_OK ? layout_compare(sql, why) : result;
}

int
layout_check_rows(struct sql *sql, struct cause *why)
{
	static const char *const questions[] = {
		"SELECT count(*) FROM value WHERE sum IS NOT row_sum(name, text)",
		"SELECT count(*) FROM event NOT INDEXED WHERE sum IS NOT row_sum(id, type, wall_ns, data)",
		"SELECT count(*) FROM picture NOT INDEXED WHERE sum IS NOT row_sum(name, bytes, wall_ns)",
		"SELECT count(*) FROM clip NOT INDEXED WHERE sum IS NOT row_sum(name, bytes, wall_ns, data)",
		"SELECT count(*) FROM pinned WHERE sum IS NOT row_sum(url)",
	};
	int result = STORE_OK;
	int64_t bad = 0;

	for (size_t i = 0; result == STORE_OK && i < sizeof questions / sizeof questions[0]; i++) {
		result = sql_ask(sql, questions[i], &bad, why);
		if (result == STORE_OK && bad > 0)
			result = sql_found_damage(sql, why, "a row is not what was written");
	}
	return result;
}
