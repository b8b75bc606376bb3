/* SPDX-License-Identifier: ISC */
/* answer: somebody's claim, and the answer to it. */
#ifndef ORIEL_AUTH_ANSWER_H
#define ORIEL_AUTH_ANSWER_H

#include <stdint.h>

#include "auth/account_db.h"
#include "auth/header.h"
#include "auth/secret.h"
#include "base/cause.h"
#include "base/role.h"

enum auth_result {
	AUTH_OK,
	AUTH_DENIED,  /* no such credential, ended, expired, or the wrong password */
	AUTH_WAIT,    /* too many wrong passwords: answer.wait_s (429, Retry-After) */
	AUTH_BUSY,    /* too many are being hashed (503, Retry-After: 1) */
	AUTH_REFUSED, /* a rule forbids it: answer.why is for the person who asked (400) */
	AUTH_TROUBLE, /* our fault: answer.why is for the log (503) */
};

enum auth_kind { AUTH_SESSION, AUTH_TOKEN, AUTH_BASIC };

struct auth_pass {
	enum auth_kind kind;
	enum role role;
	char user[AUTH_NAME_SIZE]; /* of a token: its name */
	char grant[GRANT_SIZE];	   /* for grant_hold_begin() and X-Oriel-Grant */
	int64_t expires;	   /* seconds since 1970; 0: never */
};

struct auth_answer {
	enum auth_result result;
	unsigned wait_s;	  /* AUTH_WAIT */
	struct auth_pass pass;	  /* AUTH_OK */
	char secret[SECRET_SIZE]; /* of a new session: for the cookie, or as Bearer */
	char device[SECRET_SIZE]; /* another cookie, by which this browser is known from now on */
	struct cause why;
};

/* The callee may use the answer until it returns; then the secret in it is wiped. */
typedef void auth_done(void *arg, const struct auth_answer *answer);

/* Somebody's claim. No text is NULL. */
struct auth_claim {
	const char *address; /* the peer's, as nginx gives it in REMOTE_ADDR */
	const char *name, *password;
	const char *from;   /* for the list of sessions: "203.0.113.7 Firefox…" */
	const char *device; /* the cookie that an earlier log-in gave; "": none */
};

enum auth_result auth_result_of(enum account_db_result result);
void auth_pass_set(struct auth_pass *pass, enum auth_kind kind, const struct account_db_pass *from);

#endif
