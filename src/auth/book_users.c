/* SPDX-License-Identifier: ISC */
/* book: users. A user's grant stands for the password: both change together. */
#include <string.h>

#include "auth/inside.h"

enum book_result
book_user(struct book *book, const char *name, struct book_pass *pass, char hash[HASH_SIZE],
    struct cause *why)
{
	struct sql_statement *say;
	enum book_result result = book_ready(book, why);

	memset(pass, 0, sizeof *pass);
	if (result != BOOK_OK)
		return result;
	say = book->say[SAY_USER];
	sql_bind(say, "t", name);
	result = book_row(book, sql_step(say, why), why);
	if (result == BOOK_OK) {
		pass->role = role_parse(sql_text(say, 0));
		snprintf(pass->grant, sizeof pass->grant, "%s", sql_text(say, 1));
		snprintf(hash, HASH_SIZE, "%s", sql_text(say, 2));
		snprintf(pass->user, sizeof pass->user, "%s", name);
	}
	sql_done(say);
	if (result == BOOK_OK && pass->role == ROLE_NONE)
		return BOOK_MISSING;
	return result;
}

enum book_result
book_count_users(struct book *book, int64_t *count, struct cause *why)
{
	enum book_result result = book_ready(book, why);

	return result != BOOK_OK ? result
				 : book_number(book, "SELECT count(*) FROM user", count, why);
}

/* ---- adding ------------------------------------------------------------------------- */

static enum book_result
user_may_come(struct book *book, const char *name, enum role role, struct cause *why)
{
	enum book_result result;
	struct book_pass pass;
	char hash[HASH_SIZE];
	int64_t count;

	if (!book_name_check("user", name, why))
		return BOOK_REFUSED;
	if (role == ROLE_NONE) {
		cause_set(why, "a user is a viewer or an operator");
		return BOOK_REFUSED;
	}
	result = book_user(book, name, &pass, hash, why);
	secret_wipe(hash, sizeof hash);
	if (result == BOOK_OK) {
		cause_set(why, "there is a user %s already", name);
		return BOOK_EXISTS;
	}
	if (result == BOOK_MISSING)
		result = book_count_users(book, &count, why);
	if (result == BOOK_OK && count >= BOOK_USERS_MAX) {
		cause_set(why, "there are %d users already", BOOK_USERS_MAX);
		return BOOK_REFUSED;
	}
	return result;
}

enum book_result
book_user_insert(struct book *book, const char *name, const char *hash, enum role role, int64_t now,
    struct cause *why)
{
	enum book_result result = user_may_come(book, name, role, why);
	char id[GRANT_SIZE];

	if (result != BOOK_OK)
		return result;
	secret_make_id(id);
	result = book_do(book, SAY_USER_ADD, why, "tttti", name, role_word(role), hash, id, now);
	return result == BOOK_OK ? book_publish(book, id, why) : result;
}

enum book_result
book_user_add(struct book *book, const char *name, const char *hash, enum role role, int64_t now,
    struct cause *why)
{
	enum book_result result = book_begin(book, why);

	if (result != BOOK_OK)
		return result;
	result = book_end(book, book_user_insert(book, name, hash, role, now, why), why);
	if (result == BOOK_OK)
		book_setup_token_remove(book);
	return result;
}

/* ---- changing ------------------------------------------------------------------------ */

/* End all that came in as this user; `fresh` is the grant from now on. */
static enum book_result
user_turn_out(struct book *book, const char *name, char fresh[GRANT_SIZE], struct cause *why)
{
	enum book_result result;
	struct book_pass pass;
	char hash[HASH_SIZE];

	result = book_user(book, name, &pass, hash, why);
	secret_wipe(hash, sizeof hash);
	if (result == BOOK_MISSING)
		cause_set(why, "there is no user %.40s", name);
	if (result == BOOK_OK)
		result = book_withdraw(book, pass.grant, why);
	if (result == BOOK_OK)
		result = book_session_drop_all(book, SAY_SESSION_OF_USER, name, 0, NULL, why);
	secret_make_id(fresh);
	return result;
}

enum book_result
book_user_password(
    struct book *book, const char *name, const char *hash, int64_t now, struct cause *why)
{
	enum book_result result = book_begin(book, why);
	char fresh[GRANT_SIZE];

	if (result != BOOK_OK)
		return result;
	result = user_turn_out(book, name, fresh, why);
	if (result == BOOK_OK)
		result = book_do(book, SAY_USER_PASSWORD, why, "ttti", name, hash, fresh, now);
	if (result == BOOK_OK)
		result = book_publish(book, fresh, why);
	return book_end(book, result, why);
}

enum book_result
book_user_role(struct book *book, const char *name, enum role role, struct cause *why)
{
	enum book_result result = book_begin(book, why);
	char fresh[GRANT_SIZE];

	if (result != BOOK_OK)
		return result;
	result = user_turn_out(book, name, fresh, why);
	if (result == BOOK_OK)
		result = book_do(book, SAY_USER_ROLE, why, "ttt", name, role_word(role), fresh);
	if (result == BOOK_OK)
		result = book_publish(book, fresh, why);
	return book_end(book, result, why);
}

/* Without any user the site waits for its set-up again, with a token that nobody
 * knows yet. When it cannot be made now, the next start of a worker tries again. */
static void
user_was_last(struct book *book)
{
	char token[SETUP_TOKEN_SIZE];
	struct cause ignored;
	int64_t count;

	if (book_count_users(book, &count, &ignored) != BOOK_OK || count > 0)
		return;
	book_setup_token_remove(book);
	book_setup_token(book, token, &ignored);
	secret_wipe(token, sizeof token);
}

enum book_result
book_user_delete(struct book *book, const char *name, struct cause *why)
{
	enum book_result result = book_begin(book, why);
	char fresh[GRANT_SIZE];

	if (result != BOOK_OK)
		return result;
	result = user_turn_out(book, name, fresh, why);
	if (result == BOOK_OK)
		result = book_do(book, SAY_USER_DELETE, why, "t", name);
	result = book_end(book, result, why);
	if (result == BOOK_OK)
		user_was_last(book);
	return result;
}

/* ---- listing -------------------------------------------------------------------------- */

static json_t *
user_entry(struct sql_statement *say, int64_t now)
{
	(void)now;
	return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I}", "name", sql_text(say, 0), "role",
	    sql_text(say, 1), "made", (json_int_t)sql_number(say, 2), "changed",
	    (json_int_t)sql_number(say, 3), "sessions", (json_int_t)sql_number(say, 4), "seen",
	    (json_int_t)sql_number(say, 5));
}

enum book_result
book_user_list(struct book *book, json_t **list, struct cause *why)
{
	return book_list(book, SAY_USER_LIST, user_entry, 0, list, why);
}
