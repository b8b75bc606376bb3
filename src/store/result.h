/* SPDX-License-Identifier: ISC */
/* result: what a call that reaches the disk returns. */
#ifndef ORIEL_STORE_RESULT_H
#define ORIEL_STORE_RESULT_H

#include "sqlite/sql.h"

/* The database's own results, and one more. */
enum {
	STORE_OK = SQL_OK,
	STORE_FAILED = SQL_FAILED,
	STORE_FULL = SQL_FULL,
	STORE_MISSING = -3,
	STORE_DAMAGED = SQL_DAMAGED
};

#endif
