/* SPDX-License-Identifier: ISC */
/* auth: what is answered at once, expiry, and the start and end of it all. */
#include "auth/auth.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "auth/account_reader.h"
#include "auth/auth_jobs.h"
#include "auth/auth_worker.h"
#include "base/clock.h"
#include "base/log.h"

enum {
	FAR_S = 10 * 365 *
	    86400,    /* if nothing expires, the timer only waits for the clock to be set */
	AGAIN_S = 60, /* after a failure */
	TOUCHES = 256,
};

struct touch { /* sent to the auth worker lately */
	char id[GRANT_SIZE];
	uint64_t mono_ns;
};

enum order { ORDER_NONE, ORDER_NEXT, ORDER_SETTLE };

struct auth {
	struct account_db_settings settings;
	struct grants grants;
	struct account_reader reader;
	struct auth_jobs jobs;
	struct auth_worker *worker;
	struct grant_watch *holds;
	int poll, timer;
	bool ordering;	     /* the auth worker is doing it */
	enum order wanted;   /* afterwards */
	bool writing_failed; /* logged */
	struct touch touches[TOUCHES];
};

static int64_t
now_s(void)
{
	return (int64_t)(clock_wall_ns() / CLOCK_S);
}

/* ---- order: expiry, and the folder of grants ------------------------- */

static void
auth_arm(struct auth *auth, int64_t at)
{
	struct itimerspec when = { .it_value.tv_sec = (time_t)(at > 0 ? at : now_s() + FAR_S) };

	if (timerfd_settime(
		auth->timer, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, NULL) == -1)
		log_error(
		    "auth", "timer: %s: nothing expires for who is connected", strerror(errno));
}

static void
auth_order(struct auth *auth, enum order order)
{
	if (order > auth->wanted)
		auth->wanted = order;
	if (auth->ordering || auth->wanted == ORDER_NONE)
		return;
	auth->ordering = auth_jobs_send(
	    &auth->jobs, auth->wanted == ORDER_SETTLE ? AUTH_TASK_SETTLE : AUTH_TASK_NEXT, "");
	if (auth->ordering)
		auth->wanted = ORDER_NONE;
	else
		auth_arm(auth, now_s() + 1);
}

static void
auth_ordered(struct auth *auth, const struct auth_task *task)
{
	auth->ordering = false;
	auth_arm(auth, task->result == ACCOUNT_DB_OK ? task->next : now_s() + AGAIN_S);
	auth_order(auth, ORDER_NONE);
}

/* Somebody has logged in, or got a token: when does that expire? */
static void
auth_appeared(void *arg)
{
	struct auth *auth = arg;

	auth_order(auth, grants_are_settled(&auth->grants) ? ORDER_NEXT : ORDER_SETTLE);
}

/* Another file has become the account database: the present grants are those of the old one. */
static void
auth_replaced(void *arg)
{
	auth_order(arg, ORDER_SETTLE);
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

/* ---- what the auth worker has done ----------------------------------- */

static void
auth_note_write(struct auth *auth, enum account_db_result result, const struct cause *why)
{
	account_trouble_note(&auth->writing_failed, "written", result, why);
}

/* ---- at once --------------------------------------------------------- */

/* Not twice within the precision of `seen`. */
static void
auth_touch(struct auth *auth, const char *id)
{
	char digits[3] = { id[0], id[1], '\0' };
	struct touch *touch = &auth->touches[strtoul(digits, NULL, 16)];
	uint64_t now = clock_mono_ns();

	if (strcmp(touch->id, id) == 0 && now - touch->mono_ns < ACCOUNT_DB_SEEN_S * CLOCK_S)
		return;
	memcpy(touch->id, id, sizeof touch->id);
	touch->mono_ns = now;
	auth_jobs_send(&auth->jobs, AUTH_TASK_TOUCH, id);
}

enum auth_result
auth_check(struct auth *auth, const char *secret, struct auth_pass *pass)
{
	struct account_db_pass found;
	enum account_db_result result = account_reader_check(
	    &auth->reader, secret, now_s(), &found);

	if (result == ACCOUNT_DB_OK && found.stale)
		auth_touch(auth, found.grant);
	auth_pass_set(pass, secret_is_token(secret) ? AUTH_TOKEN : AUTH_SESSION, &found);
	return auth_result_of(result);
}

enum auth_result
auth_has_users(struct auth *auth)
{
	int64_t count = 0;
	enum account_db_result result = account_reader_count_users(&auth->reader, &count);

	return result == ACCOUNT_DB_OK && count == 0 ? AUTH_DENIED : auth_result_of(result);
}

/* ---- later ----------------------------------------------------------- */

enum auth_result
auth_check_basic(struct auth *auth, const char *name, const char *password, struct auth_pass *pass)
{
	return auth_jobs_check_basic(&auth->jobs, name, password, pass);
}

struct auth_job *
auth_login(struct auth *auth, const struct auth_claim *claim, auth_done *done, void *arg,
    struct auth_answer *now)
{
	return auth_jobs_login(&auth->jobs, claim, done, arg, now);
}

struct auth_job *
auth_basic(struct auth *auth, const struct auth_claim *claim, auth_done *done, void *arg,
    struct auth_answer *now)
{
	return auth_jobs_basic(&auth->jobs, claim, done, arg, now);
}

struct auth_job *
auth_setup(struct auth *auth, const struct auth_claim *claim, const char *token, auth_done *done,
    void *arg, struct auth_answer *now)
{
	return auth_jobs_setup(&auth->jobs, claim, token, done, arg, now);
}

struct auth_job *
auth_logout(
    struct auth *auth, const char *grant, auth_done *done, void *arg, struct auth_answer *now)
{
	return auth_jobs_logout(&auth->jobs, grant, done, arg, now);
}

void
auth_cancel(struct auth_job **job)
{
	auth_job_cancel(job);
}

/* ---- the loop -------------------------------------------------------- */

static void
auth_answers(struct auth *auth)
{
	struct auth_task *task;

	while ((task = auth_worker_done(auth->worker)) != NULL) {
		if (task->kind != AUTH_TASK_BASIC && task->kind != AUTH_TASK_NEXT)
			auth_note_write(auth, task->result, &task->why);
		if (task->kind == AUTH_TASK_SETTLE || task->kind == AUTH_TASK_NEXT)
			auth_ordered(auth, task);
		auth_jobs_finish(task);
	}
}

void
auth_dispatch(struct auth *auth)
{
	struct epoll_event ready[3];
	int count = epoll_wait(auth->poll, ready, 3, 0);

	for (int i = 0; i < count; i++) {
		if (ready[i].data.fd == auth_worker_fd(auth->worker))
			auth_answers(auth);
		else if (ready[i].data.fd == auth->timer)
			auth_timer(auth);
		else
			grant_watch_dispatch(auth->holds);
	}
}

/* ---- beginning and end ----------------------------------------------- */

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
	enum account_db_result result = account_db_settle(auth->reader.db, now_s(), &next, &why);

	if (result == ACCOUNT_DB_OK)
		result = account_db_setup_token(auth->reader.db, token, &why);
	secret_wipe(token, sizeof token);
	if (result == ACCOUNT_DB_MISSING)
		result = ACCOUNT_DB_OK;
	auth_note_write(auth, result, &why);
	auth->reader.openings = account_db_openings(auth->reader.db);
	auth_arm(auth, result == ACCOUNT_DB_OK ? next : now_s() + AGAIN_S);
}

static int
auth_init(struct auth *auth, struct cause *why)
{
	secret_make_key(auth->jobs.key);
	if (grants_init(&auth->grants, auth->settings.run_dir, why) == -1)
		return -1;
	if (account_reader_init(&auth->reader, &auth->settings, auth_replaced, auth, why) == -1)
		return -1;
	auth->timer = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	auth->poll = epoll_create1(EPOLL_CLOEXEC);
	if (auth->timer == -1 || auth->poll == -1)
		return cause_errno(why, "accounts");
	auth_begin(auth);
	auth->holds = grant_watch_new(auth->settings.run_dir, why);
	if (auth->holds == NULL)
		return -1;
	grant_watch_on_new(auth->holds, auth_appeared, auth);
	auth->worker = auth_worker_new(&auth->settings, why);
	if (auth->worker == NULL)
		return -1;
	auth->jobs.worker = auth->worker;
	if (auth_watch(auth, auth->timer) == -1 ||
	    auth_watch(auth, auth_worker_fd(auth->worker)) == -1 ||
	    auth_watch(auth, grant_watch_fd(auth->holds)) == -1)
		return cause_errno(why, "accounts");
	return 0;
}

struct auth *
auth_new(const struct account_db_settings *settings, struct backoff *backoff, struct cause *why)
{
	struct auth *auth = calloc(1, sizeof *auth);

	if (auth == NULL) {
		cause_errno(why, "accounts");
		return NULL;
	}
	auth->settings = *settings;
	auth->jobs.reader = &auth->reader;
	auth->jobs.grants = &auth->grants;
	auth->jobs.backoff = backoff;
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
	auth_worker_free(&gone->worker, auth_jobs_drop);
	grant_watch_free(&gone->holds);
	account_reader_deinit(&gone->reader);
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

struct grant_watch *
auth_holds(struct auth *auth)
{
	return auth->holds;
}
