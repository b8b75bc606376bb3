/* SPDX-License-Identifier: ISC */
#include "store/sql.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "store/store.h"

enum { STATEMENTS_MAX = 32, BUSY_MS = 2000 };

struct sql_statement {
	struct sql *sql;
	sqlite3_stmt *handle;
};

struct sql {
	sqlite3 *handle;
	int failure;			/* the newest, and its reason */
	struct cause reason;
	unsigned count;
	struct sql_statement statements[STATEMENTS_MAX];
};

static int
sql_fail(struct sql *sql, int failure, struct cause *why, const char *text)
{
	sql->failure = failure;
	cause_set(&sql->reason, "%s", text);
	return sql_last_failure(sql, why);
}

/* SQLite says IOERR where the file system says "no room" in other words. */
static bool
sql_is_full(struct sql *sql, int code)
{
	int reason = sqlite3_system_errno(sql->handle);

	return code == SQLITE_FULL ||
	    (code == SQLITE_IOERR && (reason == ENOSPC || reason == EDQUOT));
}

static int
sql_result(struct sql *sql, int code, struct cause *why)
{
	code &= 0xff;
	if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE)
		return STORE_OK;
	if (sql_is_full(sql, code))
		return sql_fail(sql, STORE_FULL, why, "disk full: the database cannot grow");
	if (code == SQLITE_CANTOPEN && sqlite3_system_errno(sql->handle) != 0)
		return sql_fail(sql, STORE_FAILED, why, strerror(sqlite3_system_errno(sql->handle)));
	return sql_fail(sql, code == SQLITE_CORRUPT || code == SQLITE_NOTADB ?
	    SQL_CORRUPT : STORE_FAILED, why, sqlite3_errmsg(sql->handle));
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

int
sql_open(const char *path, struct sql **sql, struct cause *why)
{
	struct sql *made = calloc(1, sizeof *made);
	int result;

	*sql = NULL;
	if (made == NULL) {
		cause_errno(why, "database");
		return STORE_FAILED;
	}
	result = sqlite3_open_v2(path, &made->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
	    SQLITE_OPEN_NOMUTEX, NULL);
	if (made->handle == NULL) {
		free(made);
		cause_set(why, "database: out of memory");
		return STORE_FAILED;
	}
	sqlite3_extended_result_codes(made->handle, 1);
	result = sql_result(made, result, why);
	if (result == STORE_OK)
		sqlite3_busy_timeout(made->handle, BUSY_MS);
	if (result == STORE_OK && sqlite3_db_readonly(made->handle, "main") == 1)
		result = sql_fail(made, STORE_FAILED, why, "the database is read-only");
	/* A file system without shared memory answers journal_mode with another
	 * mode and goes on; that is as safe, only slower. */
	if (result == STORE_OK)
		result = sql_exec(made, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
		    "PRAGMA cache_size=-1024; PRAGMA journal_size_limit=4194304;"
		    "PRAGMA trusted_schema=OFF; PRAGMA temp_store=MEMORY;", why);
	*sql = made;
	if (result != STORE_OK)
		sql_close(sql);
	return result;
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
	int code = sqlite3_prepare_v2(sql->handle, "PRAGMA quick_check(1)", -1, &handle, NULL);
	const char *said = "";
	int result;

	if (code == SQLITE_OK)
		code = sqlite3_step(handle);
	if (code == SQLITE_ROW)
		said = (const char *)sqlite3_column_text(handle, 0);
	result = sql_result(sql, code, why);
	if (result == STORE_OK && (said == NULL || strcmp(said, "ok") != 0))
		result = sql_fail(sql, SQL_CORRUPT, why, said != NULL ? said : "no answer");
	sqlite3_finalize(handle);
	return result;
}

struct sql_statement *
sql_prepare(struct sql *sql, const char *text, struct cause *why)
{
	struct sql_statement *statement = &sql->statements[sql->count];

	if (sql->count == STATEMENTS_MAX)
		abort();
	if (sql_result(sql, sqlite3_prepare_v3(sql->handle, text, -1, SQLITE_PREPARE_PERSISTENT,
	    &statement->handle, NULL), why) != STORE_OK)
		return NULL;
	statement->sql = sql;
	sql->count++;
	return statement;
}

static void
sql_vbind(struct sql_statement *statement, const char *letters, va_list args)
{
	for (int at = 1; *letters != '\0'; at++, letters++) {
		if (*letters == 'i')
			sqlite3_bind_int64(statement->handle, at, va_arg(args, int64_t));
		else
			sqlite3_bind_text(statement->handle, at, va_arg(args, const char *), -1,
			    SQLITE_STATIC);
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
