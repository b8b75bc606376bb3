/* SPDX-License-Identifier: ISC */
/* inside: what the files of a book share. Included by src/auth/book*.c alone. */
#ifndef ORIEL_AUTH_INSIDE_H
#define ORIEL_AUTH_INSIDE_H

#include <sys/types.h>

#include "auth/book.h"
#include "grants/grants.h"
#include "store/sql.h"
#include "store/store.h"

enum { BOOK_PATH_SIZE = 512, BOOK_LAYOUT = 1 };

enum book_sentence {
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
	/* One session's id each, from ?1 text and ?2 number: see book_session_drop_all(). */
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
	BOOK_SENTENCES
};

struct book {
	struct book_settings settings;
	struct grants grants;
	struct sql *sql; /* NULL while it cannot be used, for the reason in `closed` */
	struct sql_statement *say[BOOK_SENTENCES];
	struct cause closed;
	bool damaged;	   /* to be closed by the next book_ready() */
	uint64_t tried_ns; /* when it was last opened in vain */
	unsigned openings;
	dev_t device; /* the file that is open */
	ino_t inode;
	char path[BOOK_PATH_SIZE];
};

/* A STORE_ result as ours; *why, where there is one, then begins with the file's name. */
enum book_result book_result(struct book *book, int result, struct cause *why);

/* The same of sql_step(): a row is BOOK_OK, none BOOK_MISSING. */
enum book_result book_row(struct book *book, int result, struct cause *why);

/* Bind, step to the end, done. */
#define book_do(book, sentence, why, ...) \
	book_result((book), sql_do((book)->say[sentence], (why), __VA_ARGS__), (why))

/* The one number that `text` asks for. */
enum book_result book_number(
    struct book *book, const char *text, int64_t *number, struct cause *why);

/* A write transaction: nobody else writes, makes or unlinks grants until its end. */
enum book_result book_begin(struct book *book, struct cause *why);

/* Commit if all went well, else roll back. Returns what came of it. */
enum book_result book_end(struct book *book, enum book_result result, struct cause *why);

/* The same for a credential just made: when nothing came of it, both are taken back. */
enum book_result book_end_new(struct book *book, enum book_result result, const char *id,
    char secret[SECRET_SIZE], struct cause *why);

/* All rows of `sentence`, in their order, as objects; NULL of `entry`: not that one. */
typedef json_t *book_entry(struct sql_statement *say, int64_t now);
enum book_result book_list(struct book *book, enum book_sentence sentence, book_entry *entry,
    int64_t now, json_t **list, struct cause *why);

/* Will `name` do for a user or a token (`what`)? */
bool book_name_check(const char *what, const char *name, struct cause *why);

enum book_result book_publish(struct book *book, const char *id, struct cause *why);
enum book_result book_withdraw(struct book *book, const char *id, struct cause *why);

/* End a session: its grant, then its row. In a transaction, like all below. */
enum book_result book_session_drop(struct book *book, const char *id, struct cause *why);

/* End sessions as long as `sentence` names one more. *count (may be NULL) grows. */
enum book_result book_session_drop_all(struct book *book, enum book_sentence sentence,
    const char *text, int64_t number, int64_t *count, struct cause *why);

enum book_result book_user_insert(struct book *book, const char *name, const char *hash,
    enum role role, int64_t now, struct cause *why);

/* Outside a transaction: the file, when its time is over. */
void book_setup_token_remove(struct book *book);

#endif
