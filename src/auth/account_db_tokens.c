/* SPDX-License-Identifier: ISC */
/* account_db: named tokens, for programs. */
#include <string.h>

#include "auth/account_db_internal.h"

/* ACCOUNT_DB_MISSING: the name is free. */
static enum account_db_result
token_named(struct account_db *db, const char *name, char id[GRANT_SIZE], struct cause *why)
{
	struct sql_statement *say = db->say[SAY_TOKEN_NAMED];
	enum account_db_result result;

	sql_bind(say, "t", name);
	result = account_db_row(db, sql_step(say, why), why);
	snprintf(id, GRANT_SIZE, "%s", result == ACCOUNT_DB_OK ? sql_text(say, 0) : "");
	sql_done(say);
	return result;
}

static enum account_db_result
token_may_come(struct account_db *db, const char *name, struct cause *why)
{
	enum account_db_result result;
	char id[GRANT_SIZE];
	int64_t count;

	if (!account_db_name_check("token", name, why))
		return ACCOUNT_DB_REFUSED;
	result = token_named(db, name, id, why);
	if (result == ACCOUNT_DB_OK) {
		cause_set(why, "there is a token %s already", name);
		return ACCOUNT_DB_EXISTS;
	}
	if (result == ACCOUNT_DB_MISSING)
		result = account_db_number(db, "SELECT count(*) FROM token", &count, why);
	if (result == ACCOUNT_DB_OK && count >= ACCOUNT_DB_TOKENS_MAX) {
		cause_set(why, "there are %d tokens already", ACCOUNT_DB_TOKENS_MAX);
		return ACCOUNT_DB_REFUSED;
	}
	return result;
}

enum account_db_result
account_db_token_add(struct account_db *db, const char *name, enum role role, int64_t now,
    int64_t expires, char secret[SECRET_SIZE], struct cause *why)
{
	enum account_db_result result = account_db_begin(db, why);
	char id[GRANT_SIZE], proof[PROOF_SIZE];

	if (result != ACCOUNT_DB_OK)
		return result;
	secret_make_token(secret);
	secret_digest(secret, id, proof);
	result = token_may_come(db, name, why);
	if (result == ACCOUNT_DB_OK)
		result = account_db_do(db, SAY_TOKEN_ADD, why, "ttttii", name, id, proof,
		    role_word(role), now, expires);
	if (result == ACCOUNT_DB_OK)
		result = account_db_publish(db, id, why);
	return account_db_end_new(db, result, id, secret, why);
}

enum account_db_result
account_db_token_delete(struct account_db *db, const char *name, struct cause *why)
{
	enum account_db_result result = account_db_begin(db, why);
	char id[GRANT_SIZE];

	if (result != ACCOUNT_DB_OK)
		return result;
	result = token_named(db, name, id, why);
	if (result == ACCOUNT_DB_MISSING)
		cause_set(why, "there is no token %.40s", name);
	if (result == ACCOUNT_DB_OK)
		result = account_db_withdraw(db, id, why);
	if (result == ACCOUNT_DB_OK)
		result = account_db_do(db, SAY_TOKEN_DELETE, why, "t", name);
	return account_db_end(db, result, why);
}

static json_t *
token_entry(struct sql_statement *say, int64_t now)
{
	int64_t expires = sql_number(say, 4);

	return json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:b}", "name", sql_text(say, 0), "id",
	    sql_text(say, 1), "role", sql_text(say, 2), "made", (json_int_t)sql_number(say, 3),
	    "expires", (json_int_t)expires, "used", (json_int_t)sql_number(say, 5), "expired",
	    expires != 0 && expires <= now);
}

enum account_db_result
account_db_token_list(struct account_db *db, int64_t now, json_t **list, struct cause *why)
{
	return account_db_list(db, SAY_TOKEN_LIST, token_entry, now, list, why);
}
