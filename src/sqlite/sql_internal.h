/* SPDX-License-Identifier: ISC */
/* sql_internal: SQLite itself, for the files of sql alone. */
#ifndef ORIEL_SQLITE_SQL_INTERNAL_H
#define ORIEL_SQLITE_SQL_INTERNAL_H

#include <sqlite3.h>
#include <stdbool.h>

#include "sqlite/sql.h"

enum { STATEMENTS_MAX = 40 };

struct sql_statement {
	struct sql *sql;
	sqlite3_stmt *handle;
};

struct sql {
	sqlite3 *handle;
	int failure; /* the newest failure and its reason */
	struct cause reason;
	bool damaged;
	uint64_t until_ns; /* 0: no limit */
	unsigned count;
	struct sql_statement statements[STATEMENTS_MAX];
};

/* Keep the failure and its reason, also in *why; returns it. */
int sql_fail(struct sql *sql, int failure, struct cause *why, const char *text);

/* SQL_OK, or what SQLite's `code` is for us, with its words in *why. */
int sql_result(struct sql *sql, int code, struct cause *why);

/* As sql_open(), with SQLite's own flags; *sql is NULL on failure. */
int sql_open_as(const char *path, int flags, struct sql **sql, struct cause *why);

#endif
