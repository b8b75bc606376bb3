/* SPDX-License-Identifier: ISC */
/* sql: the few calls of SQLite that store and auth need. Only this room knows its header. */
#ifndef ORIEL_SQLITE_SQL_H
#define ORIEL_SQLITE_SQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cause.h"

/* What calls return that have no more to say. */
enum {
	SQL_OK = 0,
	SQL_FAILED = -1,
	SQL_FULL = -2,	  /* the disk has no room */
	SQL_DAMAGED = -4, /* the file holds no database, or not what was written */
};

struct sql;
struct sql_statement; /* prepared, owned by its sql */

/* Open or create the database file, with a busy timeout. Nothing is written yet. */
int sql_open(const char *path, struct sql **sql, struct cause *why);

/* The same for a damaged database, read-only: the file stays as it is. */
int sql_open_damaged(const char *path, struct sql **sql, struct cause *why);
void sql_close(struct sql **sql);

/* WAL and synchronous=FULL: before the first change. */
int sql_make_durable(struct sql *sql, struct cause *why);

/* Run statements that return no rows. */
int sql_exec(struct sql *sql, const char *text, struct cause *why);

/* The first column of the first row, as a number; 0 when there is none. */
int sql_ask(struct sql *sql, const char *text, int64_t *number, struct cause *why);

/* SQLite's own check of the whole file, indexes included
 * (https://www.sqlite.org/pragma.html#pragma_integrity_check). */
int sql_check(struct sql *sql, struct cause *why);

/* Drop what is cached: read everything from the disk again. */
void sql_forget(struct sql *sql);

/* Calls fail once `ns` have passed from now; 0: no limit. */
void sql_limit(struct sql *sql, uint64_t ns);

/* Report damage that was found by other means. Returns SQL_DAMAGED. */
int sql_found_damage(struct sql *sql, struct cause *why, const char *text);

/* Was there ever SQL_DAMAGED? Reads also answer that when the disk cannot be read. */
bool sql_is_damaged(const struct sql *sql);

/* Prepare once, use often. NULL with *why; SQL_DAMAGED when the table or column is missing. The
 * text may use row_sum(…), a checksum of the values given: SQLite does not notice a changed bit
 * inside a value. */
struct sql_statement *sql_prepare(struct sql *sql, const char *text, struct cause *why);

/* Bind all parameters, with a letter for each: 'i' int64_t, 't' const char * (NULL = null; must
 * live until sql_done), 'b' const void * and size_t (the same). */
void sql_bind(struct sql_statement *statement, const char *letters, ...);

/* 1: a row is there; 0: no more rows; below 0: a failure. */
int sql_step(struct sql_statement *statement, struct cause *why);
int64_t sql_number(struct sql_statement *statement, int column);
const char *sql_text(
    struct sql_statement *statement, int column); /* until the next step; never NULL */
const void *sql_bytes(
    struct sql_statement *statement, int column, size_t *length); /* the same; NULL when empty */
void sql_done(struct sql_statement *statement);			  /* ready for the next sql_bind */

/* Bind, step to the end, and sql_done(). */
int sql_do(struct sql_statement *statement, struct cause *why, const char *letters, ...);

/* ---- a database as bytes ---- */
enum { SQL_BYTES_MAX = 512 << 20 };

/* What is committed now (https://www.sqlite.org/backup.html), in *bytes for sql_bytes_free().
 * Others may go on writing. */
int sql_save(struct sql *sql, unsigned char **bytes, size_t *length, struct cause *why);
void sql_bytes_free(unsigned char **bytes);

/* Open such bytes as a database in memory. They stay the caller's and are not changed. */
int sql_open_bytes(const unsigned char *bytes, size_t length, struct sql **sql, struct cause *why);

/* Make `to` a copy of `from`, in one transaction that others see as a whole or not at all. */
int sql_copy(struct sql *from, struct sql *to, struct cause *why);

int64_t sql_last_id(const struct sql *sql);

/* Is a transaction open? SQLite ends one by itself when the disk is full. */
bool sql_in_transaction(const struct sql *sql);

/* The newest failure again: what ended the transaction. */
int sql_last_failure(const struct sql *sql, struct cause *why);

#endif
