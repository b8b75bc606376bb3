/* SPDX-License-Identifier: ISC */
/* sql: the few calls of SQLite that store and auth need, and the only room that
 * knows its header. */
#ifndef ORIEL_SQLITE_SQL_H
#define ORIEL_SQLITE_SQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cause.h"

/* What the calls return that say no more. */
enum {
	SQL_OK = 0,
	SQL_FAILED = -1,
	SQL_FULL = -2,	  /* the disk has no room */
	SQL_DAMAGED = -4, /* what is in the file is no database, or not what was written */
};

struct sql;
struct sql_statement; /* prepared, owned by its sql */

/* Open or create the database file, with a busy timeout. Nothing is written yet. */
int sql_open(const char *path, struct sql **sql, struct cause *why);

/* The same to read only, for what is damaged: the file stays as it is. */
int sql_open_damaged(const char *path, struct sql **sql, struct cause *why);
void sql_close(struct sql **sql);

/* WAL and synchronous=FULL: before the first change. */
int sql_make_durable(struct sql *sql, struct cause *why);

/* Run statements that answer nothing. */
int sql_exec(struct sql *sql, const char *text, struct cause *why);

/* The first column of the first row, once; 0 when there is none. */
int sql_ask(struct sql *sql, const char *text, int64_t *number, struct cause *why);

/* SQLite's own look at the whole file, indexes as well
 * (https://www.sqlite.org/pragma.html#pragma_integrity_check). */
int sql_check(struct sql *sql, struct cause *why);

/* Read all from the disk again. */
void sql_forget(struct sql *sql);

/* What takes longer than this from now on fails; 0: no limit. */
void sql_limit(struct sql *sql, uint64_t ns);

/* Damage that is found by other means: SQL_DAMAGED. */
int sql_found_damage(struct sql *sql, struct cause *why, const char *text);

/* Was there ever SQL_DAMAGED? That is also what reading answers when the disk cannot read. */
bool sql_is_damaged(const struct sql *sql);

/* Prepare once, use often. NULL with *why; SQL_DAMAGED when table or column is not there.
 * row_sum(…) may be used: a number that says whether the values beside it are those that were
 * written. SQLite does not notice a bit that has changed inside a value. */
struct sql_statement *sql_prepare(struct sql *sql, const char *text, struct cause *why);

/* Bind all parameters: a letter each, 'i' int64_t, 't' const char * (NULL = null;
 * must live until sql_done), 'b' const void * and size_t (the same). */
void sql_bind(struct sql_statement *statement, const char *letters, ...);

/* 1: a row is there; 0: no more; below 0: a failure. */
int sql_step(struct sql_statement *statement, struct cause *why);
int64_t sql_number(struct sql_statement *statement, int column);
const char *sql_text(
    struct sql_statement *statement, int column); /* until the next step; never NULL */
const void *sql_bytes(
    struct sql_statement *statement, int column, size_t *length); /* the same; NULL when empty */
void sql_done(struct sql_statement *statement);			  /* ready for the next sql_bind */

/* Bind, step to the end, done. */
int sql_do(struct sql_statement *statement, struct cause *why, const char *letters, ...);

/* ---- a database as bytes ---- */
enum { SQL_BYTES_MAX = 512 << 20 };

/* What is committed now (https://www.sqlite.org/backup.html): *bytes for sql_bytes_free(). Others
 * may go on writing. */
int sql_save(struct sql *sql, unsigned char **bytes, size_t *length, struct cause *why);
void sql_bytes_free(unsigned char **bytes);

/* Open such bytes, which stay the caller's and are not changed: a database in memory. */
int sql_open_bytes(const unsigned char *bytes, size_t length, struct sql **sql, struct cause *why);

/* `to` becomes what `from` is, in one transaction that others see whole or not at all. */
int sql_copy(struct sql *from, struct sql *to, struct cause *why);

int64_t sql_last_id(const struct sql *sql);

/* Is a transaction open? SQLite ends one by itself when the disk is full. */
bool sql_in_transaction(const struct sql *sql);

/* The newest failure again: what ended the transaction. */
int sql_last_failure(const struct sql *sql, struct cause *why);

#endif
