/* SPDX-License-Identifier: ISC */
/* book: the database's opening and its transactions. */
#include "auth/book.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/inside.h"
#include "base/clock.h"
#include "base/log.h"

enum { RETRY_S = 5 };

/* `id` is the grant's; see secret.h for `proof`. */
static const char schema[] =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE user (name TEXT PRIMARY KEY, role TEXT NOT NULL, hash TEXT NOT NULL,"
    "  id TEXT NOT NULL UNIQUE, made INTEGER NOT NULL, changed INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE session (id TEXT PRIMARY KEY, proof TEXT NOT NULL, user TEXT NOT NULL,"
    "  made INTEGER NOT NULL, seen INTEGER NOT NULL, expires INTEGER NOT NULL, origin TEXT NOT NULL)"
    "  WITHOUT ROWID;"
    "CREATE INDEX session_user ON session (user, seen);"
    "CREATE INDEX session_expires ON session (expires);"
    "CREATE TABLE token (name TEXT PRIMARY KEY, id TEXT NOT NULL UNIQUE, proof TEXT NOT NULL,"
    "  role TEXT NOT NULL, made INTEGER NOT NULL, expires INTEGER NOT NULL, used INTEGER NOT NULL)"
    "  WITHOUT ROWID;"
    "CREATE TABLE site (one INTEGER PRIMARY KEY CHECK (one = 1), run_dir TEXT NOT NULL);"
    "PRAGMA user_version=1;"
    "COMMIT;";

static const char *const sentences[BOOK_SENTENCES] = {
	[SAY_USER] = "SELECT role, id, hash FROM user WHERE name = ?1",
	[SAY_USER_ADD] = "INSERT INTO user VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
	[SAY_USER_PASSWORD] = "UPDATE user SET hash = ?2, id = ?3, changed = ?4 WHERE name = ?1",
	[SAY_USER_ROLE] = "UPDATE user SET role = ?2, id = ?3 WHERE name = ?1",
	[SAY_USER_DELETE] = "DELETE FROM user WHERE name = ?1",
	[SAY_USER_LIST] =
	    "SELECT name, role, made, changed, (SELECT count(*) FROM session WHERE user = name),"
	    " (SELECT max(seen) FROM session WHERE user = name) FROM user ORDER BY made, name",
	[SAY_SESSION] = "SELECT s.proof, s.user, u.role, s.made, s.expires, s.seen"
			" FROM session s JOIN user u ON u.name = s.user WHERE s.id = ?1",
	[SAY_SESSION_ADD] = "INSERT INTO session VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6)",
	[SAY_SESSION_TOUCH] =
	    "UPDATE session SET seen = ?2, expires = min(?2 + ?3, made + ?4) WHERE id = ?1",
	[SAY_SESSION_DELETE] = "DELETE FROM session WHERE id = ?1",
	[SAY_SESSION_LIKE] = "SELECT id FROM session WHERE id >= ?1 AND id < ?1 || 'g' LIMIT 2",
	[SAY_SESSION_LIST] = "SELECT s.id, s.user, u.role, s.made, s.seen, s.expires, s.origin"
			     " FROM session s JOIN user u ON u.name = s.user ORDER BY s.seen, s.id",
	[SAY_SESSION_AFTER] = "SELECT id FROM session WHERE id > ?1 ORDER BY id LIMIT 1",
	[SAY_SESSION_OF_USER] =
	    "SELECT id FROM session WHERE user = ?1 ORDER BY seen DESC LIMIT 1 OFFSET ?2",
	[SAY_SESSION_LONGEST] = "SELECT id FROM session ORDER BY seen DESC LIMIT 1 OFFSET ?2",
	[SAY_SESSION_EXPIRED] = "SELECT id FROM session WHERE expires <= ?2 LIMIT 1",
	[SAY_TOKEN] = "SELECT proof, name, role, made, expires, used FROM token WHERE id = ?1",
	[SAY_TOKEN_NAMED] = "SELECT id FROM token WHERE name = ?1",
	[SAY_TOKEN_ADD] = "INSERT INTO token VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0)",
	[SAY_TOKEN_TOUCH] = "UPDATE token SET used = ?2 WHERE id = ?1",
	[SAY_TOKEN_DELETE] = "DELETE FROM token WHERE name = ?1",
	[SAY_TOKEN_LIST] =
	    "SELECT name, id, role, made, expires, used FROM token ORDER BY made, name",
	[SAY_LIVE] =
	    "SELECT 1 FROM user WHERE id = ?1 UNION ALL SELECT 1 FROM session WHERE id = ?1"
	    " UNION ALL SELECT 1 FROM token WHERE id = ?1 AND (expires = 0 OR expires > ?2)",
	[SAY_LASTING] = "SELECT id FROM user UNION ALL"
			" SELECT id FROM token WHERE expires = 0 OR expires > ?1",
	[SAY_SITE] = "SELECT run_dir FROM site",
	[SAY_SITE_SET] = "INSERT OR REPLACE INTO site VALUES (1, ?1)",
	[SAY_NEXT] = "SELECT min(expires) FROM (SELECT min(expires) AS expires FROM session"
		     " UNION ALL SELECT min(expires) FROM token WHERE expires > ?1)",
};

/* ---- results ------------------------------------------------------------------------ */

enum book_result
book_result(struct book *book, int result, struct cause *why)
{
	struct cause reason = *why;

	if (result >= STORE_OK)
		return BOOK_OK;
	book->damaged = book->damaged || result == STORE_DAMAGED;
	cause_set(why, "%s: %s%s%s", book->path, result == STORE_DAMAGED ? "damaged: " : "",
	    reason.text,
	    result == STORE_DAMAGED
		? "; nobody is let in until it is put right: orielctl restore, or move it away and set"
		  " the site up again"
		: "");
	return BOOK_TROUBLE;
}

enum book_result
book_row(struct book *book, int result, struct cause *why)
{
	return result == 0 ? BOOK_MISSING : book_result(book, result, why);
}

enum book_result
book_number(struct book *book, const char *text, int64_t *number, struct cause *why)
{
	return book_result(book, sql_ask(book->sql, text, number, why), why);
}

/* ---- opening -------------------------------------------------------------------------- */

static int
book_schema(struct book *book, struct cause *why)
{
	int64_t version;
	int result = sql_ask(book->sql, "PRAGMA user_version", &version, why);

	if (result == STORE_OK && version != BOOK_LAYOUT) {
		cause_set(why,
		    "has layout %lld, this program knows %d: another version of it made the file",
		    (long long)version, BOOK_LAYOUT);
		result = STORE_FAILED;
	}
	return result;
}

static void
book_remove_new(const char *path)
{
	static const char *const parts[] = { "", "-wal", "-shm" };
	char each[BOOK_PATH_SIZE + 40];

	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		snprintf(each, sizeof each, "%s%s", path, parts[i]);
		unlink(each);
	}
}

/* Whole, under another name, with its mode from its first moment on: SQLite gives
 * the same to its other files. Once it is the book, never open(2) it by ourselves: closing
 * any descriptor of a database drops the locks that SQLite has on it. */
static int
book_write_new(const char *path, struct cause *why)
{
	struct sql *sql;
	int result, fd;

	book_remove_new(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1) {
		cause_errno(why, "cannot be made");
		return STORE_FAILED;
	}
	close(fd);
	result = sql_open(path, &sql, why);
	if (result == STORE_OK)
		result = sql_make_durable(sql, why);
	if (result == STORE_OK)
		result = sql_exec(sql, schema, why);
	if (result == STORE_OK) /* its log is not renamed with it */
		result = sql_exec(sql, "PRAGMA wal_checkpoint(TRUNCATE)", why);
	sql_close(&sql);
	return result;
}

/* Not every file system can refuse to replace a file in a rename; then link(2) does. */
static int
book_put_file(const char *from, const char *to)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0 || errno == EEXIST)
		return 0;
	return errno == EINVAL && (link(from, to) == 0 || errno == EEXIST) ? 0 : -1;
}

/* Several processes may begin at once: the first to put its own there has made it. The
 * folder is synced by SQLite, with the first log that it makes beside it. */
static int
book_make_file(struct book *book, struct cause *why)
{
	char path[BOOK_PATH_SIZE + 32];
	int result;

	if (access(book->path, F_OK) == 0)
		return STORE_OK;
	if (mkdir(book->settings.state_dir, 0700) == -1 && errno != EEXIST) {
		cause_errno(why, "the folder cannot be made");
		return STORE_FAILED;
	}
	snprintf(path, sizeof path, "%s.new-%d", book->path, (int)gettid());
	result = book_write_new(path, why);
	if (result == STORE_OK && book_put_file(path, book->path) == -1) {
		cause_errno(why, "cannot be made");
		result = STORE_FAILED;
	}
	book_remove_new(path);
	return result;
}

static int
book_look_at_file(struct book *book, struct cause *why)
{
	struct stat st;

	if (lstat(book->path, &st) == -1)
		return cause_errno(why, "cannot be found");
	if (!S_ISREG(st.st_mode))
		return cause_set(why, "is no regular file");
	if ((st.st_mode & 0077) != 0) {
		log_warning("auth", "%s had mode %04o: now 0600", book->path, st.st_mode & 07777);
		if (chmod(book->path, 0600) == -1)
			return cause_errno(
			    why, "may be read by others, and that cannot be changed");
	}
	book->device = st.st_dev;
	book->inode = st.st_ino;
	return STORE_OK;
}

static int
book_prepare(struct book *book, struct cause *why)
{
	for (int at = 0; at < BOOK_SENTENCES; at++) {
		book->say[at] = sql_prepare(book->sql, sentences[at], why);
		if (book->say[at] == NULL)
			return sql_last_failure(book->sql, why);
	}
	return STORE_OK;
}

/* Where the workers have their grants, whatever orielctl was told. */
static int
book_find_grants(struct book *book, struct cause *why)
{
	struct sql_statement *say = book->say[SAY_SITE];
	int result = sql_step(say, why);

	if (result >= 0 &&
	    grants_init(
		&book->grants, result > 0 ? sql_text(say, 0) : book->settings.run_dir, why) == -1)
		result = STORE_FAILED;
	sql_done(say);
	return result < 0 ? result : STORE_OK;
}

static enum book_result
book_open(struct book *book, struct cause *why)
{
	int result = book_make_file(book, why);

	if (result == STORE_OK)
		result = book_look_at_file(book, why) == -1 ? STORE_FAILED : STORE_OK;
	if (result == STORE_OK)
		result = sql_open(book->path, &book->sql, why);
	if (result == STORE_OK)
		result = book_schema(book, why);
	if (result == STORE_OK)
		result = sql_make_durable(book->sql, why);
	if (result == STORE_OK) /* no flipped bit brings back what was deleted */
		result = sql_exec(book->sql, "PRAGMA secure_delete=ON", why);
	if (result == STORE_OK)
		result = sql_check(book->sql, why);
	if (result == STORE_OK)
		result = book_prepare(book, why);
	if (result == STORE_OK)
		result = book_find_grants(book, why);
	if (result == STORE_OK)
		book->openings++;
	else
		sql_close(&book->sql);
	return book_result(book, result, why);
}

/* Not the file that is open: a backup was put in its place, or it was moved away. */
static bool
book_is_replaced(const struct book *book)
{
	struct stat st;

	return stat(book->path, &st) == -1 || st.st_ino != book->inode || st.st_dev != book->device;
}

enum book_result
book_ready(struct book *book, struct cause *why)
{
	if (book->sql != NULL && !book->damaged && !book_is_replaced(book))
		return BOOK_OK;
	if (book->sql == NULL && book->tried_ns != 0 &&
	    clock_mono_ns() - book->tried_ns < RETRY_S * CLOCK_S) {
		*why = book->closed;
		return BOOK_TROUBLE;
	}
	sql_close(&book->sql);
	book->damaged = false;
	book->tried_ns = clock_mono_ns();
	if (book_open(book, why) == BOOK_OK)
		return BOOK_OK;
	book->closed = *why;
	return BOOK_TROUBLE;
}

struct book *
book_new(const struct book_settings *settings, struct cause *why)
{
	struct book *book = calloc(1, sizeof *book);
	int length;

	if (book == NULL) {
		cause_errno(why, "accounts");
		return NULL;
	}
	book->settings = *settings;
	length = snprintf(book->path, sizeof book->path, "%s/auth.db", settings->state_dir);
	if (length < 0 || (size_t)length >= sizeof book->path ||
	    grants_init(&book->grants, settings->run_dir, why) == -1) {
		cause_set(
		    why, "%.64s or %.64s: too long a path", settings->state_dir, settings->run_dir);
		book_free(&book);
		return NULL;
	}
	return book;
}

void
book_free(struct book **book)
{
	if (*book == NULL)
		return;
	sql_close(&(*book)->sql);
	free(*book);
	*book = NULL;
}

unsigned
book_openings(const struct book *book)
{
	return book->openings;
}

/* ---- transactions ------------------------------------------------------------------------ */

enum book_result
book_begin(struct book *book, struct cause *why)
{
	enum book_result result = book_ready(book, why);

	return result != BOOK_OK
	    ? result
	    : book_result(book, sql_exec(book->sql, "BEGIN IMMEDIATE", why), why);
}

enum book_result
book_end(struct book *book, enum book_result result, struct cause *why)
{
	struct cause ignored;

	if (result == BOOK_OK)
		result = book_result(book, sql_exec(book->sql, "COMMIT", why), why);
	if (result != BOOK_OK && sql_in_transaction(book->sql))
		sql_exec(book->sql, "ROLLBACK", &ignored);
	return result;
}

enum book_result
book_end_new(struct book *book, enum book_result result, const char *id, char secret[SECRET_SIZE],
    struct cause *why)
{
	struct cause ignored;

	result = book_end(book, result, why);
	if (result == BOOK_OK)
		return BOOK_OK;
	book_withdraw(book, id, &ignored);
	secret_wipe(secret, SECRET_SIZE);
	return result;
}

/* While the folder is not settled (orielctl before any worker), book_settle() will
 * publish all there is: then it is no failure that we cannot. */
enum book_result
book_publish(struct book *book, const char *id, struct cause *why)
{
	if (grants_make_folder(&book->grants, why) == 0 &&
	    grants_publish(&book->grants, id, why) == 0)
		return BOOK_OK;
	return grants_are_settled(&book->grants) ? BOOK_TROUBLE : BOOK_OK;
}

enum book_result
book_withdraw(struct book *book, const char *id, struct cause *why)
{
	return grants_withdraw(&book->grants, id, why) == 0 ? BOOK_OK : BOOK_TROUBLE;
}

/* ---- names and lists ------------------------------------------------------------------------ */

bool
book_name_check(const char *what, const char *name, struct cause *why)
{
	if (user_name_valid(name))
		return true;
	cause_set(why,
	    "a %s's name is at most %d of a-z, 0-9, '.', '_', '-', and begins with a letter or digit",
	    what, AUTH_NAME_SIZE - 1);
	return false;
}

enum book_result
book_list(struct book *book, enum book_sentence sentence, book_entry *entry, int64_t now,
    json_t **list, struct cause *why)
{
	enum book_result result = book_ready(book, why);
	struct sql_statement *say;
	json_t *found;

	*list = NULL;
	if (result != BOOK_OK)
		return result;
	*list = json_array();
	say = book->say[sentence];
	while ((result = book_row(book, sql_step(say, why), why)) == BOOK_OK)
		if ((found = entry(say, now)) != NULL)
			json_array_append_new(*list, found);
	sql_done(say);
	return result == BOOK_MISSING ? BOOK_OK : result;
}
