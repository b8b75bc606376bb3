/* SPDX-License-Identifier: ISC */
/* auth: what takes its time, and is answered later. */
#include <stdlib.h>
#include <string.h>

#include "auth/auth_inside.h"
#include "base/clock.h"

/* ---- jobs ---------------------------------------------------------------------------------- */

static void
job_free(struct auth_job *job)
{
	secret_wipe(job, sizeof *job);
	free(job);
}

void
job_drop(void *errand)
{
	struct auth_job *job = errand, *joined;

	while ((joined = job->joined) != NULL) {
		job->joined = joined->next;
		job_free(joined);
	}
	job_free(job);
}

static struct auth_job *
job_new(struct auth *auth, enum errand_kind kind, auth_done *done, void *arg)
{
	struct auth_job *job = calloc(1, sizeof *job);

	if (job == NULL)
		return NULL;
	job->errand.kind = kind;
	job->auth = auth;
	job->done = done;
	job->arg = arg;
	return job;
}

void
auth_cancel(struct auth_job **job)
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
auth_send(struct auth *auth, enum errand_kind kind, const char *id)
{
	struct auth_job *job = job_new(auth, kind, NULL, NULL);

	if (job == NULL)
		return false;
	snprintf(job->errand.id, sizeof job->errand.id, "%s", id);
	if (clerk_submit(auth->clerk, &job->errand))
		return true;
	job_free(job);
	return false;
}

/* ---- HTTP Basic, from memory ------------------------------------------------------------------------ */

static struct memory *
memory_of(struct auth *auth, const unsigned char digest[16])
{
	return &auth->memories[digest[0] % MEMORIES];
}

static void
auth_remember_basic(struct auth *auth, const struct auth_job *job)
{
	struct memory *memory = memory_of(auth, job->digest);

	memcpy(memory->digest, job->digest, sizeof memory->digest);
	memcpy(memory->grant, job->errand.pass.grant, sizeof memory->grant);
	memory->until_ns = clock_mono_ns() + AUTH_BASIC_S * CLOCK_S;
}

/* That it was right, and nothing else: it opens nothing. */
static void
auth_remember_login(struct auth *auth, const struct auth_job *job)
{
	struct memory *memory = memory_of(auth, job->digest);

	if (secret_equal(memory->digest, job->digest, sizeof memory->digest))
		return;
	*memory = (struct memory){ .until_ns = 0 };
	memcpy(memory->digest, job->digest, sizeof memory->digest);
}

enum auth_result
auth_check_basic(struct auth *auth, const char *name, const char *password, struct auth_pass *pass)
{
	struct memory *memory;
	struct book_pass user;
	struct cause why;
	enum book_result result;
	unsigned char digest[16];
	char hash[HASH_SIZE];

	secret_keyed(auth->key, name, password, digest);
	memory = memory_of(auth, digest);
	if (clock_mono_ns() >= memory->until_ns ||
	    !secret_equal(memory->digest, digest, sizeof digest))
		return AUTH_DENIED;
	result = book_user(auth->book, name, &user, hash, &why);
	secret_wipe(hash, sizeof hash);
	auth_note_read(auth, result, &why);
	if (result == BOOK_OK &&
	    (strcmp(user.grant, memory->grant) != 0 || !grants_have(&auth->grants, user.grant)))
		result = BOOK_MISSING;
	if (result == BOOK_OK)
		memory->until_ns = clock_mono_ns() + AUTH_BASIC_S * CLOCK_S;
	auth_pass_set(pass, AUTH_BASIC, &user);
	return auth_result_of(result);
}

/* ---- later -------------------------------------------------------------------------------------------- */

static const char *
or_null(const char *text)
{
	return text[0] != '\0' ? text : NULL;
}

/* Has this browser logged in under that name before? Then nobody else's wrong passwords
 * keep it waiting, only its own (OWASP, "Slow Down Online Guessing Attacks with Device Cookies"). */
static bool
auth_knows(struct auth *auth, const struct auth_claim *claim)
{
	enum book_result result;
	struct book_pass user;
	struct cause why;
	char hash[HASH_SIZE];
	bool known;

	if (claim->device[0] == '\0' || !user_name_valid(claim->name))
		return false;
	result = book_user(auth->book, claim->name, &user, hash, &why);
	auth_note_read(auth, result, &why);
	known = result == BOOK_OK && secret_is_device(claim->device, claim->name, hash);
	secret_wipe(hash, sizeof hash);
	return known;
}

/* Was this password right for this name before, in this process? It gets a place then; to wait for
 * what was wrong it has all the same, or a guesser would learn from who does not. */
static bool
auth_recalls(struct auth *auth, const unsigned char digest[16])
{
	return secret_equal(memory_of(auth, digest)->digest, digest, 16);
}

/* What cannot be anybody's name or password becomes no name at all: as much work, and
 * never right. */
static void
job_fill(struct auth_job *job, const struct auth_claim *claim)
{
	struct errand *errand = &job->errand;

	if (user_name_valid(claim->name) &&
	    strnlen(claim->password, PASSWORD_MAX + 1) <= PASSWORD_MAX)
		snprintf(errand->name, sizeof errand->name, "%s", claim->name);
	snprintf(errand->password, sizeof errand->password, "%s", claim->password);
	snprintf(errand->from, sizeof errand->from, "%s", claim->from);
	secret_keyed(job->auth->key, claim->name, claim->password, job->digest);
	if (auth_knows(job->auth, claim)) {
		errand->known = true;
		snprintf(errand->device, sizeof errand->device, "%s", claim->device);
		memcpy(job->account, errand->device, sizeof job->account);
	} else {
		errand->known = auth_recalls(job->auth, job->digest);
		snprintf(job->address, sizeof job->address, "%s", claim->address);
		snprintf(job->account, sizeof job->account, "%s", errand->name);
	}
}

/* A password to be hashed: not before those that were wrong have been waited for. */
static struct auth_job *
job_submit(struct auth_job *job, struct auth_answer *now)
{
	struct auth *auth = job->auth;
	unsigned wait_s = backoff_begin(
	    auth->backoff, or_null(job->address), or_null(job->account), clock_mono_ns());

	if (wait_s > 0) {
		answer_now(now, AUTH_WAIT, "too many wrong passwords");
		now->wait_s = wait_s;
	} else if (clerk_submit(auth->clerk, &job->errand)) {
		return job;
	} else {
		backoff_undo(auth->backoff, or_null(job->address), or_null(job->account));
		answer_now(now, AUTH_BUSY, "too many log in at once");
	}
	job_free(job);
	return NULL;
}

struct auth_job *
auth_login(struct auth *auth, const struct auth_claim *claim, auth_done *done, void *arg,
    struct auth_answer *now)
{
	struct auth_job *job = job_new(auth, ERRAND_LOGIN, done, arg);

	if (job == NULL)
		return answer_now(now, AUTH_TROUBLE, "out of memory");
	job_fill(job, claim);
	return job_submit(job, now);
}

static struct auth_job *
basic_join(struct auth_job *job, struct auth_answer *now)
{
	struct auth_job *first = job->auth->basics;

	while (first != NULL && !secret_equal(first->digest, job->digest, sizeof job->digest))
		first = first->next;
	if (first == NULL) {
		job = job_submit(job, now);
		if (job == NULL)
			return NULL;
		job->next = job->auth->basics;
		job->auth->basics = job;
	} else if (job->auth->joined == AUTH_JOBS) {
		job_free(job);
		return answer_now(now, AUTH_BUSY, "too many log in at once");
	} else {
		job->auth->joined++;
		job->next = first->joined;
		first->joined = job;
	}
	return job;
}

/* A dashboard of eight pictures asks eight times at once: one hash answers all. */
struct auth_job *
auth_basic(struct auth *auth, const struct auth_claim *claim, auth_done *done, void *arg,
    struct auth_answer *now)
{
	struct auth_job *job = job_new(auth, ERRAND_BASIC, done, arg);

	if (job == NULL)
		return answer_now(now, AUTH_TROUBLE, "out of memory");
	job_fill(job, claim);
	return basic_join(job, now);
}

struct auth_job *
auth_setup(struct auth *auth, const struct auth_claim *claim, const char *token, auth_done *done,
    void *arg, struct auth_answer *now)
{
	struct auth_job *job;
	struct cause why;

	if (!user_name_valid(claim->name))
		return answer_now(now, AUTH_REFUSED,
		    "a name is 1 to 32 of a-z, 0-9, '.', '_', '-', and begins "
		    "with a letter or digit");
	if (password_check(claim->password, &why) == -1)
		return answer_now(now, AUTH_REFUSED, why.text);
	job = job_new(auth, ERRAND_SETUP, done, arg);
	if (job == NULL)
		return answer_now(now, AUTH_TROUBLE, "out of memory");
	job_fill(job, claim);
	snprintf(job->errand.token, sizeof job->errand.token, "%s", token);
	return job_submit(job, now);
}

struct auth_job *
auth_logout(
    struct auth *auth, const char *grant, auth_done *done, void *arg, struct auth_answer *now)
{
	struct auth_job *job = job_new(auth, ERRAND_LOGOUT, done, arg);

	if (job == NULL)
		return answer_now(now, AUTH_TROUBLE, "out of memory");
	snprintf(job->errand.id, sizeof job->errand.id, "%s", grant);
	if (clerk_submit(auth->clerk, &job->errand))
		return job;
	job_free(job);
	return answer_now(now, AUTH_BUSY, "too many log out at once");
}

/* ---- answers -------------------------------------------------------------------------------------------- */

static void
job_settle_backoff(const struct auth_job *job)
{
	const char *address = or_null(job->address), *account = or_null(job->account);

	if (job->errand.result == BOOK_OK)
		backoff_right(job->auth->backoff, address, account);
	else if (job->errand.result != BOOK_MISSING)
		backoff_undo(job->auth->backoff, address, account);
}

static void
basic_unlink(struct auth_job *job)
{
	struct auth_job **at = &job->auth->basics;

	while (*at != job)
		at = &(*at)->next;
	*at = job->next;
}

static void
job_answer(struct auth_job *job, const struct auth_answer *answer)
{
	if (job->done != NULL)
		job->done(job->arg, answer);
	job_free(job);
}

void
job_finish(struct auth_job *job)
{
	struct errand *errand = &job->errand;
	struct auth_answer answer = { .result = auth_result_of(errand->result),
		.why = errand->why };
	struct auth_job *joined;

	if (errand->kind == ERRAND_LOGOUT && errand->result != BOOK_TROUBLE)
		answer.result = AUTH_OK; /* ended already */
	if (errand->kind <= ERRAND_SETUP)
		job_settle_backoff(job);
	auth_pass_set(
	    &answer.pass, errand->kind == ERRAND_BASIC ? AUTH_BASIC : AUTH_SESSION, &errand->pass);
	memcpy(answer.secret, errand->secret, sizeof answer.secret);
	memcpy(answer.device, errand->device, sizeof answer.device);
	if (errand->kind == ERRAND_BASIC) {
		basic_unlink(job);
		if (answer.result == AUTH_OK)
			auth_remember_basic(job->auth, job);
	} else if (errand->kind == ERRAND_LOGIN && answer.result == AUTH_OK)
		auth_remember_login(job->auth, job);
	while ((joined = job->joined) != NULL) {
		job->joined = joined->next;
		job->auth->joined--;
		job_answer(joined, &answer);
	}
	job_answer(job, &answer);
	secret_wipe(&answer, sizeof answer);
}
