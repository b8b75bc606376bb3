/* SPDX-License-Identifier: ISC */
/* account_db: users, sessions and tokens, in STATE_DIR/auth.db (0600), and the grants of those that
 * are good now. Blocks (SQLite, fsync); one thread at a time.
 *
 * oriel-fcgi's workers and orielctl each open the same file. A credential is good when it has its
 * row, and its file in the folder of grants. The file tells the processes that hold connections.
 * Row and file change inside one write transaction of SQLite: a new credential is published before
 * the commit, and an ended one is unlinked before it. So a crash, a full disk or a power loss in
 * between ends a session early and never late, and account_db_settle() completes what had begun to
 * end. What returned ACCOUNT_DB_OK is on disk.
 *
 * `why` is never NULL. Times are seconds since 1970 and come from the caller (`now`): an account
 * database reads no clock. */
#ifndef ORIEL_AUTH_ACCOUNT_DB_H
#define ORIEL_AUTH_ACCOUNT_DB_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "auth/header.h"
#include "auth/secret.h"
#include "base/cause.h"
#include "base/role.h"

enum account_db_result {
	ACCOUNT_DB_OK,
	ACCOUNT_DB_MISSING, /* no such user, session, token; or the wrong proof */
	ACCOUNT_DB_EXISTS,  /* the name is taken */
	ACCOUNT_DB_REFUSED, /* a rule forbids it: *why is for the person who asked */
	ACCOUNT_DB_TROUBLE, /* the database or the folder of grants: *why is for the
			     * administrator */
};

enum {
	ACCOUNT_DB_USERS_MAX = 1000,
	ACCOUNT_DB_TOKENS_MAX = 1000,
	ACCOUNT_DB_SESSIONS_USER = 32,
	ACCOUNT_DB_SESSIONS_MAX = 10000, /* beyond that, the longest unused go */
	ACCOUNT_DB_SEEN_S = 60,		 /* how exactly `seen` is kept */
	ACCOUNT_DB_FUTURE_S =
	    86400, /* a session from later than this from now is refused: the clock has jumped */
	ACCOUNT_DB_FROM_SIZE = 64,
};

struct account_db_settings {
	/* Borrowed. The process that settles (a worker) says which run_dir holds the grants, and
	 * the account database keeps it. Before that, others (orielctl) use their own. */
	const char *state_dir, *run_dir;
	int64_t idle_s, absolute_s; /* how long an unused session lasts, and any session at most */
};

/* Who may come in. */
struct account_db_pass {
	enum role role;
	char user[AUTH_NAME_SIZE]; /* or the token's name */
	char grant[GRANT_SIZE];
	int64_t expires; /* 0: never */
	bool stale;	 /* `seen` is older than ACCOUNT_DB_SEEN_S: account_db_touch() is due */
};

struct account_db;

/* NULL only when out of memory, or for paths too long. The first call that needs the file opens
 * it, and makes it if it is missing. While it cannot be opened, each call returns
 * ACCOUNT_DB_TROUBLE and tries again (at most every 5 s). */
struct account_db *account_db_new(const struct account_db_settings *settings, struct cause *why);
void account_db_free(struct account_db **db);

/* Is it open? If not, or if another file has taken its place (a backup), it is opened again.
 * Then account_db_openings() has grown, and account_db_settle() is due. */
enum account_db_result account_db_ready(struct account_db *db, struct cause *why);
unsigned account_db_openings(const struct account_db *db);

/* ---- checking: reads only, some µs ----------------------------------- */

/* Check a session's or a token's secret, told apart by its form. ACCOUNT_DB_MISSING: unknown,
 * ended, expired. */
enum account_db_result account_db_check(struct account_db *db, const char *secret, int64_t now,
    struct account_db_pass *pass, struct cause *why);

/* The user as it is now, and the hash of the password. */
enum account_db_result account_db_user(struct account_db *db, const char *name,
    struct account_db_pass *pass, char hash[HASH_SIZE], struct cause *why);
enum account_db_result account_db_count_users(
    struct account_db *db, int64_t *count, struct cause *why);

/* ---- users ----------------------------------------------------------- */

enum account_db_result account_db_user_add(struct account_db *db, const char *name,
    const char *hash, enum role role, int64_t now, struct cause *why); /* the set-up token goes */

/* These end the user's sessions, everywhere and at once. */
enum account_db_result account_db_user_password(
    struct account_db *db, const char *name, const char *hash, int64_t now, struct cause *why);
enum account_db_result account_db_user_role(
    struct account_db *db, const char *name, enum role role, struct cause *why);
enum account_db_result account_db_user_delete(
    struct account_db *db, const char *name, struct cause *why);

/* *list: a new array of objects; newest last. */
enum account_db_result account_db_user_list(
    struct account_db *db, json_t **list, struct cause *why);

/* ---- sessions -------------------------------------------------------- */

/* `from`: address and program of the browser, for the list; cut, may be "". The user must still
 * have the grant `user->grant` (of the password that was right). */
enum account_db_result account_db_session_add(struct account_db *db,
    const struct account_db_pass *user, const char *from, int64_t now, char secret[SECRET_SIZE],
    struct account_db_pass *pass, struct cause *why);
enum account_db_result account_db_touch(
    struct account_db *db, const char *id, int64_t now, struct cause *why);

/* By id, or by its first 8 digits or more. */
enum account_db_result account_db_session_end(
    struct account_db *db, const char *id, struct cause *why);
enum account_db_result account_db_session_end_user(
    struct account_db *db, const char *name, int64_t *count, struct cause *why);
enum account_db_result account_db_session_end_all(
    struct account_db *db, int64_t *count, struct cause *why);
enum account_db_result account_db_session_list(
    struct account_db *db, int64_t now, json_t **list, struct cause *why);

/* ---- named tokens ---------------------------------------------------- */

enum account_db_result account_db_token_add(struct account_db *db, const char *name, enum role role,
    int64_t now, int64_t expires, char secret[SECRET_SIZE], struct cause *why);
enum account_db_result account_db_token_delete(
    struct account_db *db, const char *name, struct cause *why);
enum account_db_result account_db_token_list(
    struct account_db *db, int64_t now, json_t **list, struct cause *why);

/* ---- a backup ---- */

/* Its content now, for free(3). */
enum account_db_result account_db_save(
    struct account_db *db, unsigned char **bytes, size_t *length, struct cause *why);

/* Put back a backup's users and tokens, in one transaction. Others may have the account database
 * open; everybody has to log in again. ACCOUNT_DB_REFUSED: the bytes are no such backup, or
 * there are users and `force` is false. With `force` a damaged account database is moved to
 * auth.db.corrupt. */
enum account_db_result account_db_restore(struct account_db *db, const unsigned char *bytes,
    size_t length, bool force, int64_t now, struct cause *why);

/* ---- order ----------------------------------------------------------- */

/* End what has expired and make the folder of grants agree with the rows. Due at the start, at
 * *next (when the next one expires; 0: none will) and when the clock was set. */
enum account_db_result account_db_settle(
    struct account_db *db, int64_t now, int64_t *next, struct cause *why);

/* When the next one expires, once all present writes are done. */
enum account_db_result account_db_next(
    struct account_db *db, int64_t now, int64_t *next, struct cause *why);

/* While there is no user: the one-time token for making the first, in STATE_DIR/setup-token
 * (0600); made if it is missing. ACCOUNT_DB_MISSING: there are users. */
enum account_db_result account_db_setup_token(
    struct account_db *db, char token[SETUP_TOKEN_SIZE], struct cause *why);

/* Read such a file. -1 with *why; errno ENOENT when there is none. */
int setup_token_read(const char *path, char token[SETUP_TOKEN_SIZE], struct cause *why);

/* Make the first user, an operator, with the set-up token. ACCOUNT_DB_MISSING: a wrong token, or
 * there is a user already. */
enum account_db_result account_db_setup(struct account_db *db, const char *token, const char *name,
    const char *hash, int64_t now, struct cause *why);

#endif
