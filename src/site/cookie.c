/* SPDX-License-Identifier: ISC */
#include "site/cookie.h"

#include <stdio.h>
#include <string.h>

#include "auth/header.h"

#define COOKIE_SECURE "__Host-"

bool
cookie_find(const struct request *request, const char *name, char secret[SECRET_SIZE])
{
	char full[32];

	snprintf(full, sizeof full, "%s%s",
	    strcmp(request->scheme, "https") == 0 ? COOKIE_SECURE : "", name);
	return header_cookie(request->cookie, full, secret);
}

void
cookie_add(struct reply_head *head, bool secure, const char *name, const char *secret, long seconds)
{
	reply_add(head, "Set-Cookie: %s%s=%s; Path=/; Max-Age=%ld; HttpOnly; SameSite=Strict%s",
	    secure ? COOKIE_SECURE : "", name, secret, seconds, secure ? "; Secure" : "");
}
