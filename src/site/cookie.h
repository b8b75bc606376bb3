/* SPDX-License-Identifier: ISC */
/* cookie: the two cookies of a browser: its session, and its own, which says that somebody has
 * logged in from it before. Over TLS they have a prefix with which the browser itself enforces
 * Secure, Path=/ and no Domain (RFC 6265bis). */
#ifndef ORIEL_SITE_COOKIE_H
#define ORIEL_SITE_COOKIE_H

#include <stdbool.h>

#include "auth/secret.h"
#include "fastcgi/request.h"
#include "http/reply.h"

#define COOKIE_SESSION "oriel"
#define COOKIE_DEVICE "oriel-device"

/* The secret in the cookie; false when there is none. */
bool cookie_find(const struct request *request, const char *name, char secret[SECRET_SIZE]);

/* `secure`: over TLS. A secret "" and 0 seconds delete the cookie. */
void cookie_add(
    struct reply_head *head, bool secure, const char *name, const char *secret, long seconds);

#endif
