/* SPDX-License-Identifier: ISC */
/* internal: what the files of an account database share. Included by src/auth/account_db*.c
 * alone. */
#ifndef ORIEL_AUTH_ACCOUNT_DB_INTERNAL_H
#define ORIEL_AUTH_ACCOUNT_DB_INTERNAL_H

#include <sys/types.h>

#include "auth/account_db.h"
#include "grants/grants.h"
#include "sqlite/sql.h"

enum { ACCOUNT_DB_PATH_SIZE = 512, ACCOUNT_DB_LAYOUT = 1 };

enum account_db_sentence {
	SAY_USER,
	SAY_USER_ADD,
	SAY_USER_PASSWORD,
	SAY_USER_ROLE,
	SAY_USER_DELETE,
	SAY_USER_LIST,
	SAY_SESSION,
	SAY_SESSION_ADD,
	SAY_SESSION_TOUCH,
	SAY_SESSION_DELETE,
	SAY_SESSION_LIKE,
	SAY_SESSION_LIST,
	SAY_SESSION_AFTER,
	/* The id of one session, from ?1 text and ?2 number: see account_db_session_drop_all(). */
	SAY_SESSION_OF_USER,
	SAY_SESSION_LONGEST,
	SAY_SESSION_EXPIRED,
	SAY_TOKEN,
	SAY_TOKEN_NAMED,
	SAY_TOKEN_ADD,
	SAY_TOKEN_TOUCH,
	SAY_TOKEN_DELETE,
	SAY_TOKEN_LIST,
	SAY_LIVE,
	SAY_LASTING,
	SAY_NEXT,
	SAY_SITE,
	SAY_SITE_SET,
	ACCOUNT_DB_SENTENCES
};

struct account_db {
	struct account_db_settings settings;
	struct grants grants;
	struct sql *sql; /* NULL while it cannot be used, for the reason in `closed` */
	struct sql_statement *say[ACCOUNT_DB_SENTENCES];
	struct cause closed;
	bool damaged;	   /* to be closed by the next account_db_ready() */
	uint64_t tried_ns; /* when opening it last failed */
	unsigned openings;
	dev_t device; /* the file that is open */
	ino_t inode;
	char path[ACCOUNT_DB_PATH_SIZE];
};

/* A result of sql as ours; *why, if any, then begins with the file's name. */
enum account_db_result account_db_result(struct account_db *db, int result, struct cause *why);

/* The same for sql_step(): a row is ACCOUNT_DB_OK, none ACCOUNT_DB_MISSING. */
enum account_db_result account_db_row(struct account_db *db, int result, struct cause *why);

/* Bind, step to the end, done. */
#define account_db_do(db, sentence, why, ...) \
	account_db_result((db), sql_do((db)->say[sentence], (why), __VA_ARGS__), (why))

/* The number that the query `text` returns. */
enum account_db_result account_db_number(
    struct account_db *db, const char *text, int64_t *number, struct cause *why);

/* A write transaction: nobody else writes, makes or unlinks grants until its end. */
enum account_db_result account_db_begin(struct account_db *db, struct cause *why);

/* Commit if all went well, otherwise roll back. Returns the outcome. */
enum account_db_result account_db_end(
    struct account_db *db, enum account_db_result result, struct cause *why);

/* The same for a new credential: on failure, its row and its grant are both taken back. */
enum account_db_result account_db_end_new(struct account_db *db, enum account_db_result result,
    const char *id, char secret[SECRET_SIZE], struct cause *why);

/* All rows of `sentence`, in order, as objects; `entry` returns NULL to leave one out. */
typedef json_t *account_db_entry(struct sql_statement *say, int64_t now);
enum account_db_result account_db_list(struct account_db *db, enum account_db_sentence sentence,
    account_db_entry *entry, int64_t now, json_t **list, struct cause *why);

/* May `name` be the name of a user or a token (`what`)? */
bool account_db_name_check(const char *what, const char *name, struct cause *why);

enum account_db_result account_db_publish(struct account_db *db, const char *id, struct cause *why);
enum account_db_result account_db_withdraw(
    struct account_db *db, const char *id, struct cause *why);

/* End a session: first its grant, then its row. In a transaction, like all below. */
enum account_db_result account_db_session_drop(
    struct account_db *db, const char *id, struct cause *why);

/* End sessions as long as `sentence` returns one. *count (may be NULL) grows. */
enum account_db_result account_db_session_drop_all(struct account_db *db,
    enum account_db_sentence sentence, const char *text, int64_t number, int64_t *count,
    struct cause *why);

enum account_db_result account_db_user_insert(struct account_db *db, const char *name,
    const char *hash, enum role role, int64_t now, struct cause *why);

/* Outside a transaction: remove the file, when it is not needed any more. */
void account_db_setup_token_remove(struct account_db *db);

#endif
