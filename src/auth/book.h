/* SPDX-License-Identifier: ISC */
/* book: users, sessions and tokens, in STATE_DIR/auth.db (0600), and the grants of
 * those that are good now. Blocks (SQLite, fsync); one thread at a time.
 *
 * oriel-fcgi's workers and orielctl each open the same file. A credential is good when
 * it has its row and its file in the folder of grants, which says the same to who holds
 * connections. Both change inside one write transaction of SQLite, whoever does it: what begins
 * is published before the commit; what ends is unlinked before it. So a crash, a full
 * disk or a power loss in between ends a session early and never late, and
 * book_settle() brings to its end what had begun to end. What returned BOOK_OK is on disk.
 *
 * `why` is never NULL. Times are seconds since 1970, given by the caller (`now`):
 * a book reads no clock. */
#ifndef ORIEL_AUTH_BOOK_H
#define ORIEL_AUTH_BOOK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "auth/header.h"
#include "auth/secret.h"
#include "base/cause.h"
#include "base/role.h"

enum book_result {
	BOOK_OK,
	BOOK_MISSING, /* no such user, session, token; or the wrong proof */
	BOOK_EXISTS,  /* the name is taken */
	BOOK_REFUSED, /* a rule says no: *why is for who asked */
	BOOK_TROUBLE, /* the database or the folder of grants: *why is for the administrator */
};

enum {
	BOOK_USERS_MAX = 1000,
	BOOK_TOKENS_MAX = 1000,
	BOOK_SESSIONS_USER = 32,
	BOOK_SESSIONS_MAX = 10000, /* beyond: the longest unused go */
	BOOK_SEEN_S = 60,	   /* how exactly `seen` is kept */
	BOOK_FUTURE_S = 86400, /* made later than this from now: refused, the clock has jumped */
	BOOK_FROM_SIZE = 64,
};

struct book_settings {
	/* Borrowed. Which run_dir holds the grants is said by who settles (a worker) and
	 * kept in the book; for all others (orielctl) theirs counts only before that. */
	const char *state_dir, *run_dir;
	int64_t idle_s, absolute_s; /* how long a session lasts unused, and at most */
};

/* Who may come in. */
struct book_pass {
	enum role role;
	char user[AUTH_NAME_SIZE]; /* or the token's name */
	char grant[GRANT_SIZE];
	int64_t expires; /* 0: never */
	bool stale;	 /* `seen` is older than BOOK_SEEN_S: book_touch() is due */
};

struct book;

/* NULL only when out of memory, or for paths too long. The first call that needs the file
 * opens it, and makes it if it is not there; while it cannot be opened each call
 * is BOOK_TROUBLE, and tries again (at most every 5 s). */
struct book *book_new(const struct book_settings *settings, struct cause *why);
void book_free(struct book **book);

/* Is it open? Opens it again when it was not, or when another file has taken its place
 * (a backup); book_openings() has then grown, and book_settle() is due. */
enum book_result book_ready(struct book *book, struct cause *why);
unsigned book_openings(const struct book *book);

/* ---- who comes: reads only, some µs ------------------------------------------------- */

/* A session's or a token's secret, by its form. BOOK_MISSING: none, ended, expired. */
enum book_result book_check(
    struct book *book, const char *secret, int64_t now, struct book_pass *pass, struct cause *why);

/* The user as it is now, and the hash of the password. */
enum book_result book_user(struct book *book, const char *name, struct book_pass *pass,
    char hash[HASH_SIZE], struct cause *why);
enum book_result book_count_users(struct book *book, int64_t *count, struct cause *why);

/* ---- users ----------------------------------------------------------------------------- */

enum book_result book_user_add(struct book *book, const char *name, const char *hash,
    enum role role, int64_t now, struct cause *why); /* the set-up token goes */

/* These end the user's sessions, everywhere and at once. */
enum book_result book_user_password(
    struct book *book, const char *name, const char *hash, int64_t now, struct cause *why);
enum book_result book_user_role(
    struct book *book, const char *name, enum role role, struct cause *why);
enum book_result book_user_delete(struct book *book, const char *name, struct cause *why);

/* *list: a new array of objects; newest last. */
enum book_result book_user_list(struct book *book, json_t **list, struct cause *why);

/* ---- sessions -------------------------------------------------------------------------- */

/* `from`: address and program of the browser, for the list; cut, may be "". The user must
 * still have the grant `user->grant` (that of the password that was right). */
enum book_result book_session_add(struct book *book, const struct book_pass *user, const char *from,
    int64_t now, char secret[SECRET_SIZE], struct book_pass *pass, struct cause *why);
enum book_result book_touch(struct book *book, const char *id, int64_t now, struct cause *why);

/* By id, or the first 8 digits and more of one. */
enum book_result book_session_end(struct book *book, const char *id, struct cause *why);
enum book_result book_session_end_user(
    struct book *book, const char *name, int64_t *count, struct cause *why);
enum book_result book_session_end_all(struct book *book, int64_t *count, struct cause *why);
enum book_result book_session_list(
    struct book *book, int64_t now, json_t **list, struct cause *why);

/* ---- named tokens ----------------------------------------------------------------------- */

enum book_result book_token_add(struct book *book, const char *name, enum role role, int64_t now,
    int64_t expires, char secret[SECRET_SIZE], struct cause *why);
enum book_result book_token_delete(struct book *book, const char *name, struct cause *why);
enum book_result book_token_list(struct book *book, int64_t now, json_t **list, struct cause *why);

/* ---- a backup ---- */

/* What is in it now, for free(3). */
enum book_result book_save(
    struct book *book, unsigned char **bytes, size_t *length, struct cause *why);

/* The users and tokens of then, in one transaction, while others may have the book open; everybody has to
 * log in again. BOOK_REFUSED: these bytes will not do, or there are users and `force` was not said. With
 * it a damaged book is moved to auth.db.corrupt. */
enum book_result book_restore(struct book *book, const unsigned char *bytes, size_t length,
    bool force, int64_t now, struct cause *why);

/* ---- order ------------------------------------------------------------------------------ */

/* End what has expired and make the folder of grants agree with the rows: at start,
 * at *next (when the next one expires; 0: none will) and when the clock was set. */
enum book_result book_settle(struct book *book, int64_t now, int64_t *next, struct cause *why);

/* When the next one expires, after all that is being written now. */
enum book_result book_next(struct book *book, int64_t now, int64_t *next, struct cause *why);

/* While there is no user: the one-time token for making the first, in STATE_DIR/setup-token
 * (0600); made if it is not there. BOOK_MISSING: there are users. */
enum book_result book_setup_token(
    struct book *book, char token[SETUP_TOKEN_SIZE], struct cause *why);

/* What is in such a file. -1 with *why; errno ENOENT when there is none. */
int setup_token_read(const char *path, char token[SETUP_TOKEN_SIZE], struct cause *why);

/* Make the first user, an operator, for who knows the set-up token. BOOK_MISSING: a
 * wrong token, or there is a user already. */
enum book_result book_setup(struct book *book, const char *token, const char *name,
    const char *hash, int64_t now, struct cause *why);

#endif
