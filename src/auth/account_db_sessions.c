/* SPDX-License-Identifier: ISC */
/* account_db: sessions, and whose a secret is. */
#include <string.h>

#include "auth/account_db_internal.h"
#include "base/json.h"

/* ---- whose secret is it? --------------------------------------------- */

/* The row of a session (SAY_SESSION) or token (SAY_TOKEN). */
struct row {
	char proof[PROOF_SIZE];
	int64_t made, expires, seen;
};

static void
row_read(struct sql_statement *say, struct row *row, struct account_db_pass *pass)
{
	snprintf(row->proof, sizeof row->proof, "%s", sql_text(say, 0));
	snprintf(pass->user, sizeof pass->user, "%s", sql_text(say, 1));
	pass->role = role_parse(sql_text(say, 2));
	row->made = sql_number(say, 3);
	row->expires = sql_number(say, 4);
	row->seen = sql_number(say, 5);
}

/* A session from tomorrow was made before the clock was set back; it must not live longer
 * because of that. */
static bool
row_is_good(const struct row *row, const char proof[PROOF_SIZE], int64_t now)
{
	return secret_equal(row->proof, proof, PROOF_SIZE) &&
	    (row->expires == 0 || now < row->expires) && row->made <= now + ACCOUNT_DB_FUTURE_S;
}

enum account_db_result
account_db_check(struct account_db *db, const char *secret, int64_t now,
    struct account_db_pass *pass, struct cause *why)
{
	enum account_db_result result = account_db_ready(db, why);
	struct sql_statement *say;
	char proof[PROOF_SIZE];
	struct row row = { .expires = 0 };

	memset(pass, 0, sizeof *pass);
	if (result != ACCOUNT_DB_OK || !secret_valid(secret))
		return result != ACCOUNT_DB_OK ? result : ACCOUNT_DB_MISSING;
	secret_digest(secret, pass->grant, proof);
	say = db->say[secret_is_token(secret) ? SAY_TOKEN : SAY_SESSION];
	sql_bind(say, "t", pass->grant);
	result = account_db_row(db, sql_step(say, why), why);
	if (result == ACCOUNT_DB_OK)
		row_read(say, &row, pass);
	sql_done(say);
	if (result == ACCOUNT_DB_OK &&
	    (!row_is_good(&row, proof, now) || pass->role == ROLE_NONE ||
		!grants_have(&db->grants, pass->grant)))
		result = ACCOUNT_DB_MISSING;
	pass->expires = row.expires;
	pass->stale = row.seen > now || now - row.seen >= ACCOUNT_DB_SEEN_S;
	return result;
}

/* ---- beginning ------------------------------------------------------- */

static int64_t
session_expiry(const struct account_db *db, int64_t now)
{
	const struct account_db_settings *s = &db->settings;

	return now + (s->idle_s < s->absolute_s ? s->idle_s : s->absolute_s);
}

/* The password was right a moment ago, but may have been changed since. */
static enum account_db_result
session_user_is(struct account_db *db, const struct account_db_pass *user, struct cause *why)
{
	struct account_db_pass pass;
	char hash[HASH_SIZE];
	enum account_db_result result = account_db_user(db, user->user, &pass, hash, why);

	secret_wipe(hash, sizeof hash);
	if (result == ACCOUNT_DB_OK && strcmp(pass.grant, user->grant) != 0)
		return ACCOUNT_DB_MISSING;
	return result;
}

static enum account_db_result
session_insert(struct account_db *db, const char *from, const char *proof, int64_t now,
    const struct account_db_pass *pass, struct cause *why)
{
	char origin[ACCOUNT_DB_FROM_SIZE];
	enum account_db_result result;

	snprintf(origin, sizeof origin, "%s", from);
	result = account_db_session_drop_all(
	    db, SAY_SESSION_OF_USER, pass->user, ACCOUNT_DB_SESSIONS_USER - 1, NULL, why);
	if (result == ACCOUNT_DB_OK)
		result = account_db_session_drop_all(
		    db, SAY_SESSION_LONGEST, "", ACCOUNT_DB_SESSIONS_MAX - 1, NULL, why);
	if (result == ACCOUNT_DB_OK)
		result = account_db_do(db, SAY_SESSION_ADD, why, "tttiit", pass->grant, proof,
		    pass->user, now, pass->expires, origin);
	return result == ACCOUNT_DB_OK ? account_db_publish(db, pass->grant, why) : result;
}

enum account_db_result
account_db_session_add(struct account_db *db, const struct account_db_pass *user, const char *from,
    int64_t now, char secret[SECRET_SIZE], struct account_db_pass *pass, struct cause *why)
{
	enum account_db_result result = account_db_begin(db, why);
	char proof[PROOF_SIZE];

	if (result != ACCOUNT_DB_OK)
		return result;
	result = session_user_is(db, user, why);
	*pass = *user;
	pass->expires = session_expiry(db, now);
	secret_make(secret);
	secret_digest(secret, pass->grant, proof);
	if (result == ACCOUNT_DB_OK)
		result = session_insert(db, from, proof, now, pass, why);
	return account_db_end_new(db, result, pass->grant, secret, why);
}

enum account_db_result
account_db_touch(struct account_db *db, const char *id, int64_t now, struct cause *why)
{
	enum account_db_result result = account_db_begin(db, why);

	if (result != ACCOUNT_DB_OK)
		return result;
	result = account_db_do(db, SAY_SESSION_TOUCH, why, "tiii", id, now, db->settings.idle_s,
	    db->settings.absolute_s);
	if (result == ACCOUNT_DB_OK)
		result = account_db_do(db, SAY_TOKEN_TOUCH, why, "ti", id, now);
	return account_db_end(db, result, why);
}

/* ---- ending ---------------------------------------------------------- */

enum account_db_result
account_db_session_drop(struct account_db *db, const char *id, struct cause *why)
{
	enum account_db_result result = account_db_withdraw(db, id, why);

	return result == ACCOUNT_DB_OK ? account_db_do(db, SAY_SESSION_DELETE, why, "t", id)
				       : result;
}

enum account_db_result
account_db_session_drop_all(struct account_db *db, enum account_db_sentence sentence,
    const char *text, int64_t number, int64_t *count, struct cause *why)
{
	struct sql_statement *say = db->say[sentence];
	enum account_db_result result;
	char id[GRANT_SIZE];

	for (;;) {
		sql_bind(say, "ti", text, number);
		result = account_db_row(db, sql_step(say, why), why);
		snprintf(id, sizeof id, "%s", result == ACCOUNT_DB_OK ? sql_text(say, 0) : "");
		sql_done(say);
		if (result == ACCOUNT_DB_OK)
			result = account_db_session_drop(db, id, why);
		if (result != ACCOUNT_DB_OK)
			return result == ACCOUNT_DB_MISSING ? ACCOUNT_DB_OK : result;
		if (count != NULL)
			++*count;
	}
}

/* The full id of the one session that begins with `start`. */
static enum account_db_result
session_named(struct account_db *db, const char *start, char id[GRANT_SIZE], struct cause *why)
{
	struct sql_statement *say = db->say[SAY_SESSION_LIKE];
	enum account_db_result result;
	bool more = false;

	if (strlen(start) < 8 || strspn(start, "0123456789abcdef") != strlen(start)) {
		cause_set(why, "a session is named by its id, or by 8 and more of its digits");
		return ACCOUNT_DB_REFUSED;
	}
	sql_bind(say, "t", start);
	result = account_db_row(db, sql_step(say, why), why);
	if (result == ACCOUNT_DB_OK) {
		snprintf(id, GRANT_SIZE, "%s", sql_text(say, 0));
		more = sql_step(say, why) > 0;
	}
	sql_done(say);
	if (result == ACCOUNT_DB_MISSING)
		cause_set(why, "there is no session %.40s", start);
	if (!more)
		return result;
	cause_set(why, "several sessions begin with %.40s", start);
	return ACCOUNT_DB_REFUSED;
}

enum account_db_result
account_db_session_end(struct account_db *db, const char *start, struct cause *why)
{
	enum account_db_result result = account_db_begin(db, why);
	char id[GRANT_SIZE];

	if (result != ACCOUNT_DB_OK)
		return result;
	result = session_named(db, start, id, why);
	if (result == ACCOUNT_DB_OK)
		result = account_db_session_drop(db, id, why);
	return account_db_end(db, result, why);
}

static enum account_db_result
session_end_many(struct account_db *db, enum account_db_sentence sentence, const char *text,
    int64_t *count, struct cause *why)
{
	enum account_db_result result = account_db_begin(db, why);

	*count = 0;
	if (result != ACCOUNT_DB_OK)
		return result;
	return account_db_end(
	    db, account_db_session_drop_all(db, sentence, text, 0, count, why), why);
}

enum account_db_result
account_db_session_end_user(
    struct account_db *db, const char *name, int64_t *count, struct cause *why)
{
	return session_end_many(db, SAY_SESSION_OF_USER, name, count, why);
}

enum account_db_result
account_db_session_end_all(struct account_db *db, int64_t *count, struct cause *why)
{
	return session_end_many(db, SAY_SESSION_LONGEST, "", count, why);
}

/* ---- listing --------------------------------------------------------- */

static json_t *
session_entry(struct sql_statement *say, int64_t now)
{
	if (sql_number(say, 5) <= now)
		return NULL;
	return json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:o}", "id", sql_text(say, 0), "user",
	    sql_text(say, 1), "role", sql_text(say, 2), "made", (json_int_t)sql_number(say, 3),
	    "seen", (json_int_t)sql_number(say, 4), "expires", (json_int_t)sql_number(say, 5),
	    "from", json_words(sql_text(say, 6)));
}

enum account_db_result
account_db_session_list(struct account_db *db, int64_t now, json_t **list, struct cause *why)
{
	return account_db_list(db, SAY_SESSION_LIST, session_entry, now, list, why);
}
