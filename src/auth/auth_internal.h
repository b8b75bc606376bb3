/* SPDX-License-Identifier: ISC */
/* auth_internal: what auth.c and auth_jobs.c share. Included by those two alone. */
#ifndef ORIEL_AUTH_AUTH_INTERNAL_H
#define ORIEL_AUTH_AUTH_INTERNAL_H

#include "auth/auth.h"
#include "auth/auth_worker.h"

enum { MEMORIES = 64, TOUCHES = 256 };

struct auth_job {
	struct auth_task task; /* first: the auth worker hands it back */
	struct auth *auth;
	auth_done *done; /* NULL: nobody waits */
	void *arg;
	struct auth_job *next;	 /* Basic under way, or joined to one */
	struct auth_job *joined; /* the same credential: answered with this one */
	unsigned char digest[16];
	char address[64],
	    account[SECRET_SIZE]; /* who waits; of a known device only itself, as `account` */
};

struct memory {			  /* of a password that was right */
	unsigned char digest[16]; /* keyed, of name and password */
	uint64_t until_ns; /* as HTTP Basic it is so until then, monotonic; then it only was */
	char grant[GRANT_SIZE];
};

struct touch { /* lately asked of the auth worker */
	char id[GRANT_SIZE];
	uint64_t mono_ns;
};

enum order { ORDER_NONE, ORDER_NEXT, ORDER_SETTLE };

struct auth {
	struct account_db_settings settings;
	struct grants grants;
	struct account_db *db; /* the loop's own, for reading */
	struct auth_worker *worker;
	struct grant_watch *holds;
	struct backoff *backoff; /* borrowed */
	int poll, timer;
	unsigned openings;		     /* of the account database, seen */
	bool ordering;			     /* the auth worker is at it */
	enum order wanted;		     /* afterwards */
	bool reading_failed, writing_failed; /* said */
	unsigned joined;
	struct auth_job *basics;
	unsigned char key[SECRET_KEY_BYTES];
	struct memory memories[MEMORIES];
	struct touch touches[TOUCHES];
};

enum auth_result auth_result_of(enum account_db_result result);
void auth_pass_set(struct auth_pass *pass, enum auth_kind kind, const struct account_db_pass *from);

/* What came of reading the account database: trouble is said once; another account database makes work. */
void auth_note_read(struct auth *auth, enum account_db_result result, const struct cause *why);

/* Hand over what nobody waits for; false: no room, it is not done. */
bool auth_send(struct auth *auth, enum auth_task_kind kind, const char *id);

/* Answer what the auth worker has done, and free it; or free it without a word. */
void auth_job_finish(struct auth_job *job);
void auth_job_drop(void *task);

#endif
