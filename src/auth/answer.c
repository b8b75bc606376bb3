/* SPDX-License-Identifier: ISC */
#include "auth/answer.h"

#include <string.h>

enum auth_result
auth_result_of(enum account_db_result result)
{
	switch (result) {
	case ACCOUNT_DB_OK: return AUTH_OK;
	case ACCOUNT_DB_MISSING: return AUTH_DENIED;
	case ACCOUNT_DB_EXISTS:
	case ACCOUNT_DB_REFUSED: return AUTH_REFUSED;
	case ACCOUNT_DB_TROUBLE: break;
	}
	return AUTH_TROUBLE;
}

void
auth_pass_set(struct auth_pass *pass, enum auth_kind kind, const struct account_db_pass *from)
{
	memset(pass, 0, sizeof *pass);
	pass->kind = kind;
	pass->role = from->role;
	pass->expires = from->expires;
	memcpy(pass->user, from->user, sizeof pass->user);
	memcpy(pass->grant, from->grant, sizeof pass->grant);
}
