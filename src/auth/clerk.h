/* SPDX-License-Identifier: ISC */
/* clerk: the thread beside the event loop that hashes passwords and writes in the
 * book. Errands go in through three bounded queues and come back done. What is quick is never
 * kept waiting by more than the one password being hashed; who has been here before has places
 * of his own, and waits for his like alone, however many strangers guess. */
#ifndef ORIEL_AUTH_CLERK_H
#define ORIEL_AUTH_CLERK_H

#include <stdbool.h>

#include "auth/book.h"

enum {
	CLERK_HASHES = 16, /* passwords waiting or not yet answered: strangers' */
	CLERK_KNOWN = 8,   /* and those of who is known */
	CLERK_QUICK = 64,  /* other errands */
};

enum errand_kind {
	ERRAND_LOGIN,  /* name, password, from, device: a session */
	ERRAND_BASIC,  /* name, password: the user */
	ERRAND_SETUP,  /* token, name, password, from: the first user and a session */
	ERRAND_LOGOUT, /* id */
	ERRAND_TOUCH,  /* id */
	ERRAND_SETTLE, /* next; while there is no user also the set-up token */
	ERRAND_NEXT,   /* next */
	ERRAND_END,    /* the clerk's own */
};

struct errand {
	enum errand_kind kind;
	char name[AUTH_NAME_SIZE], password[PASSWORD_MAX + 1], from[BOOK_FROM_SIZE];
	char token[SETUP_TOKEN_SIZE + 1], id[GRANT_SIZE];
	char device[SECRET_SIZE]; /* "": not known yet, is made with the session */
	bool known;		  /* it was right here before: before strangers */

	enum book_result result; /* BOOK_MISSING: wrong password or token */
	struct cause why;
	struct book_pass pass;
	char secret[SECRET_SIZE];
	int64_t next;
};

struct clerk;

/* NULL with *why for lack of resources. Make it where signals may be blocked. */
struct clerk *clerk_new(const struct book_settings *settings, struct cause *why);

/* End the sessions that it was told to, drop all else through `drop`, also what is done and
 * not fetched. Clears *clerk. */
void clerk_free(struct clerk **clerk, void (*drop)(void *errand));

/* False: too many wait, and the errand stays the caller's. */
bool clerk_submit(struct clerk *clerk, struct errand *errand);

int clerk_fd(const struct clerk *clerk);	/* readable: clerk_done() has one */
struct errand *clerk_done(struct clerk *clerk); /* the caller's again; NULL: none */

#endif
