/* SPDX-License-Identifier: ISC */
/* header: the credentials in the headers of a stranger. No I/O: bytes in, words out.
 *
 * Anything that is not exactly right is no credential; nothing is repaired. */
#ifndef ORIEL_AUTH_HEADER_H
#define ORIEL_AUTH_HEADER_H

#include "auth/secret.h"

enum { AUTH_NAME_SIZE = 33, HEADER_MAX = 8192 };

enum header_kind {
	HEADER_NONE,   /* no Authorization at all ("" or NULL) */
	HEADER_BEARER, /* RFC 6750 section 2.1 */
	HEADER_BASIC,  /* RFC 7617 */
	HEADER_OTHER,  /* another scheme, or a broken one */
};

struct header_credential {
	enum header_kind kind;
	char secret[SECRET_SIZE];  /* HEADER_BEARER: secret_valid() */
	char name[AUTH_NAME_SIZE]; /* HEADER_BASIC: user_name_valid() or "" */
	char password[PASSWORD_MAX + 1];
};

/* Read the value of `Authorization`. Wipe the result after use. */
enum header_kind header_authorization(const char *value, struct header_credential *credential);

/* The secret in the cookie `name` (RFC 6265 section 4.2.1). False when there is none, or two
 * different ones: which one would be meant? */
bool header_cookie(const char *value, const char *name, char secret[SECRET_SIZE]);

/* [a-z0-9][a-z0-9._-]{0,31} */
bool user_name_valid(const char *name);

#endif
