/* SPDX-License-Identifier: ISC */
/* account_db: makes the folder of grants agree with the rows. */
#include <stdlib.h>
#include <string.h>

#include "auth/account_db_internal.h"

struct sweep {
	struct account_db *db;
	int64_t now;
	enum account_db_result result;
	struct cause *why;
};

/* A file without a good row. */
static void
sweep_file(void *arg, const char *id)
{
	struct sweep *sweep = arg;
	struct account_db *db = sweep->db;
	struct sql_statement *say = db->say[SAY_LIVE];
	enum account_db_result result;

	if (sweep->result != ACCOUNT_DB_OK)
		return;
	sql_bind(say, "ti", id, sweep->now);
	result = account_db_row(db, sql_step(say, sweep->why), sweep->why);
	sql_done(say);
	sweep->result = result == ACCOUNT_DB_MISSING ? account_db_withdraw(db, id, sweep->why)
						     : result;
}

static enum account_db_result
settle_files(struct account_db *db, int64_t now, struct cause *why)
{
	struct sweep sweep = { .db = db, .now = now, .result = ACCOUNT_DB_OK, .why = why };

	if (grants_each(&db->grants, sweep_file, &sweep, why) == -1)
		return ACCOUNT_DB_TROUBLE;
	return sweep.result;
}

static enum account_db_result
settle_publish(struct account_db *db, const char *id, struct cause *why)
{
	return grants_publish(&db->grants, id, why) == 0 ? ACCOUNT_DB_OK : ACCOUNT_DB_TROUBLE;
}

/* A session without a file. In a new folder it gets one. Otherwise it had begun to end, and is
 * ended. */
static enum account_db_result
settle_session(struct account_db *db, const char *id, bool settled, struct cause *why)
{
	if (!settled)
		return settle_publish(db, id, why);
	return grants_have(&db->grants, id) ? ACCOUNT_DB_OK
					    : account_db_do(db, SAY_SESSION_DELETE, why, "t", id);
}

static enum account_db_result
settle_sessions(struct account_db *db, struct cause *why)
{
	struct sql_statement *say = db->say[SAY_SESSION_AFTER];
	bool settled = grants_are_settled(&db->grants);
	enum account_db_result result = ACCOUNT_DB_OK;
	char id[GRANT_SIZE] = "", next[GRANT_SIZE];

	while (result == ACCOUNT_DB_OK) {
		sql_bind(say, "t", id);
		result = account_db_row(db, sql_step(say, why), why);
		snprintf(next, sizeof next, "%s", result == ACCOUNT_DB_OK ? sql_text(say, 0) : "");
		sql_done(say);
		memcpy(id, next, sizeof id);
		if (result == ACCOUNT_DB_OK)
			result = settle_session(db, id, settled, why);
	}
	return result == ACCOUNT_DB_MISSING ? ACCOUNT_DB_OK : result;
}

/* Users and tokens last longer: an expired token is withdrawn, not deleted, and good again if
 * the clock was wrong. */
static enum account_db_result
settle_lasting(struct account_db *db, int64_t now, struct cause *why)
{
	struct sql_statement *say = db->say[SAY_LASTING];
	enum account_db_result result;

	sql_bind(say, "i", now);
	while ((result = account_db_row(db, sql_step(say, why), why)) == ACCOUNT_DB_OK)
		if ((result = settle_publish(db, sql_text(say, 0), why)) != ACCOUNT_DB_OK)
			break;
	sql_done(say);
	return result == ACCOUNT_DB_MISSING ? ACCOUNT_DB_OK : result;
}

/* The process that settles is the site: from now on everybody uses its folder of grants. */
static enum account_db_result
settle_site(struct account_db *db, struct cause *why)
{
	struct sql_statement *say = db->say[SAY_SITE];
	enum account_db_result result;
	bool known = false;
	char *path;

	if (grants_init(&db->grants, db->settings.run_dir, why) == -1 ||
	    grants_make_folder(&db->grants, why) == -1)
		return ACCOUNT_DB_TROUBLE;
	path = realpath(db->settings.run_dir, NULL);
	if (path == NULL) {
		cause_errno(why, "%s", db->settings.run_dir);
		return ACCOUNT_DB_TROUBLE;
	}
	result = account_db_row(db, sql_step(say, why), why);
	known = result == ACCOUNT_DB_OK && strcmp(sql_text(say, 0), path) == 0;
	sql_done(say);
	if (result != ACCOUNT_DB_TROUBLE)
		result = known ? ACCOUNT_DB_OK : account_db_do(db, SAY_SITE_SET, why, "t", path);
	free(path);
	return result;
}

static enum account_db_result
settle_all(struct account_db *db, int64_t now, struct cause *why)
{
	enum account_db_result result = settle_site(db, why);

	if (result == ACCOUNT_DB_OK)
		result = account_db_session_drop_all(db, SAY_SESSION_EXPIRED, "", now, NULL, why);
	if (result == ACCOUNT_DB_OK)
		result = settle_files(db, now, why);
	if (result == ACCOUNT_DB_OK)
		result = settle_sessions(db, why);
	if (result == ACCOUNT_DB_OK)
		result = settle_lasting(db, now, why);
	if (result == ACCOUNT_DB_OK && grants_mark_settled(&db->grants, why) == -1)
		result = ACCOUNT_DB_TROUBLE;
	return result;
}

static enum account_db_result
settle_next(struct account_db *db, int64_t now, int64_t *next, struct cause *why)
{
	struct sql_statement *say = db->say[SAY_NEXT];
	enum account_db_result result;

	sql_bind(say, "i", now);
	result = account_db_row(db, sql_step(say, why), why);
	*next = result == ACCOUNT_DB_OK ? sql_number(say, 0) : 0;
	sql_done(say);
	return result;
}

enum account_db_result
account_db_settle(struct account_db *db, int64_t now, int64_t *next, struct cause *why)
{
	enum account_db_result result = account_db_begin(db, why);

	*next = 0;
	if (result != ACCOUNT_DB_OK)
		return result;
	result = settle_all(db, now, why);
	if (result == ACCOUNT_DB_OK)
		result = settle_next(db, now, next, why);
	return account_db_end(db, result, why);
}

/* In a write transaction: a process that has just published a grant may not have committed yet. */
enum account_db_result
account_db_next(struct account_db *db, int64_t now, int64_t *next, struct cause *why)
{
	enum account_db_result result = account_db_begin(db, why);

	*next = 0;
	return result != ACCOUNT_DB_OK ? result
				       : account_db_end(db, settle_next(db, now, next, why), why);
}
