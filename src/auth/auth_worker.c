/* SPDX-License-Identifier: ISC */
#include "auth/auth_worker.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/queue.h"
#include "base/thread.h"

/* They are taken in this order. */
enum lane { LANE_QUICK, LANE_KNOWN, LANE_HASHES, LANES };
static const unsigned lane_length[LANES] = {
	[LANE_QUICK] = AUTH_WORKER_QUICK,
	[LANE_KNOWN] = AUTH_WORKER_KNOWN,
	[LANE_HASHES] = AUTH_WORKER_HASHES,
};

struct auth_worker {
	struct thread thread;
	struct queue *lanes[LANES], *answers;
	unsigned waiting[LANES]; /* handed in and not fetched yet; used by the loop */
	struct auth_task end;
	_Atomic bool ending;   /* only log-outs are still done */
	struct account_db *db; /* the thread's own */
};

static enum lane
auth_task_lane(const struct auth_task *task)
{
	if (task->kind > AUTH_TASK_SETUP)
		return LANE_QUICK;
	return task->known ? LANE_KNOWN : LANE_HASHES;
}

static int64_t
now_s(void)
{
	return (int64_t)(clock_wall_ns() / CLOCK_S);
}

/* ---- the thread ------------------------------------------------------ */

static enum account_db_result
out_of_memory(struct cause *why)
{
	cause_set(why, "out of memory for hashing a password");
	return ACCOUNT_DB_TROUBLE;
}

/* An unknown name costs the same work as a wrong password. */
static enum account_db_result
auth_task_verify(struct account_db *db, struct auth_task *task, struct account_db_pass *user,
    char hash[HASH_SIZE])
{
	enum account_db_result known = account_db_user(db, task->name, user, hash, &task->why);
	int right;

	if (known == ACCOUNT_DB_TROUBLE)
		return known;
	right = password_verify(task->password, known == ACCOUNT_DB_OK ? hash : NULL);
	if (right == -1)
		return out_of_memory(&task->why);
	return known == ACCOUNT_DB_OK && right == 1 ? ACCOUNT_DB_OK : ACCOUNT_DB_MISSING;
}

static enum account_db_result
auth_task_basic(struct account_db *db, struct auth_task *task)
{
	char hash[HASH_SIZE];
	enum account_db_result result = auth_task_verify(db, task, &task->pass, hash);

	secret_wipe(hash, sizeof hash);
	return result;
}

static enum account_db_result
auth_task_session(struct account_db *db, struct auth_task *task, const struct account_db_pass *user,
    const char *hash)
{
	if (task->device[0] == '\0')
		secret_make_device(task->device, user->user, hash);
	return account_db_session_add(
	    db, user, task->from, now_s(), task->secret, &task->pass, &task->why);
}

static enum account_db_result
auth_task_login(struct account_db *db, struct auth_task *task)
{
	struct account_db_pass user;
	char hash[HASH_SIZE];
	enum account_db_result result = auth_task_verify(db, task, &user, hash);

	if (result == ACCOUNT_DB_OK)
		result = auth_task_session(db, task, &user, hash);
	secret_wipe(hash, sizeof hash);
	return result;
}

static enum account_db_result
auth_task_setup(struct account_db *db, struct auth_task *task)
{
	char hash[HASH_SIZE];
	struct account_db_pass user;
	enum account_db_result result;

	if (password_hash(task->password, hash) == -1)
		return out_of_memory(&task->why);
	result = account_db_setup(db, task->token, task->name, hash, now_s(), &task->why);
	if (result == ACCOUNT_DB_OK)
		result = account_db_user(db, task->name, &user, hash, &task->why);
	if (result == ACCOUNT_DB_OK)
		result = auth_task_session(db, task, &user, hash);
	secret_wipe(hash, sizeof hash);
	return result;
}

static enum account_db_result
auth_task_settle(struct account_db *db, struct auth_task *task)
{
	enum account_db_result result = account_db_settle(db, now_s(), &task->next, &task->why);
	char token[SETUP_TOKEN_SIZE];

	if (result == ACCOUNT_DB_OK)
		result = account_db_setup_token(db, token, &task->why);
	secret_wipe(token, sizeof token);
	return result == ACCOUNT_DB_MISSING ? ACCOUNT_DB_OK : result;
}

static enum account_db_result
auth_task_run(struct account_db *db, struct auth_task *task)
{
	switch (task->kind) {
	case AUTH_TASK_LOGIN: return auth_task_login(db, task);
	case AUTH_TASK_BASIC: return auth_task_basic(db, task);
	case AUTH_TASK_SETUP: return auth_task_setup(db, task);
	case AUTH_TASK_LOGOUT: return account_db_session_end(db, task->id, &task->why);
	case AUTH_TASK_TOUCH: return account_db_touch(db, task->id, now_s(), &task->why);
	case AUTH_TASK_SETTLE: return auth_task_settle(db, task);
	case AUTH_TASK_NEXT: return account_db_next(db, now_s(), &task->next, &task->why);
	case AUTH_TASK_END: break;
	}
	abort();
}

static struct auth_task *
auth_worker_take(struct auth_worker *worker)
{
	struct pollfd waiting[LANES];
	struct auth_task *task = NULL;

	for (int lane = 0; lane < LANES; lane++)
		waiting[lane] = (struct pollfd){ .fd = queue_fd(worker->lanes[lane]),
			.events = POLLIN };
	while (task == NULL) {
		if (poll(waiting, LANES, -1) == -1 && errno != EINTR)
			abort();
		for (int lane = 0; lane < LANES && task == NULL; lane++)
			task = queue_pop(worker->lanes[lane]);
	}
	return task;
}

static void
auth_worker_thread(void *arg)
{
	struct auth_worker *worker = arg;
	struct auth_task *task;

	while ((task = auth_worker_take(worker))->kind != AUTH_TASK_END) {
		if (!worker->ending || task->kind == AUTH_TASK_LOGOUT)
			task->result = auth_task_run(worker->db, task);
		secret_wipe(task->password, sizeof task->password);
		if (!queue_push(worker->answers, task))
			abort(); /* it has room for all that may be handed in */
	}
}

/* ---- the loop -------------------------------------------------------- */

static void
auth_worker_destroy(struct auth_worker **worker, void (*drop)(void *task))
{
	struct auth_worker *gone = *worker;

	for (int lane = 0; lane < LANES; lane++)
		queue_free(&gone->lanes[lane], drop);
	queue_free(&gone->answers, drop);
	account_db_free(&gone->db);
	free(gone);
	*worker = NULL;
}

static int
auth_worker_start(
    struct auth_worker *worker, const struct account_db_settings *settings, struct cause *why)
{
	for (int lane = 0; lane < LANES; lane++) {
		worker->lanes[lane] = queue_new(
		    lane_length[lane] + 1); /* and the one that ends it */
		if (worker->lanes[lane] == NULL)
			return cause_errno(why, "accounts thread");
	}
	worker->answers = queue_new(AUTH_WORKER_QUICK + AUTH_WORKER_KNOWN + AUTH_WORKER_HASHES);
	if (worker->answers == NULL)
		return cause_errno(why, "accounts thread");
	worker->db = account_db_new(settings, why);
	if (worker->db == NULL)
		return -1;
	return thread_start(&worker->thread, "auth", auth_worker_thread, worker) == 0
	    ? 0
	    : cause_errno(why, "accounts thread");
}

struct auth_worker *
auth_worker_new(const struct account_db_settings *settings, struct cause *why)
{
	struct auth_worker *worker = calloc(1, sizeof *worker);

	if (worker == NULL) {
		cause_errno(why, "accounts thread");
		return NULL;
	}
	worker->end.kind = AUTH_TASK_END;
	if (auth_worker_start(worker, settings, why) == -1)
		auth_worker_destroy(&worker, NULL);
	return worker;
}

void
auth_worker_free(struct auth_worker **worker, void (*drop)(void *task))
{
	if (*worker == NULL)
		return;
	(*worker)->ending = true;
	if (!queue_push((*worker)->lanes[LANE_QUICK], &(*worker)->end))
		abort(); /* there is always room for this task */
	thread_join(&(*worker)->thread);
	auth_worker_destroy(worker, drop);
}

bool
auth_worker_submit(struct auth_worker *worker, struct auth_task *task)
{
	enum lane lane = auth_task_lane(task);

	if (worker->waiting[lane] >= lane_length[lane] || !queue_push(worker->lanes[lane], task))
		return false;
	worker->waiting[lane]++;
	return true;
}

int
auth_worker_fd(const struct auth_worker *worker)
{
	return queue_fd(worker->answers);
}

struct auth_task *
auth_worker_done(struct auth_worker *worker)
{
	struct auth_task *task = queue_pop(worker->answers);

	if (task != NULL)
		worker->waiting[auth_task_lane(task)]--;
	return task;
}
