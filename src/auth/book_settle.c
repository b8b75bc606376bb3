/* SPDX-License-Identifier: ISC */
/* book: the folder of grants is made to agree with the rows. */
#include <stdlib.h>
#include <string.h>

#include "auth/inside.h"

struct sweep {
	struct book *book;
	int64_t now;
	enum book_result result;
	struct cause *why;
};

/* A file without a row that is good now. */
static void
sweep_file(void *arg, const char *id)
{
	struct sweep *sweep = arg;
	struct book *book = sweep->book;
	struct sql_statement *say = book->say[SAY_LIVE];
	enum book_result result;

	if (sweep->result != BOOK_OK)
		return;
	sql_bind(say, "ti", id, sweep->now);
	result = book_row(book, sql_step(say, sweep->why), sweep->why);
	sql_done(say);
	sweep->result = result == BOOK_MISSING ? book_withdraw(book, id, sweep->why) : result;
}

static enum book_result
settle_files(struct book *book, int64_t now, struct cause *why)
{
	struct sweep sweep = { .book = book, .now = now, .result = BOOK_OK, .why = why };

	if (grants_each(&book->grants, sweep_file, &sweep, why) == -1)
		return BOOK_TROUBLE;
	return sweep.result;
}

static enum book_result
settle_publish(struct book *book, const char *id, struct cause *why)
{
	return grants_publish(&book->grants, id, why) == 0 ? BOOK_OK : BOOK_TROUBLE;
}

/* A session without a file: in a folder just made it gets one; else its end had
 * begun, and is brought to its end. */
static enum book_result
settle_session(struct book *book, const char *id, bool settled, struct cause *why)
{
	if (!settled)
		return settle_publish(book, id, why);
	return grants_have(&book->grants, id) ? BOOK_OK
					      : book_do(book, SAY_SESSION_DELETE, why, "t", id);
}

static enum book_result
settle_sessions(struct book *book, struct cause *why)
{
	struct sql_statement *say = book->say[SAY_SESSION_AFTER];
	bool settled = grants_are_settled(&book->grants);
	enum book_result result = BOOK_OK;
	char id[GRANT_SIZE] = "", next[GRANT_SIZE];

	while (result == BOOK_OK) {
		sql_bind(say, "t", id);
		result = book_row(book, sql_step(say, why), why);
		snprintf(next, sizeof next, "%s", result == BOOK_OK ? sql_text(say, 0) : "");
		sql_done(say);
		memcpy(id, next, sizeof id);
		if (result == BOOK_OK)
			result = settle_session(book, id, settled, why);
	}
	return result == BOOK_MISSING ? BOOK_OK : result;
}

/* Users and tokens last: an expired token is withdrawn, not forgotten, and good
 * again if the clock was wrong. */
static enum book_result
settle_lasting(struct book *book, int64_t now, struct cause *why)
{
	struct sql_statement *say = book->say[SAY_LASTING];
	enum book_result result;

	sql_bind(say, "i", now);
	while ((result = book_row(book, sql_step(say, why), why)) == BOOK_OK)
		if ((result = settle_publish(book, sql_text(say, 0), why)) != BOOK_OK)
			break;
	sql_done(say);
	return result == BOOK_MISSING ? BOOK_OK : result;
}

/* Who settles is the site: from now on its folder of grants is everybody's. */
static enum book_result
settle_site(struct book *book, struct cause *why)
{
	struct sql_statement *say = book->say[SAY_SITE];
	enum book_result result;
	bool known = false;
	char *path;

	if (grants_init(&book->grants, book->settings.run_dir, why) == -1 ||
	    grants_make_folder(&book->grants, why) == -1)
		return BOOK_TROUBLE;
	path = realpath(book->settings.run_dir, NULL);
	if (path == NULL) {
		cause_errno(why, "%s", book->settings.run_dir);
		return BOOK_TROUBLE;
	}
	result = book_row(book, sql_step(say, why), why);
	known = result == BOOK_OK && strcmp(sql_text(say, 0), path) == 0;
	sql_done(say);
	if (result != BOOK_TROUBLE)
		result = known ? BOOK_OK : book_do(book, SAY_SITE_SET, why, "t", path);
	free(path);
	return result;
}

static enum book_result
settle_all(struct book *book, int64_t now, struct cause *why)
{
	enum book_result result = settle_site(book, why);

	if (result == BOOK_OK)
		result = book_session_drop_all(book, SAY_SESSION_EXPIRED, "", now, NULL, why);
	if (result == BOOK_OK)
		result = settle_files(book, now, why);
	if (result == BOOK_OK)
		result = settle_sessions(book, why);
	if (result == BOOK_OK)
		result = settle_lasting(book, now, why);
	if (result == BOOK_OK && grants_mark_settled(&book->grants, why) == -1)
		result = BOOK_TROUBLE;
	return result;
}

static enum book_result
settle_next(struct book *book, int64_t now, int64_t *next, struct cause *why)
{
	struct sql_statement *say = book->say[SAY_NEXT];
	enum book_result result;

	sql_bind(say, "i", now);
	result = book_row(book, sql_step(say, why), why);
	*next = result == BOOK_OK ? sql_number(say, 0) : 0;
	sql_done(say);
	return result;
}

enum book_result
book_settle(struct book *book, int64_t now, int64_t *next, struct cause *why)
{
	enum book_result result = book_begin(book, why);

	*next = 0;
	if (result != BOOK_OK)
		return result;
	result = settle_all(book, now, why);
	if (result == BOOK_OK)
		result = settle_next(book, now, next, why);
	return book_end(book, result, why);
}

/* In a write transaction: who has just published a grant has not committed yet. */
enum book_result
book_next(struct book *book, int64_t now, int64_t *next, struct cause *why)
{
	enum book_result result = book_begin(book, why);

	*next = 0;
	return result != BOOK_OK ? result : book_end(book, settle_next(book, now, next, why), why);
}
