/* SPDX-License-Identifier: ISC */
/* auth_worker: the thread beside the event loop that hashes passwords and writes to the account
 * database. Tasks go in through three bounded queues and come back done. Quick tasks wait for
 * one password hash at most. Known clients have places of their own, and wait only for each
 * other, however many strangers guess. */
#ifndef ORIEL_AUTH_AUTH_WORKER_H
#define ORIEL_AUTH_AUTH_WORKER_H

#include <stdbool.h>

#include "auth/account_db.h"

enum {
	AUTH_WORKER_HASHES = 16, /* strangers' passwords that wait or are not answered yet */
	AUTH_WORKER_KNOWN = 8,	 /* and those of known clients */
	AUTH_WORKER_QUICK = 64,	 /* other tasks */
};

enum auth_task_kind {
	AUTH_TASK_LOGIN,  /* name, password, from, device: a session */
	AUTH_TASK_BASIC,  /* name, password: the user */
	AUTH_TASK_SETUP,  /* token, name, password, from: the first user and a session */
	AUTH_TASK_LOGOUT, /* id */
	AUTH_TASK_TOUCH,  /* id */
	AUTH_TASK_SETTLE, /* next; while there is no user also the set-up token */
	AUTH_TASK_NEXT,	  /* next */
	AUTH_TASK_END,	  /* the auth worker's own */
};

struct auth_task {
	enum auth_task_kind kind;
	char name[AUTH_NAME_SIZE], password[PASSWORD_MAX + 1], from[ACCOUNT_DB_FROM_SIZE];
	char token[SETUP_TOKEN_SIZE + 1], id[GRANT_SIZE];
	char device[SECRET_SIZE]; /* "": not known yet; made with the session */
	bool known;		  /* it was right in this process before: goes before strangers */

	enum account_db_result result; /* ACCOUNT_DB_MISSING: wrong password or token */
	struct cause why;
	struct account_db_pass pass;
	char secret[SECRET_SIZE];
	int64_t next;
};

struct auth_worker;

/* NULL with *why for lack of resources. Call it where signals may be blocked. */
struct auth_worker *auth_worker_new(const struct account_db_settings *settings, struct cause *why);

/* Ends the sessions whose log-out was handed in, and passes all other tasks to `drop`, also
 * those that are done and not fetched. Clears *worker. */
void auth_worker_free(struct auth_worker **worker, void (*drop)(void *task));

/* False: too many wait, and the task stays the caller's. */
bool auth_worker_submit(struct auth_worker *worker, struct auth_task *task);

int auth_worker_fd(const struct auth_worker *worker); /* readable: auth_worker_done() has one */
struct auth_task *auth_worker_done(struct auth_worker *worker); /* the caller's again; NULL: none */

#endif
