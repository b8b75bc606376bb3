/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "sqlite/sql_internal.h"

enum { BUSY_MS = 2000, STEPS_BETWEEN_LOOKS = 10000 };

int
sql_fail(struct sql *sql, int failure, struct cause *why, const char *text)
{
	sql->failure = failure;
	sql->damaged = sql->damaged || failure == SQL_DAMAGED;
	cause_set(&sql->reason, "%s", text);
	return sql_last_failure(sql, why);
}

/* SQLite says IOERR when the file system reports "no room" in another way. */
static bool
sql_is_full(struct sql *sql, int code)
{
	int reason = sqlite3_system_errno(sql->handle);

	return code == SQLITE_FULL ||
	    (code == SQLITE_IOERR && (reason == ENOSPC || reason == EDQUOT));
}

/* It is no database, or the disk does not return what was written to it. */
static bool
sql_says_damage(int code)
{
	return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB ||
	    code == SQLITE_IOERR_READ || code == SQLITE_IOERR_SHORT_READ ||
	    code == SQLITE_IOERR_CORRUPTFS;
}

int
sql_result(struct sql *sql, int code, struct cause *why)
{
	bool damage = sql_says_damage(code);

	code &= 0xff;
	if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE)
		return SQL_OK;
	if (sql_is_full(sql, code))
		return sql_fail(sql, SQL_FULL, why, "disk full: the database cannot grow");
	if (code == SQLITE_CANTOPEN && sqlite3_system_errno(sql->handle) != 0)
		return sql_fail(sql, SQL_FAILED, why, strerror(sqlite3_system_errno(sql->handle)));
	return sql_fail(sql, damage ? SQL_DAMAGED : SQL_FAILED, why, sqlite3_errmsg(sql->handle));
}

int
sql_found_damage(struct sql *sql, struct cause *why, const char *text)
{
	return sql_fail(sql, SQL_DAMAGED, why, text);
}

bool
sql_is_damaged(const struct sql *sql)
{
	return sql->damaged;
}

int
sql_last_failure(const struct sql *sql, struct cause *why)
{
	cause_set(why, "%s", sql->reason.text);
	return sql->failure;
}

int
sql_exec(struct sql *sql, const char *text, struct cause *why)
{
	return sql_result(sql, sqlite3_exec(sql->handle, text, NULL, NULL, NULL), why);
}

/* ---- row_sum --------------------------------------------------------- */

/* FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/, public domain): enough against bits that
 * change by accident. */
static uint64_t
sum_bytes(uint64_t sum, const void *bytes, size_t length)
{
	const unsigned char *at = bytes;

	while (length-- > 0)
		sum = (sum ^ *at++) * UINT64_C(0x100000001b3);
	return sum;
}

static void
sum_row(sqlite3_context *context, int count, sqlite3_value **values)
{
	uint64_t sum = UINT64_C(0xcbf29ce484222325);

	for (int i = 0; i < count; i++) {
		int kind = sqlite3_value_type(values[i]);
		const void *text = sqlite3_value_text(
		    values[i]); /* numbers too: one form for both */

		sum = sum_bytes(sum, &kind, sizeof kind);
		if (text != NULL)
			sum = sum_bytes(sum, text, (size_t)sqlite3_value_bytes(values[i]));
	}
	sqlite3_result_int64(context, (int64_t)sum);
}

/* ---- opening --------------------------------------------------------- */

static int
sql_look_at_clock(void *arg)
{
	const struct sql *sql = arg;

	return sql->until_ns != 0 && clock_mono_ns() > sql->until_ns;
}

void
sql_limit(struct sql *sql, uint64_t ns)
{
	sql->until_ns = ns != 0 ? clock_mono_ns() + ns : 0;
	sqlite3_progress_handler(
	    sql->handle, ns != 0 ? STEPS_BETWEEN_LOOKS : 0, sql_look_at_clock, sql);
}

static int
sql_set_up(struct sql *sql, struct cause *why)
{
	sqlite3_busy_timeout(sql->handle, BUSY_MS);
	return sql_result(sql,
	    sqlite3_create_function(sql->handle, "row_sum", -1,
		SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, NULL, sum_row, NULL, NULL),
	    why);
}

int
sql_open_as(const char *path, int flags, struct sql **sql, struct cause *why)
{
	struct sql *made = calloc(1, sizeof *made);
	int result;

	*sql = NULL;
	if (made == NULL) {
		cause_errno(why, "database");
		return SQL_FAILED;
	}
	result = sqlite3_open_v2(path, &made->handle, flags | SQLITE_OPEN_NOMUTEX, NULL);
	if (made->handle == NULL) {
		free(made);
		cause_set(why, "database: out of memory");
		return SQL_FAILED;
	}
	sqlite3_extended_result_codes(made->handle, 1);
	result = sql_result(made, result, why);
	if (result == SQL_OK)
		result = sql_set_up(made, why);
	*sql = made;
	if (result != SQL_OK)
		sql_close(sql);
	return result;
}

int
sql_open(const char *path, struct sql **sql, struct cause *why)
{
	int result = sql_open_as(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, sql, why);

	if (result == SQL_OK && sqlite3_db_readonly((*sql)->handle, "main") == 1)
		result = sql_fail(*sql, SQL_FAILED, why, "the database is read-only");
	if (result == SQL_OK)
		result = sql_exec(*sql,
		    "PRAGMA cache_size=-1024; PRAGMA trusted_schema=OFF; PRAGMA temp_store=MEMORY;",
		    why);
	if (result != SQL_OK)
		sql_close(sql);
	return result;
}

int
sql_open_damaged(const char *path, struct sql **sql, struct cause *why)
{
	int result = sql_open_as(path, SQLITE_OPEN_READONLY, sql, why);

	if (result == SQL_OK)
		sql_exec(*sql, "PRAGMA trusted_schema=OFF", NULL);
	return result;
}

/* A file system without shared memory answers journal_mode with another mode. That is as safe,
 * only slower. */
int
sql_make_durable(struct sql *sql, struct cause *why)
{
	return sql_exec(sql,
	    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
	    "PRAGMA journal_size_limit=4194304;",
	    why);
}

void
sql_close(struct sql **sql)
{
	struct sql *gone = *sql;

	if (gone == NULL)
		return;
	for (unsigned i = 0; i < gone->count; i++)
		sqlite3_finalize(gone->statements[i].handle);
	sqlite3_close(gone->handle);
	free(gone);
	*sql = NULL;
}

int
sql_ask(struct sql *sql, const char *text, int64_t *number, struct cause *why)
{
	sqlite3_stmt *handle;
	int code = sqlite3_prepare_v2(sql->handle, text, -1, &handle, NULL);

	*number = 0;
	if (code == SQLITE_OK)
		code = sqlite3_step(handle);
	if (code == SQLITE_ROW)
		*number = sqlite3_column_int64(handle, 0);
	code = sql_result(sql, code, why);
	sqlite3_finalize(handle);
	return code;
}

int
sql_check(struct sql *sql, struct cause *why)
{
	sqlite3_stmt *handle;
	int code = sqlite3_prepare_v2(sql->handle, "PRAGMA integrity_check(1)", -1, &handle, NULL);
	const char *said = "", *behind;
	int result;

	if (code == SQLITE_OK)
		code = sqlite3_step(handle);
	if (code == SQLITE_ROW)
		said = (const char *)sqlite3_column_text(handle, 0);
	/* "*** in database main ***" and what it is on the next line. */
	if (said != NULL && (behind = strchr(said, '\n')) != NULL)
		said = behind + 1;
	result = sql_result(sql, code, why);
	if (result == SQL_OK && (said == NULL || strcmp(said, "ok") != 0))
		result = sql_fail(sql, SQL_DAMAGED, why, said != NULL ? said : "no answer");
	sqlite3_finalize(handle);
	return result;
}

void
sql_forget(struct sql *sql)
{
	sqlite3_db_release_memory(sql->handle);
}

struct sql_statement *
sql_prepare(struct sql *sql, const char *text, struct cause *why)
{
	struct sql_statement *statement = &sql->statements[sql->count];
	int code;

	if (sql->count == STATEMENTS_MAX)
		abort();
	code = sqlite3_prepare_v3(
	    sql->handle, text, -1, SQLITE_PREPARE_PERSISTENT, &statement->handle, NULL);
	if (code == SQLITE_ERROR) { /* our statement is right, so the schema has changed */
		sql_found_damage(sql, why, sqlite3_errmsg(sql->handle));
		return NULL;
	}
	if (sql_result(sql, code, why) != SQL_OK)
		return NULL;
	statement->sql = sql;
	sql->count++;
	return statement;
}

static void
sql_vbind(struct sql_statement *statement, const char *letters, va_list args)
{
	for (int at = 1; *letters != '\0'; at++, letters++) {
		if (*letters == 'i') {
			sqlite3_bind_int64(statement->handle, at, va_arg(args, int64_t));
		} else if (*letters == 'b') {
			const void *bytes = va_arg(args, const void *);

			sqlite3_bind_blob64(
			    statement->handle, at, bytes, va_arg(args, size_t), SQLITE_STATIC);
		} else {
			sqlite3_bind_text(
			    statement->handle, at, va_arg(args, const char *), -1, SQLITE_STATIC);
		}
	}
}

void
sql_bind(struct sql_statement *statement, const char *letters, ...)
{
	va_list args;

	va_start(args, letters);
	sql_vbind(statement, letters, args);
	va_end(args);
}

int
sql_step(struct sql_statement *statement, struct cause *why)
{
	int code = sqlite3_step(statement->handle);

	return code == SQLITE_ROW ? 1 : sql_result(statement->sql, code, why);
}

int64_t
sql_number(struct sql_statement *statement, int column)
{
	return sqlite3_column_int64(statement->handle, column);
}

const char *
sql_text(struct sql_statement *statement, int column)
{
	const char *text = (const char *)sqlite3_column_text(statement->handle, column);

	return text != NULL ? text : "";
}

const void *
sql_bytes(struct sql_statement *statement, int column, size_t *length)
{
	const void *bytes = sqlite3_column_blob(statement->handle, column);

	*length = (size_t)sqlite3_column_bytes(statement->handle, column);
	return bytes;
}

void
sql_done(struct sql_statement *statement)
{
	sqlite3_reset(statement->handle);
	sqlite3_clear_bindings(statement->handle);
}

int
sql_do(struct sql_statement *statement, struct cause *why, const char *letters, ...)
{
	va_list args;
	int result;

	va_start(args, letters);
	sql_vbind(statement, letters, args);
	va_end(args);
	while ((result = sql_step(statement, why)) > 0)
		;
	sql_done(statement);
	return result;
}

int64_t
sql_last_id(const struct sql *sql)
{
	return sqlite3_last_insert_rowid(sql->handle);
}

bool
sql_in_transaction(const struct sql *sql)
{
	return sqlite3_get_autocommit(sql->handle) == 0;
}
