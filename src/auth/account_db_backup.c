/* SPDX-License-Identifier: ISC */
/* account_db: backup and restore. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/account_db_internal.h"
#include "base/log.h"

enum account_db_result
account_db_save(struct account_db *db, unsigned char **bytes, size_t *length, struct cause *why)
{
	enum account_db_result result = account_db_ready(db, why);
	unsigned char *saved = NULL;

	*bytes = NULL;
	if (result == ACCOUNT_DB_OK)
		result = account_db_result(db, sql_save(db->sql, &saved, length, why), why);
	if (result == ACCOUNT_DB_OK) {
		*bytes = malloc(*length);
		if (*bytes != NULL)
			memcpy(*bytes, saved, *length);
		result = *bytes != NULL ? ACCOUNT_DB_OK
					: (cause_set(why, "out of memory"), ACCOUNT_DB_TROUBLE);
	}
	sql_bytes_free(&saved);
	return result;
}

/* Check that it is sound and of our layout, and delete its sessions: a session that was ended
 * since must not come back. */
static int
restore_open(const unsigned char *bytes, size_t length, struct sql **sql, struct cause *why)
{
	int64_t version;
	int result = sql_open_bytes(bytes, length, sql, why);

	if (result == SQL_OK)
		result = sql_check(*sql, why);
	if (result == SQL_OK)
		result = sql_ask(*sql, "PRAGMA user_version", &version, why);
	if (result == SQL_OK && version != ACCOUNT_DB_LAYOUT) {
		cause_set(why, "the accounts in the backup have layout %lld, this version knows %d",
		    (long long)version, ACCOUNT_DB_LAYOUT);
		result = SQL_FAILED;
	}
	return result == SQL_OK ? sql_exec(*sql, "DELETE FROM session; DELETE FROM site", why)
				: result;
}

/* A damaged one is kept under another name; whoever has it open sees that it is gone. */
static void
restore_move_damaged(struct account_db *db)
{
	static const char *const parts[] = { "", "-wal", "-shm" };
	char from[ACCOUNT_DB_PATH_SIZE + 32], to[ACCOUNT_DB_PATH_SIZE + 48];

	log_warning("auth", "%s is kept as %s.corrupt", db->path, db->path);
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		snprintf(from, sizeof from, "%s%s", db->path, parts[i]);
		snprintf(to, sizeof to, "%s.corrupt%s", db->path, parts[i]);
		rename(from, to);
	}
	db->tried_ns = 0;
}

static enum account_db_result
restore_ready(struct account_db *db, bool force, struct cause *why)
{
	enum account_db_result result = account_db_ready(db, why);
	int64_t users = 0;

	if (result != ACCOUNT_DB_OK && db->damaged && force) {
		restore_move_damaged(db);
		result = account_db_ready(db, why);
	}
	if (result == ACCOUNT_DB_OK)
		result = account_db_count_users(db, &users, why);
	if (result == ACCOUNT_DB_OK && users > 0 && !force) {
		cause_set(why, "there are users already (--force replaces them)");
		result = ACCOUNT_DB_REFUSED;
	}
	return result;
}

/* The site's folder of grants stays, whatever orielctl was told. */
static void
restore_keep_site(struct account_db *db, char run_dir[ACCOUNT_DB_PATH_SIZE])
{
	struct sql_statement *say = db->say[SAY_SITE];

	if (sql_step(say, NULL) > 0) {
		snprintf(run_dir, ACCOUNT_DB_PATH_SIZE, "%s", sql_text(say, 0));
		db->settings.run_dir = run_dir;
	}
	sql_done(say);
}

enum account_db_result
account_db_restore(struct account_db *db, const unsigned char *bytes, size_t length, bool force,
    int64_t now, struct cause *why)
{
	struct sql *sql = NULL;
	const char *told = db->settings.run_dir;
	enum account_db_result result = ACCOUNT_DB_REFUSED;
	char run_dir[ACCOUNT_DB_PATH_SIZE];
	int64_t next;

	if (restore_open(bytes, length, &sql, why) == SQL_OK)
		result = restore_ready(db, force, why);
	if (result == ACCOUNT_DB_OK) {
		restore_keep_site(db, run_dir);
		result = account_db_result(db, sql_copy(sql, db->sql, why), why);
	}
	sql_close(&sql);
	if (result == ACCOUNT_DB_OK)
		result = account_db_settle(db, now, &next, why);
	db->settings.run_dir = told;
	if (result == ACCOUNT_DB_OK)
		account_db_setup_token_remove(db);
	return result;
}
