/* SPDX-License-Identifier: ISC */
/* account_db: opening the database, and its transactions. */
#include "auth/account_db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/account_db_internal.h"
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

static const char *const sentences[ACCOUNT_DB_SENTENCES] = {
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

/* ---- results --------------------------------------------------------- */

enum account_db_result
account_db_result(struct account_db *db, int result, struct cause *why)
{
	struct cause reason = *why;

	if (result >= SQL_OK)
		return ACCOUNT_DB_OK;
	db->damaged = db->damaged || result == SQL_DAMAGED;
	cause_set(why, "%s: %s%s%s", db->path, result == SQL_DAMAGED ? "damaged: " : "",
	    reason.text,
	    result == SQL_DAMAGED
		? "; nobody is let in until it is put right: orielctl restore, or move it away and set"
		  " the site up again"
		: "");
	return ACCOUNT_DB_TROUBLE;
}

enum account_db_result
account_db_row(struct account_db *db, int result, struct cause *why)
{
	return result == 0 ? ACCOUNT_DB_MISSING : account_db_result(db, result, why);
}

enum account_db_result
account_db_number(struct account_db *db, const char *text, int64_t *number, struct cause *why)
{
	return account_db_result(db, sql_ask(db->sql, text, number, why), why);
}

/* ---- opening --------------------------------------------------------- */

static int
account_db_schema(struct account_db *db, struct cause *why)
{
	int64_t version;
	int result = sql_ask(db->sql, "PRAGMA user_version", &version, why);

	if (result == SQL_OK && version != ACCOUNT_DB_LAYOUT) {
		cause_set(why,
		    "has layout %lld, this program knows %d: another version of it made the file",
		    (long long)version, ACCOUNT_DB_LAYOUT);
		result = SQL_FAILED;
	}
	return result;
}

static void
account_db_remove_new(const char *path)
{
	static const char *const parts[] = { "", "-wal", "-shm" };
	char each[ACCOUNT_DB_PATH_SIZE + 40];

	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		snprintf(each, sizeof each, "%s%s", path, parts[i]);
		unlink(each);
	}
}

/* Make the database whole under another name, with its mode from the first moment on: SQLite
 * gives the same mode to its other files. Once it is the account database, never open(2) it
 * ourselves: closing any descriptor of a database drops SQLite's locks on it. */
static int
account_db_write_new(const char *path, struct cause *why)
{
	struct sql *sql;
	int result, fd;

	account_db_remove_new(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1) {
		cause_errno(why, "cannot be made");
		return SQL_FAILED;
	}
	close(fd);
	result = sql_open(path, &sql, why);
	if (result == SQL_OK)
		result = sql_make_durable(sql, why);
	if (result == SQL_OK)
		result = sql_exec(sql, schema, why);
	if (result == SQL_OK) /* its log is not renamed with it */
		result = sql_exec(sql, "PRAGMA wal_checkpoint(TRUNCATE)", why);
	sql_close(&sql);
	return result;
}

/* Not every file system can refuse to replace a file in a rename; then link(2) does it. */
static int
account_db_put_file(const char *from, const char *to)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0 || errno == EEXIST)
		return 0;
	return errno == EINVAL && (link(from, to) == 0 || errno == EEXIST) ? 0 : -1;
}

/* Several processes may begin at once: the first that puts its own file there has made it.
 * SQLite syncs the folder, with the first log that it makes there. */
static int
account_db_make_file(struct account_db *db, struct cause *why)
{
	char path[ACCOUNT_DB_PATH_SIZE + 32];
	int result;

	if (access(db->path, F_OK) == 0)
		return SQL_OK;
	if (mkdir(db->settings.state_dir, 0700) == -1 && errno != EEXIST) {
		cause_errno(why, "the folder cannot be made");
		return SQL_FAILED;
	}
	snprintf(path, sizeof path, "%s.new-%d", db->path, (int)gettid());
	result = account_db_write_new(path, why);
	if (result == SQL_OK && account_db_put_file(path, db->path) == -1) {
		cause_errno(why, "cannot be made");
		result = SQL_FAILED;
	}
	account_db_remove_new(path);
	return result;
}

static int
account_db_look_at_file(struct account_db *db, struct cause *why)
{
	struct stat st;

	if (lstat(db->path, &st) == -1)
		return cause_errno(why, "cannot be found");
	if (!S_ISREG(st.st_mode))
		return cause_set(why, "is no regular file");
	if ((st.st_mode & 0077) != 0) {
		log_warning("auth", "%s had mode %04o: now 0600", db->path, st.st_mode & 07777);
		if (chmod(db->path, 0600) == -1)
			return cause_errno(
			    why, "may be read by others, and that cannot be changed");
	}
	db->device = st.st_dev;
	db->inode = st.st_ino;
	return SQL_OK;
}

static int
account_db_prepare(struct account_db *db, struct cause *why)
{
	for (int at = 0; at < ACCOUNT_DB_SENTENCES; at++) {
		db->say[at] = sql_prepare(db->sql, sentences[at], why);
		if (db->say[at] == NULL)
			return sql_last_failure(db->sql, why);
	}
	return SQL_OK;
}

/* Use the workers' folder of grants, whatever orielctl was told. */
static int
account_db_find_grants(struct account_db *db, struct cause *why)
{
	struct sql_statement *say = db->say[SAY_SITE];
	int result = sql_step(say, why);

	if (result >= 0 &&
	    grants_init(&db->grants, result > 0 ? sql_text(say, 0) : db->settings.run_dir, why) ==
		-1)
		result = SQL_FAILED;
	sql_done(say);
	return result < 0 ? result : SQL_OK;
}

static enum account_db_result
account_db_open(struct account_db *db, struct cause *why)
{
	int result = account_db_make_file(db, why);

	if (result == SQL_OK)
		result = account_db_look_at_file(db, why) == -1 ? SQL_FAILED : SQL_OK;
	if (result == SQL_OK)
		result = sql_open(db->path, &db->sql, why);
	if (result == SQL_OK)
		result = account_db_schema(db, why);
	if (result == SQL_OK)
		result = sql_make_durable(db->sql, why);
	if (result == SQL_OK) /* so no flipped bit brings back what was deleted */
		result = sql_exec(db->sql, "PRAGMA secure_delete=ON", why);
	if (result == SQL_OK)
		result = sql_check(db->sql, why);
	if (result == SQL_OK)
		result = account_db_prepare(db, why);
	if (result == SQL_OK)
		result = account_db_find_grants(db, why);
	if (result == SQL_OK)
		db->openings++;
	else
		sql_close(&db->sql);
	return account_db_result(db, result, why);
}

/* Is it another file than the open one? A backup was put in its place, or it was moved away. */
static bool
account_db_is_replaced(const struct account_db *db)
{
	struct stat st;

	return stat(db->path, &st) == -1 || st.st_ino != db->inode || st.st_dev != db->device;
}

enum account_db_result
account_db_ready(struct account_db *db, struct cause *why)
{
	if (db->sql != NULL && !db->damaged && !account_db_is_replaced(db))
		return ACCOUNT_DB_OK;
	if (db->sql == NULL && db->tried_ns != 0 &&
	    clock_mono_ns() - db->tried_ns < RETRY_S * CLOCK_S) {
		*why = db->closed;
		return ACCOUNT_DB_TROUBLE;
	}
	sql_close(&db->sql);
	db->damaged = false;
	db->tried_ns = clock_mono_ns();
	if (account_db_open(db, why) == ACCOUNT_DB_OK)
		return ACCOUNT_DB_OK;
	db->closed = *why;
	return ACCOUNT_DB_TROUBLE;
}

struct account_db *
account_db_new(const struct account_db_settings *settings, struct cause *why)
{
	struct account_db *db = calloc(1, sizeof *db);
	int length;

	if (db == NULL) {
		cause_errno(why, "accounts");
		return NULL;
	}
	db->settings = *settings;
	length = snprintf(db->path, sizeof db->path, "%s/auth.db", settings->state_dir);
	if (length < 0 || (size_t)length >= sizeof db->path ||
	    grants_init(&db->grants, settings->run_dir, why) == -1) {
		cause_set(
		    why, "%.64s or %.64s: too long a path", settings->state_dir, settings->run_dir);
		account_db_free(&db);
		return NULL;
	}
	return db;
}

void
account_db_free(struct account_db **db)
{
	if (*db == NULL)
		return;
	sql_close(&(*db)->sql);
	free(*db);
	*db = NULL;
}

unsigned
account_db_openings(const struct account_db *db)
{
	return db->openings;
}

/* ---- transactions ---------------------------------------------------- */

enum account_db_result
account_db_begin(struct account_db *db, struct cause *why)
{
	enum account_db_result result = account_db_ready(db, why);

	return result != ACCOUNT_DB_OK
	    ? result
	    : account_db_result(db, sql_exec(db->sql, "BEGIN IMMEDIATE", why), why);
}

enum account_db_result
account_db_end(struct account_db *db, enum account_db_result result, struct cause *why)
{
	struct cause ignored;

	if (result == ACCOUNT_DB_OK)
		result = account_db_result(db, sql_exec(db->sql, "COMMIT", why), why);
	if (result != ACCOUNT_DB_OK && sql_in_transaction(db->sql))
		sql_exec(db->sql, "ROLLBACK", &ignored);
	return result;
}

enum account_db_result
account_db_end_new(struct account_db *db, enum account_db_result result, const char *id,
    char secret[SECRET_SIZE], struct cause *why)
{
	struct cause ignored;

	result = account_db_end(db, result, why);
	if (result == ACCOUNT_DB_OK)
		return ACCOUNT_DB_OK;
	account_db_withdraw(db, id, &ignored);
	secret_wipe(secret, SECRET_SIZE);
	return result;
}

/* While the folder is not settled (orielctl ran before any worker), account_db_settle() will
 * publish everything, so not publishing is no failure. */
enum account_db_result
account_db_publish(struct account_db *db, const char *id, struct cause *why)
{
	if (grants_make_folder(&db->grants, why) == 0 && grants_publish(&db->grants, id, why) == 0)
		return ACCOUNT_DB_OK;
	return grants_are_settled(&db->grants) ? ACCOUNT_DB_TROUBLE : ACCOUNT_DB_OK;
}

enum account_db_result
account_db_withdraw(struct account_db *db, const char *id, struct cause *why)
{
	return grants_withdraw(&db->grants, id, why) == 0 ? ACCOUNT_DB_OK : ACCOUNT_DB_TROUBLE;
}

/* ---- names and lists ------------------------------------------------- */

bool
account_db_name_check(const char *what, const char *name, struct cause *why)
{
	if (user_name_valid(name))
		return true;
	cause_set(why,
	    "a %s's name is at most %d of a-z, 0-9, '.', '_', '-', and begins with a letter or digit",
	    what, AUTH_NAME_SIZE - 1);
	return false;
}

enum account_db_result
account_db_list(struct account_db *db, enum account_db_sentence sentence, account_db_entry *entry,
    int64_t now, json_t **list, struct cause *why)
{
	enum account_db_result result = account_db_ready(db, why);
	struct sql_statement *say;
	json_t *found;

	*list = NULL;
	if (result != ACCOUNT_DB_OK)
		return result;
	*list = json_array();
	say = db->say[sentence];
	while ((result = account_db_row(db, sql_step(say, why), why)) == ACCOUNT_DB_OK)
		if ((found = entry(say, now)) != NULL)
			json_array_append_new(*list, found);
	sql_done(say);
	return result == ACCOUNT_DB_MISSING ? ACCOUNT_DB_OK : result;
}
