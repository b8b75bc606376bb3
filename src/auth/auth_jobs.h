/* SPDX-License-Identifier: ISC */
/* auth_jobs: what takes time (a password to hash, a row to write) and is answered later; and the
 * passwords that were right lately. */
#ifndef ORIEL_AUTH_AUTH_JOBS_H
#define ORIEL_AUTH_AUTH_JOBS_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/account_reader.h"
#include "auth/answer.h"
#include "auth/auth_worker.h"
#include "auth/backoff.h"
#include "grants/grants.h"

enum { AUTH_JOBS = 64, AUTH_BASIC_S = 60, AUTH_MEMORIES = 64 };

struct auth_memory {		  /* one password that was right */
	unsigned char digest[16]; /* keyed, of name and password */
	uint64_t until_ns; /* accepted as HTTP Basic until then, monotonic; afterwards only known to
			      have been right */
	char grant[GRANT_SIZE];
};

struct auth_jobs {
	struct account_reader *reader; /* these four are borrowed */
	const struct grants *grants;
	struct auth_worker *worker;
	struct backoff *backoff;

	struct auth_job *basics; /* HTTP Basic under way */
	unsigned joined;
	unsigned char key[SECRET_KEY_BYTES];
	struct auth_memory memories[AUTH_MEMORIES];
};

struct auth_job;

/* As auth_login() etc., which document them. */
struct auth_job *auth_jobs_login(struct auth_jobs *jobs, const struct auth_claim *claim,
    auth_done *done, void *arg, struct auth_answer *now);
struct auth_job *auth_jobs_basic(struct auth_jobs *jobs, const struct auth_claim *claim,
    auth_done *done, void *arg, struct auth_answer *now);
struct auth_job *auth_jobs_setup(struct auth_jobs *jobs, const struct auth_claim *claim,
    const char *token, auth_done *done, void *arg, struct auth_answer *now);
struct auth_job *auth_jobs_logout(
    struct auth_jobs *jobs, const char *grant, auth_done *done, void *arg, struct auth_answer *now);
enum auth_result auth_jobs_check_basic(
    struct auth_jobs *jobs, const char *name, const char *password, struct auth_pass *pass);

/* Hand over a task that nobody waits for. False: no room, it is not done. */
bool auth_jobs_send(struct auth_jobs *jobs, enum auth_task_kind kind, const char *id);

/* Answer what the auth worker has done, and free it; or free it without a word. */
void auth_jobs_finish(struct auth_task *task);
void auth_jobs_drop(void *task);

void auth_job_cancel(struct auth_job **job);

#endif
