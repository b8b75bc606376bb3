/* SPDX-License-Identifier: ISC */
/* A database as bytes. */
#include <string.h>

#include "sqlite/sql_internal.h"

enum { HEADER_SIZE = 100, HEADER_WRITE_VERSION = 18, HEADER_READ_VERSION = 19 };

/* A copy has no use for WAL, and there is none in memory
 * (https://www.sqlite.org/fileformat2.html#file_format_version_numbers). */
int
sql_save(struct sql *sql, unsigned char **bytes, size_t *length, struct cause *why)
{
	sqlite3_int64 size = 0;

	*bytes = sqlite3_serialize(sql->handle, "main", &size, 0);
	*length = (size_t)size;
	if (*bytes == NULL)
		return sql_fail(sql, SQL_FAILED, why, "the database cannot be copied");
	if (size < HEADER_SIZE)
		return sql_fail(sql, SQL_FAILED, why, "the database is empty");
	(*bytes)[HEADER_WRITE_VERSION] = (*bytes)[HEADER_READ_VERSION] = 1;
	return SQL_OK;
}

void
sql_bytes_free(unsigned char **bytes)
{
	sqlite3_free(*bytes);
	*bytes = NULL;
}

int
sql_open_bytes(const unsigned char *bytes, size_t length, struct sql **sql, struct cause *why)
{
	int result = sql_open_as(":memory:", SQLITE_OPEN_READWRITE, sql, why);
	unsigned char *own;

	if (result != SQL_OK) {
		sql_close(sql);
		return result;
	}
	own = sqlite3_malloc64(length);
	if (own == NULL) {
		result = sql_fail(*sql, SQL_FAILED, why, "out of memory");
		sql_close(sql);
		return result;
	}
	memcpy(own, bytes, length); /* SQLite owns it from now on */
	result = sql_result(*sql,
	    sqlite3_deserialize((*sql)->handle, "main", own, (sqlite3_int64)length,
		(sqlite3_int64)length,
		SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE),
	    why);
	if (result != SQL_OK)
		sql_close(sql);
	return result;
}

int
sql_copy(struct sql *from, struct sql *to, struct cause *why)
{
	sqlite3_backup *copy = sqlite3_backup_init(to->handle, "main", from->handle, "main");
	int code;

	if (copy == NULL)
		return sql_result(to, sqlite3_extended_errcode(to->handle), why);
	sqlite3_backup_step(copy, -1);
	code = sqlite3_backup_finish(copy);
	return sql_result(to, code, why);
}
