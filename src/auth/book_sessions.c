/* SPDX-License-Identifier: ISC */
/* book: sessions, and who a secret belongs to. */
#include <string.h>

#include "auth/inside.h"
#include "base/json.h"

/* ---- whose secret is it? -------------------------------------------------------------- */

/* What the row of a session (SAY_SESSION) or token (SAY_TOKEN) says. */
struct row {
	char proof[PROOF_SIZE];
	int64_t made, expires, seen;
};

static void
row_read(struct sql_statement *say, struct row *row, struct book_pass *pass)
{
	snprintf(row->proof, sizeof row->proof, "%s", sql_text(say, 0));
	snprintf(pass->user, sizeof pass->user, "%s", sql_text(say, 1));
	pass->role = role_parse(sql_text(say, 2));
	row->made = sql_number(say, 3);
	row->expires = sql_number(say, 4);
	row->seen = sql_number(say, 5);
}

/* One that will only be made tomorrow is one of before the clock was set back; it
 * must not live longer for that. */
static bool
row_is_good(const struct row *row, const char proof[PROOF_SIZE], int64_t now)
{
	return secret_equal(row->proof, proof, PROOF_SIZE) &&
	    (row->expires == 0 || now < row->expires) && row->made <= now + BOOK_FUTURE_S;
}

enum book_result
book_check(
    struct book *book, const char *secret, int64_t now, struct book_pass *pass, struct cause *why)
{
	enum book_result result = book_ready(book, why);
	struct sql_statement *say;
	char proof[PROOF_SIZE];
	struct row row = { .expires = 0 };

	memset(pass, 0, sizeof *pass);
	if (result != BOOK_OK || !secret_valid(secret))
		return result != BOOK_OK ? result : BOOK_MISSING;
	secret_digest(secret, pass->grant, proof);
	say = book->say[secret_is_token(secret) ? SAY_TOKEN : SAY_SESSION];
	sql_bind(say, "t", pass->grant);
	result = book_row(book, sql_step(say, why), why);
	if (result == BOOK_OK)
		row_read(say, &row, pass);
	sql_done(say);
	if (result == BOOK_OK &&
	    (!row_is_good(&row, proof, now) || pass->role == ROLE_NONE ||
		!grants_have(&book->grants, pass->grant)))
		result = BOOK_MISSING;
	pass->expires = row.expires;
	pass->stale = row.seen > now || now - row.seen >= BOOK_SEEN_S;
	return result;
}

/* ---- beginning -------------------------------------------------------------------------- */

static int64_t
session_expiry(const struct book *book, int64_t now)
{
	const struct book_settings *s = &book->settings;

	return now + (s->idle_s < s->absolute_s ? s->idle_s : s->absolute_s);
}

/* The password that was right a moment ago may have been changed since. */
static enum book_result
session_user_is(struct book *book, const struct book_pass *user, struct cause *why)
{
	struct book_pass pass;
	char hash[HASH_SIZE];
	enum book_result result = book_user(book, user->user, &pass, hash, why);

	secret_wipe(hash, sizeof hash);
	if (result == BOOK_OK && strcmp(pass.grant, user->grant) != 0)
		return BOOK_MISSING;
	return result;
}

static enum book_result
session_insert(struct book *book, const char *from, const char *proof, int64_t now,
    const struct book_pass *pass, struct cause *why)
{
	char origin[BOOK_FROM_SIZE];
	enum book_result result;

	snprintf(origin, sizeof origin, "%s", from);
	result = book_session_drop_all(
	    book, SAY_SESSION_OF_USER, pass->user, BOOK_SESSIONS_USER - 1, NULL, why);
	if (result == BOOK_OK)
		result = book_session_drop_all(
		    book, SAY_SESSION_LONGEST, "", BOOK_SESSIONS_MAX - 1, NULL, why);
	if (result == BOOK_OK)
		result = book_do(book, SAY_SESSION_ADD, why, "tttiit", pass->grant, proof,
		    pass->user, now, pass->expires, origin);
	return result == BOOK_OK ? book_publish(book, pass->grant, why) : result;
}

enum book_result
book_session_add(struct book *book, const struct book_pass *user, const char *from, int64_t now,
    char secret[SECRET_SIZE], struct book_pass *pass, struct cause *why)
{
	enum book_result result = book_begin(book, why);
	char proof[PROOF_SIZE];

	if (result != BOOK_OK)
		return result;
	result = session_user_is(book, user, why);
	*pass = *user;
	pass->expires = session_expiry(book, now);
	secret_make(secret);
	secret_digest(secret, pass->grant, proof);
	if (result == BOOK_OK)
		result = session_insert(book, from, proof, now, pass, why);
	return book_end_new(book, result, pass->grant, secret, why);
}

enum book_result
book_touch(struct book *book, const char *id, int64_t now, struct cause *why)
{
	enum book_result result = book_begin(book, why);

	if (result != BOOK_OK)
		return result;
	result = book_do(book, SAY_SESSION_TOUCH, why, "tiii", id, now, book->settings.idle_s,
	    book->settings.absolute_s);
	if (result == BOOK_OK)
		result = book_do(book, SAY_TOKEN_TOUCH, why, "ti", id, now);
	return book_end(book, result, why);
}

/* ---- ending ------------------------------------------------------------------------------- */

enum book_result
book_session_drop(struct book *book, const char *id, struct cause *why)
{
	enum book_result result = book_withdraw(book, id, why);

	return result == BOOK_OK ? book_do(book, SAY_SESSION_DELETE, why, "t", id) : result;
}

enum book_result
book_session_drop_all(struct book *book, enum book_sentence sentence, const char *text,
    int64_t number, int64_t *count, struct cause *why)
{
	struct sql_statement *say = book->say[sentence];
	enum book_result result;
	char id[GRANT_SIZE];

	for (;;) {
		sql_bind(say, "ti", text, number);
		result = book_row(book, sql_step(say, why), why);
		snprintf(id, sizeof id, "%s", result == BOOK_OK ? sql_text(say, 0) : "");
		sql_done(say);
		if (result == BOOK_OK)
			result = book_session_drop(book, id, why);
		if (result != BOOK_OK)
			return result == BOOK_MISSING ? BOOK_OK : result;
		if (count != NULL)
			++*count;
	}
}

/* The whole id of the one session that begins with `start`. */
static enum book_result
session_named(struct book *book, const char *start, char id[GRANT_SIZE], struct cause *why)
{
	struct sql_statement *say = book->say[SAY_SESSION_LIKE];
	enum book_result result;
	bool more = false;

	if (strlen(start) < 8 || strspn(start, "0123456789abcdef") != strlen(start)) {
		cause_set(why, "a session is named by its id, or by 8 and more of its digits");
		return BOOK_REFUSED;
	}
	sql_bind(say, "t", start);
	result = book_row(book, sql_step(say, why), why);
	if (result == BOOK_OK) {
		snprintf(id, GRANT_SIZE, "%s", sql_text(say, 0));
		more = sql_step(say, why) > 0;
	}
	sql_done(say);
	if (result == BOOK_MISSING)
		cause_set(why, "there is no session %.40s", start);
	if (!more)
		return result;
	cause_set(why, "several sessions begin with %.40s", start);
	return BOOK_REFUSED;
}

enum book_result
book_session_end(struct book *book, const char *start, struct cause *why)
{
	enum book_result result = book_begin(book, why);
	char id[GRANT_SIZE];

	if (result != BOOK_OK)
		return result;
	result = session_named(book, start, id, why);
	if (result == BOOK_OK)
		result = book_session_drop(book, id, why);
	return book_end(book, result, why);
}

static enum book_result
session_end_many(struct book *book, enum book_sentence sentence, const char *text, int64_t *count,
    struct cause *why)
{
	enum book_result result = book_begin(book, why);

	*count = 0;
	if (result != BOOK_OK)
		return result;
	return book_end(book, book_session_drop_all(book, sentence, text, 0, count, why), why);
}

enum book_result
book_session_end_user(struct book *book, const char *name, int64_t *count, struct cause *why)
{
	return session_end_many(book, SAY_SESSION_OF_USER, name, count, why);
}

enum book_result
book_session_end_all(struct book *book, int64_t *count, struct cause *why)
{
	return session_end_many(book, SAY_SESSION_LONGEST, "", count, why);
}

/* ---- listing ------------------------------------------------------------------------------- */

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

enum book_result
book_session_list(struct book *book, int64_t now, json_t **list, struct cause *why)
{
	return book_list(book, SAY_SESSION_LIST, session_entry, now, list, why);
}
