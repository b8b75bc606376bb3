/* SPDX-License-Identifier: ISC */
#include "auth/auth_jobs.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

struct auth_job {
	struct auth_task task; /* first: the auth worker hands it back */
	struct auth_jobs *jobs;
	auth_done *done; /* NULL: nobody waits */
	void *arg;
	struct auth_job *next;	 /* Basic under way, or joined to one */
	struct auth_job *joined; /* the same credential: answered with this one */
	unsigned char digest[16];
	char address[64], account[SECRET_SIZE]; /* whose attempt is counted; for a known device the
						   device alone, as `account` */
};

/* ---- jobs ------------------------------------------------------------ */

static void
auth_job_free(struct auth_job *job)
{
	secret_wipe(job, sizeof *job);
	free(job);
}

void
auth_jobs_drop(void *task)
{
	struct auth_job *job = task, *joined;

	while ((joined = job->joined) != NULL) {
		job->joined = joined->next;
		auth_job_free(joined);
	}
	auth_job_free(job);
}

static struct auth_job *
auth_job_new(struct auth_jobs *jobs, enum auth_task_kind kind, auth_done *done, void *arg)
{
	struct auth_job *job = calloc(1, sizeof *job);

	if (job == NULL)
		return NULL;
	job->task.kind = kind;
	job->jobs = jobs;
	job->done = done;
	job->arg = arg;
	return job;
}

void
auth_job_cancel(struct auth_job **job)
{
	if (*job != NULL)
		(*job)->done = NULL;
	*job = NULL;
}

static struct auth_job *
answer_now(struct auth_answer *now, enum auth_result result, const char *why)
{
	memset(now, 0, sizeof *now);
	now->result = result;
	cause_set(&now->why, "%s", why);
	return NULL;
}

bool
auth_jobs_send(struct auth_jobs *jobs, enum auth_task_kind kind, const char *id)
{
	struct auth_job *job = auth_job_new(jobs, kind, NULL, NULL);

	if (job == NULL)
		return false;
	snprintf(job->task.id, sizeof job->task.id, "%s", id);
	if (auth_worker_submit(jobs->worker, &job->task))
		return true;
	auth_job_free(job);
	return false;
}

/* ---- HTTP Basic, from memory ----------------------------------------- */

static struct auth_memory *
memory_of(struct auth_jobs *jobs, const unsigned char digest[16])
{
	return &jobs->memories[digest[0] % AUTH_MEMORIES];
}

static void
auth_remember_basic(struct auth_jobs *jobs, const struct auth_job *job)
{
	struct auth_memory *memory = memory_of(jobs, job->digest);

	memcpy(memory->digest, job->digest, sizeof memory->digest);
	memcpy(memory->grant, job->task.pass.grant, sizeof memory->grant);
	memory->until_ns = clock_mono_ns() + AUTH_BASIC_S * CLOCK_S;
}

/* Remember that it was right, and nothing else. */
static void
auth_remember_login(struct auth_jobs *jobs, const struct auth_job *job)
{
	struct auth_memory *memory = memory_of(jobs, job->digest);

	if (secret_equal(memory->digest, job->digest, sizeof memory->digest))
		return;
	*memory = (struct auth_memory){ .until_ns = 0 };
	memcpy(memory->digest, job->digest, sizeof memory->digest);
}

enum auth_result
auth_jobs_check_basic(
    struct auth_jobs *jobs, const char *name, const char *password, struct auth_pass *pass)
{
	struct auth_memory *memory;
	struct account_db_pass user;
	enum account_db_result result;
	unsigned char digest[16];
	char hash[HASH_SIZE];

	secret_keyed(jobs->key, name, password, digest);
	memory = memory_of(jobs, digest);
	if (clock_mono_ns() >= memory->until_ns ||
	    !secret_equal(memory->digest, digest, sizeof digest))
		return AUTH_DENIED;
	result = account_reader_user(jobs->reader, name, &user, hash);
	secret_wipe(hash, sizeof hash);
	if (result == ACCOUNT_DB_OK &&
	    (strcmp(user.grant, memory->grant) != 0 || !grants_have(jobs->grants, user.grant)))
		result = ACCOUNT_DB_MISSING;
	if (result == ACCOUNT_DB_OK)
		memory->until_ns = clock_mono_ns() + AUTH_BASIC_S * CLOCK_S;
	auth_pass_set(pass, AUTH_BASIC, &user);
	return auth_result_of(result);
}

/* ---- later ----------------------------------------------------------- */

static const char *
or_null(const char *text)
{
	return text[0] != '\0' ? text : NULL;
}

/* Has this browser logged in under that name before? Then it waits only for its own wrong
 * passwords, not for others' (OWASP, "Slow Down Online Guessing Attacks with Device Cookies"). */
static bool
auth_knows(struct auth_jobs *jobs, const struct auth_claim *claim)
{
	enum account_db_result result;
	struct account_db_pass user;
	char hash[HASH_SIZE];
	bool known;

	if (claim->device[0] == '\0' || !user_name_valid(claim->name))
		return false;
	result = account_reader_user(jobs->reader, claim->name, &user, hash);
	known = result == ACCOUNT_DB_OK && secret_is_device(claim->device, claim->name, hash);
	secret_wipe(hash, sizeof hash);
	return known;
}

/* Was this password right for this name before, in this process? Then it gets a place of its
 * own. It still waits for wrong passwords, or a guesser would see who does not have to. */
static bool
auth_recalls(struct auth_jobs *jobs, const unsigned char digest[16])
{
	return secret_equal(memory_of(jobs, digest)->digest, digest, 16);
}

/* A name or password that nobody can have becomes an empty name: as much work, and never right. */
static void
auth_job_fill(struct auth_job *job, const struct auth_claim *claim)
{
	struct auth_task *task = &job->task;

	if (user_name_valid(claim->name) &&
	    strnlen(claim->password, PASSWORD_MAX + 1) <= PASSWORD_MAX)
		snprintf(task->name, sizeof task->name, "%s", claim->name);
	snprintf(task->password, sizeof task->password, "%s", claim->password);
	snprintf(task->from, sizeof task->from, "%s", claim->from);
	secret_keyed(job->jobs->key, claim->name, claim->password, job->digest);
	if (auth_knows(job->jobs, claim)) {
		task->known = true;
		snprintf(task->device, sizeof task->device, "%s", claim->device);
		memcpy(job->account, task->device, sizeof job->account);
	} else {
		task->known = auth_recalls(job->jobs, job->digest);
		snprintf(job->address, sizeof job->address, "%s", claim->address);
		snprintf(job->account, sizeof job->account, "%s", task->name);
	}
}

/* Hash a password, after the wait for wrong ones. */
static struct auth_job *
auth_job_submit(struct auth_job *job, struct auth_answer *now)
{
	struct auth_jobs *jobs = job->jobs;
	unsigned wait_s = backoff_begin(
	    jobs->backoff, or_null(job->address), or_null(job->account), clock_mono_ns());

	if (wait_s > 0) {
		answer_now(now, AUTH_WAIT, "too many wrong passwords");
		now->wait_s = wait_s;
	} else if (auth_worker_submit(jobs->worker, &job->task)) {
		return job;
	} else {
		backoff_undo(jobs->backoff, or_null(job->address), or_null(job->account));
		answer_now(now, AUTH_BUSY, "too many log in at once");
	}
	auth_job_free(job);
	return NULL;
}

struct auth_job *
auth_jobs_login(struct auth_jobs *jobs, const struct auth_claim *claim, auth_done *done, void *arg,
    struct auth_answer *now)
{
	struct auth_job *job = auth_job_new(jobs, AUTH_TASK_LOGIN, done, arg);

	if (job == NULL)
		return answer_now(now, AUTH_TROUBLE, "out of memory");
	auth_job_fill(job, claim);
	return auth_job_submit(job, now);
}

static struct auth_job *
basic_join(struct auth_job *job, struct auth_answer *now)
{
	struct auth_job *first = job->jobs->basics;

	while (first != NULL && !secret_equal(first->digest, job->digest, sizeof job->digest))
		first = first->next;
	if (first == NULL) {
		job = auth_job_submit(job, now);
		if (job == NULL)
			return NULL;
		job->next = job->jobs->basics;
		job->jobs->basics = job;
	} else if (job->jobs->joined == AUTH_JOBS) {
		auth_job_free(job);
		return answer_now(now, AUTH_BUSY, "too many log in at once");
	} else {
		job->jobs->joined++;
		job->next = first->joined;
		first->joined = job;
	}
	return job;
}

/* A dashboard with eight pictures asks eight times at once: one hash answers all. */
struct auth_job *
auth_jobs_basic(struct auth_jobs *jobs, const struct auth_claim *claim, auth_done *done, void *arg,
    struct auth_answer *now)
{
	struct auth_job *job = auth_job_new(jobs, AUTH_TASK_BASIC, done, arg);

	if (job == NULL)
		return answer_now(now, AUTH_TROUBLE, "out of memory");
	auth_job_fill(job, claim);
	return basic_join(job, now);
}

struct auth_job *
auth_jobs_setup(struct auth_jobs *jobs, const struct auth_claim *claim, const char *token,
    auth_done *done, void *arg, struct auth_answer *now)
{
	struct auth_job *job;
	struct cause why;

	if (!user_name_valid(claim->name))
		return answer_now(now, AUTH_REFUSED,
		    "a name is 1 to 32 of a-z, 0-9, '.', '_', '-', and begins "
		    "with a letter or digit");
	if (password_check(claim->password, &why) == -1)
		return answer_now(now, AUTH_REFUSED, why.text);
	job = auth_job_new(jobs, AUTH_TASK_SETUP, done, arg);
	if (job == NULL)
		return answer_now(now, AUTH_TROUBLE, "out of memory");
	auth_job_fill(job, claim);
	snprintf(job->task.token, sizeof job->task.token, "%s", token);
	return auth_job_submit(job, now);
}

struct auth_job *
auth_jobs_logout(
    struct auth_jobs *jobs, const char *grant, auth_done *done, void *arg, struct auth_answer *now)
{
	struct auth_job *job = auth_job_new(jobs, AUTH_TASK_LOGOUT, done, arg);

	if (job == NULL)
		return answer_now(now, AUTH_TROUBLE, "out of memory");
	snprintf(job->task.id, sizeof job->task.id, "%s", grant);
	if (auth_worker_submit(jobs->worker, &job->task))
		return job;
	auth_job_free(job);
	return answer_now(now, AUTH_BUSY, "too many log out at once");
}

/* ---- answers --------------------------------------------------------- */

static void
auth_job_settle_backoff(const struct auth_job *job)
{
	const char *address = or_null(job->address), *account = or_null(job->account);

	if (job->task.result == ACCOUNT_DB_OK)
		backoff_right(job->jobs->backoff, address, account);
	else if (job->task.result != ACCOUNT_DB_MISSING)
		backoff_undo(job->jobs->backoff, address, account);
}

static void
basic_unlink(struct auth_job *job)
{
	struct auth_job **at = &job->jobs->basics;

	while (*at != job)
		at = &(*at)->next;
	*at = job->next;
}

static void
auth_job_answer(struct auth_job *job, const struct auth_answer *answer)
{
	if (job->done != NULL)
		job->done(job->arg, answer);
	auth_job_free(job);
}

void
auth_jobs_finish(struct auth_task *task)
{
	struct auth_job *job = (struct auth_job *)task;
	struct auth_answer answer = { .result = auth_result_of(task->result), .why = task->why };
	struct auth_job *joined;

	if (task->kind == AUTH_TASK_LOGOUT && task->result != ACCOUNT_DB_TROUBLE)
		answer.result = AUTH_OK; /* ended already */
	if (task->kind <= AUTH_TASK_SETUP)
		auth_job_settle_backoff(job);
	auth_pass_set(
	    &answer.pass, task->kind == AUTH_TASK_BASIC ? AUTH_BASIC : AUTH_SESSION, &task->pass);
	memcpy(answer.secret, task->secret, sizeof answer.secret);
	memcpy(answer.device, task->device, sizeof answer.device);
	if (task->kind == AUTH_TASK_BASIC) {
		basic_unlink(job);
		if (answer.result == AUTH_OK)
			auth_remember_basic(job->jobs, job);
	} else if (task->kind == AUTH_TASK_LOGIN && answer.result == AUTH_OK)
		auth_remember_login(job->jobs, job);
	while ((joined = job->joined) != NULL) {
		job->joined = joined->next;
		job->jobs->joined--;
		auth_job_answer(joined, &answer);
	}
	auth_job_answer(job, &answer);
	secret_wipe(&answer, sizeof answer);
}
