/* SPDX-License-Identifier: ISC */
/* attempt: a request that waits for src/auth, which hashes a password or writes a row. For
 * auth_request.c and login.c only. */
#ifndef ORIEL_SITE_ATTEMPT_H
#define ORIEL_SITE_ATTEMPT_H

#include "auth/auth.h"
#include "fanout/deferred.h"
#include "fastcgi/conn.h"
#include "http/form.h"
#include "site/login.h"
#include "site/login_page.h"

enum { ATTEMPT_MOUNT_SIZE = 128, ATTEMPT_ADDRESS_SIZE = 64 };

struct attempt;

/* Answers attempt->deferred.conn. */
typedef void attempt_finish(struct attempt *attempt, const struct auth_answer *answer);

struct attempt {
	struct deferred deferred; /* first */
	struct login *login;
	struct auth_job *job;
	attempt_finish *finish;
	enum login_page_kind form; /* which one was filled in */
	bool secure;		   /* over TLS */
	/* Copies: the request is gone by then. */
	char user[AUTH_NAME_SIZE], next[NEXT_SIZE], mount[ATTEMPT_MOUNT_SIZE],
	    address[ATTEMPT_ADDRESS_SIZE];
};

/* NULL: out of memory, and the request has been answered. */
struct attempt *attempt_new(
    struct login *login, struct conn *conn, const struct request *request, attempt_finish *finish);

/* For auth_login() etc., with the attempt as argument. */
auth_done attempt_done;

/* They have returned `job`, or NULL and the answer `now`. */
void attempt_begin(struct attempt *attempt, struct auth_job *job, const struct auth_answer *now);

/* What to tell a person, and with which status. */
int attempt_status(const struct auth_answer *answer);
void attempt_words(
    const struct attempt *attempt, const struct auth_answer *answer, struct cause *words);
unsigned attempt_wait(const struct auth_answer *answer); /* Retry-After; 0: none */

/* Log it, for the administrator and for programs that watch the log. */
void attempt_log(const struct attempt *attempt, const struct auth_answer *answer);

#endif
