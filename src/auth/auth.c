/* SPDX-License-Identifier: ISC */
#include "auth/auth.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "auth/clerk.h"
#include "base/clock.h"
#include "base/log.h"

enum {
	MEMORIES = 64, TOUCHES = 256,
	FAR_S = 10 * 365 * 86400,	/* nothing expires: the timer only waits for the clock to be set */
	AGAIN_S = 60,			/* after a failure */
};

struct auth_job {
	struct errand errand;		/* first: the clerk hands it back */
	struct auth *auth;
	auth_done *done;		/* NULL: nobody waits */
	void *arg;
	struct auth_job *next;		/* Basic under way, or joined to one */
	struct auth_job *joined;	/* the same credential: answered with this one */
	unsigned char digest[16];
	char address[64], account[AUTH_NAME_SIZE];
};

struct memory {				/* of a password that was right for HTTP Basic */
	unsigned char digest[16];	/* keyed, of name and password */
	uint64_t until_ns;		/* monotonic; 0: none */
	char grant[GRANT_SIZE];
};

struct touch {				/* lately asked of the clerk */
	char id[GRANT_SIZE];
	uint64_t mono_ns;
};

enum order { ORDER_NONE, ORDER_NEXT, ORDER_SETTLE };

struct auth {
	struct book_settings settings;
	struct grants grants;
	struct book *book;		/* the loop's own, for reading */
	struct clerk *clerk;
	struct holds *holds;
	struct backoff *backoff;	/* borrowed */
	int poll, timer;
	unsigned openings;		/* of the book, seen */
	bool ordering;			/* the clerk is at it */
	enum order wanted;		/* afterwards */
	bool reading_failed, writing_failed;	/* said */
	unsigned joined;
	struct auth_job *basics;
	unsigned char key[SECRET_KEY_BYTES];
	struct memory memories[MEMORIES];
	struct touch touches[TOUCHES];
};

static int64_t
now_s(void)
{
	return (int64_t)(clock_wall_ns() / CLOCK_S);
}

/* ---- trouble, once ------------------------------------------------------------------------ */

static void
auth_note(bool *failed, const char *what, enum book_result result, const struct cause *why)
{
	if (result == BOOK_TROUBLE && !*failed)
		log_error("auth", "%s: %s", what, why->text);
	if (result == BOOK_OK && *failed)
		log_notice("auth", "no more: %s", what);
	if (result == BOOK_TROUBLE || result == BOOK_OK)
		*failed = result == BOOK_TROUBLE;
}

static void
auth_note_read(struct auth *auth, enum book_result result, const struct cause *why)
{
	auth_note(&auth->reading_failed, "nobody is let in", result == BOOK_MISSING ? BOOK_OK : result, why);
}

static void
auth_note_write(struct auth *auth, enum book_result result, const struct cause *why)
{
	auth_note(&auth->writing_failed, "accounts and sessions cannot be written", result, why);
}

static enum auth_result
auth_result(enum book_result result)
{
	switch (result) {
	case BOOK_OK:
		return AUTH_OK;
	case BOOK_MISSING:
		return AUTH_DENIED;
	case BOOK_EXISTS:
	case BOOK_REFUSED:
		return AUTH_REFUSED;
	case BOOK_TROUBLE:
		break;
	}
	return AUTH_TROUBLE;
}

/* ---- jobs ---------------------------------------------------------------------------------- */

static void
job_free(struct auth_job *job)
{
	secret_wipe(job, sizeof *job);
	free(job);
}

static void
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

/* Hand over what nobody waits for; what there is no room for is not done. */
static bool
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

/* ---- order: expiry, and the folder of grants --------------------------------------------------- */

static void
auth_arm(struct auth *auth, int64_t at)
{
	struct itimerspec when = { .it_value.tv_sec = (time_t)(at > 0 ? at : now_s() + FAR_S) };

	if (timerfd_settime(auth->timer, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, NULL) == -1)
		log_error("auth", "timer: %s: nothing expires for who is connected", strerror(errno));
}

static void
auth_order(struct auth *auth, enum order order)
{
	if (order > auth->wanted)
		auth->wanted = order;
	if (auth->ordering || auth->wanted == ORDER_NONE)
		return;
	auth->ordering = auth_send(auth, auth->wanted == ORDER_SETTLE ? ERRAND_SETTLE : ERRAND_NEXT, "");
	if (auth->ordering)
		auth->wanted = ORDER_NONE;
	else
		auth_arm(auth, now_s() + 1);
}

static void
auth_ordered(struct auth *auth, const struct errand *errand)
{
	auth->ordering = false;
	auth_arm(auth, errand->result == BOOK_OK ? errand->next : now_s() + AGAIN_S);
	auth_order(auth, ORDER_NONE);
}

/* Somebody has logged in, or was given a token: when does that expire? */
static void
auth_appeared(void *arg)
{
	struct auth *auth = arg;

	auth_order(auth, grants_are_settled(&auth->grants) ? ORDER_NEXT : ORDER_SETTLE);
}

/* Its time has come, or the clock was set (ECANCELED, timerfd_create(2)). */
static void
auth_timer(struct auth *auth)
{
	uint64_t times;

	if (read(auth->timer, &times, sizeof times) == -1 && errno == EAGAIN)
		return;
	auth_order(auth, ORDER_SETTLE);
}

/* Another file has become the book: the grants are those of the old one. */
static void
auth_reading(struct auth *auth)
{
	if (book_openings(auth->book) == auth->openings)
		return;
	auth->openings = book_openings(auth->book);
	auth_order(auth, ORDER_SETTLE);
}

/* ---- at once ------------------------------------------------------------------------------------ */

static void
pass_set(struct auth_pass *pass, enum auth_kind kind, const struct book_pass *from)
{
	memset(pass, 0, sizeof *pass);
	pass->kind = kind;
	pass->role = from->role;
	pass->expires = from->expires;
	memcpy(pass->user, from->user, sizeof pass->user);
	memcpy(pass->grant, from->grant, sizeof pass->grant);
}

/* Not twice within the time that `seen` is exact to. */
static void
auth_touch(struct auth *auth, const char *id)
{
	char digits[3] = { id[0], id[1], '\0' };
	struct touch *touch = &auth->touches[strtoul(digits, NULL, 16)];
	uint64_t now = clock_mono_ns();

	if (strcmp(touch->id, id) == 0 && now - touch->mono_ns < BOOK_SEEN_S * CLOCK_S)
		return;
	memcpy(touch->id, id, sizeof touch->id);
	touch->mono_ns = now;
	auth_send(auth, ERRAND_TOUCH, id);
}

enum auth_result
auth_check(struct auth *auth, const char *secret, struct auth_pass *pass)
{
	struct book_pass found;
	struct cause why;
	enum book_result result = book_check(auth->book, secret, now_s(), &found, &why);

	auth_note_read(auth, result, &why);
	auth_reading(auth);
	if (result == BOOK_OK && found.stale)
		auth_touch(auth, found.grant);
	pass_set(pass, secret_is_token(secret) ? AUTH_TOKEN : AUTH_SESSION, &found);
	return auth_result(result);
}

enum auth_result
auth_has_users(struct auth *auth)
{
	int64_t count = 0;
	struct cause why;
	enum book_result result = book_count_users(auth->book, &count, &why);

	auth_note_read(auth, result, &why);
	auth_reading(auth);
	return result == BOOK_OK && count == 0 ? AUTH_DENIED : auth_result(result);
}

/* ---- HTTP Basic, from memory ------------------------------------------------------------------------ */

static struct memory *
memory_of(struct auth *auth, const unsigned char digest[16])
{
	return &auth->memories[digest[0] % MEMORIES];
}

static void
auth_remember(struct auth *auth, const struct auth_job *job)
{
	struct memory *memory = memory_of(auth, job->digest);

	memcpy(memory->digest, job->digest, sizeof memory->digest);
	memcpy(memory->grant, job->errand.pass.grant, sizeof memory->grant);
	memory->until_ns = clock_mono_ns() + AUTH_BASIC_S * CLOCK_S;
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
	if (clock_mono_ns() >= memory->until_ns || !secret_equal(memory->digest, digest, sizeof digest))
		return AUTH_DENIED;
	result = book_user(auth->book, name, &user, hash, &why);
	secret_wipe(hash, sizeof hash);
	auth_note_read(auth, result, &why);
	auth_reading(auth);
	if (result == BOOK_OK && (strcmp(user.grant, memory->grant) != 0 || !grants_have(&auth->grants, user.grant)))
		result = BOOK_MISSING;
	pass_set(pass, AUTH_BASIC, &user);
	return auth_result(result);
}

/* ---- later -------------------------------------------------------------------------------------------- */

static const char *
or_null(const char *text)
{
	return text[0] != '\0' ? text : NULL;
}

/* What cannot be anybody's name or password becomes no name at all: as much work, and
 * never right. */
static void
job_fill(struct auth_job *job, const char *address, const char *from, const char *name, const char *password)
{
	bool possible = user_name_valid(name) && strnlen(password, PASSWORD_MAX + 1) <= PASSWORD_MAX;

	snprintf(job->address, sizeof job->address, "%s", address);
	snprintf(job->account, sizeof job->account, "%s", possible ? name : "");
	snprintf(job->errand.from, sizeof job->errand.from, "%s", from);
	memcpy(job->errand.name, job->account, sizeof job->errand.name);
	snprintf(job->errand.password, sizeof job->errand.password, "%s", password);
}

/* A password to be hashed: not before those that were wrong have been waited for. */
static struct auth_job *
job_submit(struct auth_job *job, struct auth_answer *now)
{
	struct auth *auth = job->auth;
	unsigned wait_s = backoff_begin(auth->backoff, or_null(job->address), or_null(job->account),
	    clock_mono_ns());

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
auth_login(struct auth *auth, const char *address, const char *from, const char *name, const char *password,
    auth_done *done, void *arg, struct auth_answer *now)
{
	struct auth_job *job = job_new(auth, ERRAND_LOGIN, done, arg);

	if (job == NULL)
		return answer_now(now, AUTH_TROUBLE, "out of memory");
	job_fill(job, address, from, name, password);
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
auth_basic(struct auth *auth, const char *address, const char *name, const char *password, auth_done *done,
    void *arg, struct auth_answer *now)
{
	struct auth_job *job = job_new(auth, ERRAND_BASIC, done, arg);

	if (job == NULL)
		return answer_now(now, AUTH_TROUBLE, "out of memory");
	job_fill(job, address, "", name, password);
	secret_keyed(auth->key, name, password, job->digest);
	return basic_join(job, now);
}

struct auth_job *
auth_setup(struct auth *auth, const char *address, const char *from, const char *token, const char *name,
    const char *password, auth_done *done, void *arg, struct auth_answer *now)
{
	struct auth_job *job;
	struct cause why;

	if (!user_name_valid(name))
		return answer_now(now, AUTH_REFUSED, "a name is 1 to 32 of a-z, 0-9, '.', '_', '-', and begins "
		    "with a letter or digit");
	if (password_check(password, &why) == -1)
		return answer_now(now, AUTH_REFUSED, why.text);
	job = job_new(auth, ERRAND_SETUP, done, arg);
	if (job == NULL)
		return answer_now(now, AUTH_TROUBLE, "out of memory");
	job_fill(job, address, from, name, password);
	snprintf(job->errand.token, sizeof job->errand.token, "%s", token);
	return job_submit(job, now);
}

struct auth_job *
auth_logout(struct auth *auth, const char *grant, auth_done *done, void *arg, struct auth_answer *now)
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

static void
job_finish(struct auth_job *job)
{
	struct errand *errand = &job->errand;
	struct auth_answer answer = { .result = auth_result(errand->result), .why = errand->why };
	struct auth_job *joined;

	if (errand->kind == ERRAND_LOGOUT && errand->result != BOOK_TROUBLE)
		answer.result = AUTH_OK;		/* ended already */
	if (errand->kind <= ERRAND_SETUP)
		job_settle_backoff(job);
	pass_set(&answer.pass, errand->kind == ERRAND_BASIC ? AUTH_BASIC : AUTH_SESSION, &errand->pass);
	memcpy(answer.secret, errand->secret, sizeof answer.secret);
	if (errand->kind == ERRAND_BASIC) {
		basic_unlink(job);
		if (answer.result == AUTH_OK)
			auth_remember(job->auth, job);
	}
	while ((joined = job->joined) != NULL) {
		job->joined = joined->next;
		job->auth->joined--;
		job_answer(joined, &answer);
	}
	job_answer(job, &answer);
	secret_wipe(&answer, sizeof answer);
}

static void
auth_answers(struct auth *auth)
{
	struct errand *errand;

	while ((errand = clerk_done(auth->clerk)) != NULL) {
		if (errand->kind != ERRAND_BASIC && errand->kind != ERRAND_NEXT)
			auth_note_write(auth, errand->result, &errand->why);
		if (errand->kind == ERRAND_SETTLE || errand->kind == ERRAND_NEXT)
			auth_ordered(auth, errand);
		job_finish((struct auth_job *)errand);
	}
}

void
auth_dispatch(struct auth *auth)
{
	struct epoll_event ready[3];
	int count = epoll_wait(auth->poll, ready, 3, 0);

	for (int i = 0; i < count; i++) {
		if (ready[i].data.fd == clerk_fd(auth->clerk))
			auth_answers(auth);
		else if (ready[i].data.fd == auth->timer)
			auth_timer(auth);
		else
			holds_dispatch(auth->holds);
	}
}

/* ---- beginning and end ------------------------------------------------------------------------------------- */

static int
auth_watch(struct auth *auth, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	return epoll_ctl(auth->poll, EPOLL_CTL_ADD, fd, &event);
}

/* Before the first request: after a boot the folder of grants is empty. */
static void
auth_begin(struct auth *auth)
{
	char token[SETUP_TOKEN_SIZE];
	struct cause why;
	int64_t next;
	enum book_result result = book_settle(auth->book, now_s(), &next, &why);

	if (result == BOOK_OK)
		result = book_setup_token(auth->book, token, &why);
	secret_wipe(token, sizeof token);
	if (result == BOOK_MISSING)
		result = BOOK_OK;
	auth_note_write(auth, result, &why);
	auth->openings = book_openings(auth->book);
	auth_arm(auth, result == BOOK_OK ? next : now_s() + AGAIN_S);
}

static int
auth_init(struct auth *auth, struct cause *why)
{
	secret_make_key(auth->key);
	if (grants_init(&auth->grants, auth->settings.run_dir, why) == -1)
		return -1;
	auth->book = book_new(&auth->settings, why);
	if (auth->book == NULL)
		return -1;
	auth->timer = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	auth->poll = epoll_create1(EPOLL_CLOEXEC);
	if (auth->timer == -1 || auth->poll == -1)
		return cause_errno(why, "accounts");
	auth_begin(auth);
	auth->holds = holds_new(auth->settings.run_dir, why);
	if (auth->holds == NULL)
		return -1;
	holds_on_new(auth->holds, auth_appeared, auth);
	auth->clerk = clerk_new(&auth->settings, why);
	if (auth->clerk == NULL)
		return -1;
	if (auth_watch(auth, auth->timer) == -1 || auth_watch(auth, clerk_fd(auth->clerk)) == -1 ||
	    auth_watch(auth, holds_fd(auth->holds)) == -1)
		return cause_errno(why, "accounts");
	return 0;
}

struct auth *
auth_new(const struct book_settings *settings, struct backoff *backoff, struct cause *why)
{
	struct auth *auth = calloc(1, sizeof *auth);

	if (auth == NULL) {
		cause_errno(why, "accounts");
		return NULL;
	}
	auth->settings = *settings;
	auth->backoff = backoff;
	auth->timer = auth->poll = -1;
	if (auth_init(auth, why) == -1)
		auth_free(&auth);
	return auth;
}

void
auth_free(struct auth **auth)
{
	struct auth *gone = *auth;

	if (gone == NULL)
		return;
	clerk_free(&gone->clerk, job_drop);
	holds_free(&gone->holds);
	book_free(&gone->book);
	if (gone->timer != -1)
		close(gone->timer);
	if (gone->poll != -1)
		close(gone->poll);
	secret_wipe(gone, sizeof *gone);
	free(gone);
	*auth = NULL;
}

int
auth_fd(const struct auth *auth)
{
	return auth->poll;
}

struct holds *
auth_holds(struct auth *auth)
{
	return auth->holds;
}
