/* SPDX-License-Identifier: ISC */
#include "base/role.h"

#include <stddef.h>
#include <string.h>

static const char *const words[] = { "none", "viewer", "operator" };

enum role
role_parse(const char *word)
{
	for (int role = ROLE_VIEWER; word != NULL && role <= ROLE_OPERATOR; role++)
		if (strcmp(word, words[role]) == 0)
			return (enum role)role;
	return ROLE_NONE;
}

const char *
role_word(enum role role)
{
	return words[role];
}
