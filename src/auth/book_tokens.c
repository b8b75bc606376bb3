/* SPDX-License-Identifier: ISC */
/* book: named tokens, for programs. */
#include <string.h>

#include "auth/inside.h"

/* BOOK_MISSING: the name is free. */
static enum book_result
token_named(struct book *book, const char *name, char id[GRANT_SIZE], struct cause *why)
{
	struct sql_statement *say = book->say[SAY_TOKEN_NAMED];
	enum book_result result;

	sql_bind(say, "t", name);
	result = book_row(book, sql_step(say, why), why);
	snprintf(id, GRANT_SIZE, "%s", result == BOOK_OK ? sql_text(say, 0) : "");
	sql_done(say);
	return result;
}

static enum book_result
token_may_come(struct book *book, const char *name, struct cause *why)
{
	enum book_result result;
	char id[GRANT_SIZE];
	int64_t count;

	if (!book_name_check("token", name, why))
		return BOOK_REFUSED;
	result = token_named(book, name, id, why);
	if (result == BOOK_OK) {
		cause_set(why, "there is a token %s already", name);
		return BOOK_EXISTS;
	}
	if (result == BOOK_MISSING)
		result = book_number(book, "SELECT count(*) FROM token", &count, why);
	if (result == BOOK_OK && count >= BOOK_TOKENS_MAX) {
		cause_set(why, "there are %d tokens already", BOOK_TOKENS_MAX);
		return BOOK_REFUSED;
	}
	return result;
}

enum book_result
book_token_add(struct book *book, const char *name, enum role role, int64_t now, int64_t expires,
    char secret[SECRET_SIZE], struct cause *why)
{
	enum book_result result = book_begin(book, why);
	char id[GRANT_SIZE], proof[PROOF_SIZE];

	if (result != BOOK_OK)
		return result;
	secret_make_token(secret);
	secret_digest(secret, id, proof);
	result = token_may_come(book, name, why);
	if (result == BOOK_OK)
		result = book_do(book, SAY_TOKEN_ADD, why, "ttttii", name, id, proof,
		    role_word(role), now, expires);
	if (result == BOOK_OK)
		result = book_publish(book, id, why);
	return book_end_new(book, result, id, secret, why);
}

enum book_result
book_token_delete(struct book *book, const char *name, struct cause *why)
{
	enum book_result result = book_begin(book, why);
	char id[GRANT_SIZE];

	if (result != BOOK_OK)
		return result;
	result = token_named(book, name, id, why);
	if (result == BOOK_MISSING)
		cause_set(why, "there is no token %.40s", name);
	if (result == BOOK_OK)
		result = book_withdraw(book, id, why);
	if (result == BOOK_OK)
		result = book_do(book, SAY_TOKEN_DELETE, why, "t", name);
	return book_end(book, result, why);
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

enum book_result
book_token_list(struct book *book, int64_t now, json_t **list, struct cause *why)
{
	return book_list(book, SAY_TOKEN_LIST, token_entry, now, list, why);
}
