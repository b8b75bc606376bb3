/* SPDX-License-Identifier: ISC */
/* book: a backup of it, and back. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/inside.h"
#include "base/log.h"

enum book_result
book_save(struct book *book, unsigned char **bytes, size_t *length, struct cause *why)
{
	enum book_result result = book_ready(book, why);
	unsigned char *saved = NULL;

	*bytes = NULL;
	if (result == BOOK_OK)
		result = book_result(book, sql_save(book->sql, &saved, length, why), why);
	if (result == BOOK_OK) {
		*bytes = malloc(*length);
		if (*bytes != NULL)
			memcpy(*bytes, saved, *length);
		result = *bytes != NULL ? BOOK_OK : (cause_set(why, "out of memory"), BOOK_TROUBLE);
	}
	sql_bytes_free(&saved);
	return result;
}

/* Sound, of our layout, and without the sessions of then: a session ended since must not come back. */
static int
restore_open(const unsigned char *bytes, size_t length, struct sql **sql, struct cause *why)
{
	int64_t version;
	int result = sql_open_bytes(bytes, length, sql, why);

	if (result == STORE_OK)
		result = sql_check(*sql, why);
	if (result == STORE_OK)
		result = sql_ask(*sql, "PRAGMA user_version", &version, why);
	if (result == STORE_OK && version != BOOK_LAYOUT) {
		cause_set(why, "the accounts in the backup have layout %lld, this version knows %d",
		    (long long)version, BOOK_LAYOUT);
		result = STORE_FAILED;
	}
	return result == STORE_OK ? sql_exec(*sql, "DELETE FROM session; DELETE FROM site", why)
				  : result;
}

/* One that is damaged is kept under another name; whoever has it open sees that it is gone. */
static void
restore_move_damaged(struct book *book)
{
	static const char *const parts[] = { "", "-wal", "-shm" };
	char from[BOOK_PATH_SIZE + 32], to[BOOK_PATH_SIZE + 48];

	log_warning("auth", "%s is kept as %s.corrupt", book->path, book->path);
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		snprintf(from, sizeof from, "%s%s", book->path, parts[i]);
		snprintf(to, sizeof to, "%s.corrupt%s", book->path, parts[i]);
		rename(from, to);
	}
	book->tried_ns = 0;
}

static enum book_result
restore_ready(struct book *book, bool force, struct cause *why)
{
	enum book_result result = book_ready(book, why);
	int64_t users = 0;

	if (result != BOOK_OK && book->damaged && force) {
		restore_move_damaged(book);
		result = book_ready(book, why);
	}
	if (result == BOOK_OK)
		result = book_count_users(book, &users, why);
	if (result == BOOK_OK && users > 0 && !force) {
		cause_set(why, "there are users already (--force replaces them)");
		result = BOOK_REFUSED;
	}
	return result;
}

/* The folder of grants stays the site's, whatever orielctl was told. */
static void
restore_keep_site(struct book *book, char run_dir[BOOK_PATH_SIZE])
{
	struct sql_statement *say = book->say[SAY_SITE];

	if (sql_step(say, NULL) > 0) {
		snprintf(run_dir, BOOK_PATH_SIZE, "%s", sql_text(say, 0));
		book->settings.run_dir = run_dir;
	}
	sql_done(say);
}

enum book_result
book_restore(struct book *book, const unsigned char *bytes, size_t length, bool force, int64_t now,
    struct cause *why)
{
	struct sql *sql = NULL;
	const char *told = book->settings.run_dir;
	enum book_result result = BOOK_REFUSED;
	char run_dir[BOOK_PATH_SIZE];
	int64_t next;

	if (restore_open(bytes, length, &sql, why) == STORE_OK)
		result = restore_ready(book, force, why);
	if (result == BOOK_OK) {
		restore_keep_site(book, run_dir);
		result = book_result(book, sql_copy(sql, book->sql, why), why);
	}
	sql_close(&sql);
	if (result == BOOK_OK)
		result = book_settle(book, now, &next, why);
	book->settings.run_dir = told;
	if (result == BOOK_OK)
		book_setup_token_remove(book);
	return result;
}
