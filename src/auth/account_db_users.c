/* SPDX-License-Identifier: ISC */
/* account_db: users. A user's grant stands for the password: both change together. */
#include <string.h>

#include "auth/account_db_internal.h"

enum account_db_result
account_db_user(struct account_db *db, const char *name, struct account_db_pass *pass,
    char hash[HASH_SIZE], struct cause *why)
{
	struct sql_statement *say;
	enum account_db_result result = account_db_ready(db, why);

	memset(pass, 0, sizeof *pass);
	if (result != ACCOUNT_DB_OK)
		return result;
	say = db->say[SAY_USER];
	sql_bind(say, "t", name);
	result = account_db_row(db, sql_step(say, why), why);
	if (result == ACCOUNT_DB_OK) {
		pass->role = role_parse(sql_text(say, 0));
		snprintf(pass->grant, sizeof pass->grant, "%s", sql_text(say, 1));
		snprintf(hash, HASH_SIZE, "%s", sql_text(say, 2));
		snprintf(pass->user, sizeof pass->user, "%s", name);
	}
	sql_done(say);
	if (result == ACCOUNT_DB_OK && pass->role == ROLE_NONE)
		return ACCOUNT_DB_MISSING;
	return result;
}

enum account_db_result
account_db_count_users(struct account_db *db, int64_t *count, struct cause *why)
{
	enum account_db_result result = account_db_ready(db, why);

	return result != ACCOUNT_DB_OK
	    ? result
	    : account_db_number(db, "SELECT count(*) FROM user", count, why);
}

/* ---- adding ---------------------------------------------------------- */

static enum account_db_result
user_may_come(struct account_db *db, const char *name, enum role role, struct cause *why)
{
	enum account_db_result result;
	struct account_db_pass pass;
	char hash[HASH_SIZE];
	int64_t count;

	if (!account_db_name_check("user", name, why))
		return ACCOUNT_DB_REFUSED;
	if (role == ROLE_NONE) {
		cause_set(why, "a user is a viewer or an operator");
		return ACCOUNT_DB_REFUSED;
	}
	result = account_db_user(db, name, &pass, hash, why);
	secret_wipe(hash, sizeof hash);
	if (result == ACCOUNT_DB_OK) {
		cause_set(why, "there is a user %s already", name);
		return ACCOUNT_DB_EXISTS;
	}
	if (result == ACCOUNT_DB_MISSING)
		result = account_db_count_users(db, &count, why);
	if (result == ACCOUNT_DB_OK && count >= ACCOUNT_DB_USERS_MAX) {
		cause_set(why, "there are %d users already", ACCOUNT_DB_USERS_MAX);
		return ACCOUNT_DB_REFUSED;
	}
	return result;
}

enum account_db_result
account_db_user_insert(struct account_db *db, const char *name, const char *hash, enum role role,
    int64_t now, struct cause *why)
{
	enum account_db_result result = user_may_come(db, name, role, why);
	char id[GRANT_SIZE];

	if (result != ACCOUNT_DB_OK)
		return result;
	secret_make_id(id);
	result = account_db_do(
	    db, SAY_USER_ADD, why, "tttti", name, role_word(role), hash, id, now);
	return result == ACCOUNT_DB_OK ? account_db_publish(db, id, why) : result;
}

enum account_db_result
account_db_user_add(struct account_db *db, const char *name, const char *hash, enum role role,
    int64_t now, struct cause *why)
{
	enum account_db_result result = account_db_begin(db, why);

	if (result != ACCOUNT_DB_OK)
		return result;
	result = account_db_end(db, account_db_user_insert(db, name, hash, role, now, why), why);
	if (result == ACCOUNT_DB_OK)
		account_db_setup_token_remove(db);
	return result;
}

/* ---- changing -------------------------------------------------------- */

/* End everything that was opened as this user; `fresh` is the grant from now on. */
static enum account_db_result
user_turn_out(struct account_db *db, const char *name, char fresh[GRANT_SIZE], struct cause *why)
{
	enum account_db_result result;
	struct account_db_pass pass;
	char hash[HASH_SIZE];

	result = account_db_user(db, name, &pass, hash, why);
	secret_wipe(hash, sizeof hash);
	if (result == ACCOUNT_DB_MISSING)
		cause_set(why, "there is no user %.40s", name);
	if (result == ACCOUNT_DB_OK)
		result = account_db_withdraw(db, pass.grant, why);
	if (result == ACCOUNT_DB_OK)
		result = account_db_session_drop_all(db, SAY_SESSION_OF_USER, name, 0, NULL, why);
	secret_make_id(fresh);
	return result;
}

enum account_db_result
account_db_user_password(
    struct account_db *db, const char *name, const char *hash, int64_t now, struct cause *why)
{
	enum account_db_result result = account_db_begin(db, why);
	char fresh[GRANT_SIZE];

	if (result != ACCOUNT_DB_OK)
		return result;
	result = user_turn_out(db, name, fresh, why);
	if (result == ACCOUNT_DB_OK)
		result = account_db_do(db, SAY_USER_PASSWORD, why, "ttti", name, hash, fresh, now);
	if (result == ACCOUNT_DB_OK)
		result = account_db_publish(db, fresh, why);
	return account_db_end(db, result, why);
}

enum account_db_result
account_db_user_role(struct account_db *db, const char *name, enum role role, struct cause *why)
{
	enum account_db_result result = account_db_begin(db, why);
	char fresh[GRANT_SIZE];

	if (result != ACCOUNT_DB_OK)
		return result;
	result = user_turn_out(db, name, fresh, why);
	if (result == ACCOUNT_DB_OK)
		result = account_db_do(db, SAY_USER_ROLE, why, "ttt", name, role_word(role), fresh);
	if (result == ACCOUNT_DB_OK)
		result = account_db_publish(db, fresh, why);
	return account_db_end(db, result, why);
}

/* Without any user the site waits for its set-up again, with a new token. If it cannot be made
 * now, the next start of a worker tries again. */
static void
user_was_last(struct account_db *db)
{
	char token[SETUP_TOKEN_SIZE];
	struct cause ignored;
	int64_t count;

	if (account_db_count_users(db, &count, &ignored) != ACCOUNT_DB_OK || count > 0)
		return;
	account_db_setup_token_remove(db);
	account_db_setup_token(db, token, &ignored);
	secret_wipe(token, sizeof token);
}

enum account_db_result
account_db_user_delete(struct account_db *db, const char *name, struct cause *why)
{
	enum account_db_result result = account_db_begin(db, why);
	char fresh[GRANT_SIZE];

	if (result != ACCOUNT_DB_OK)
		return result;
	result = user_turn_out(db, name, fresh, why);
	if (result == ACCOUNT_DB_OK)
		result = account_db_do(db, SAY_USER_DELETE, why, "t", name);
	result = account_db_end(db, result, why);
	if (result == ACCOUNT_DB_OK)
		user_was_last(db);
	return result;
}

/* ---- listing --------------------------------------------------------- */

static json_t *
user_entry(struct sql_statement *say, int64_t now)
{
	(void)now;
	return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I}", "name", sql_text(say, 0), "role",
	    sql_text(say, 1), "made", (json_int_t)sql_number(say, 2), "changed",
	    (json_int_t)sql_number(say, 3), "sessions", (json_int_t)sql_number(say, 4), "seen",
	    (json_int_t)sql_number(say, 5));
}

enum account_db_result
account_db_user_list(struct account_db *db, json_t **list, struct cause *why)
{
	return account_db_list(db, SAY_USER_LIST, user_entry, 0, list, why);
}
