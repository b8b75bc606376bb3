/* SPDX-License-Identifier: ISC */
#include "orield/keeper.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/queue.h"
#include "orield/work.h"

enum { BATCH_MAX = 64, QUESTIONS_A_TURN = 4 };

struct keeper {
	pthread_t thread;
	struct queue *changes, *questions, *answers;
	struct event *answered;
	unsigned pending, pictures; /* changes handed over and not yet answered */
	uint64_t picture_bytes;	    /* of those pictures */
	unsigned asked;		    /* and questions */
	uint64_t given;		    /* changes, ever */
	uint64_t refused;
	bool ended;
	struct job end; /* the last one, which tells the thread so */
	char *folder;

	pthread_mutex_t lock; /* of `status` */
	struct keeper_status status;

	/* The store thread's own. */
	uint64_t made;	  /* changes, ever */
	struct job *held; /* the next question */
	struct work work;
	struct cause failing; /* why the newest change could not be stored */
	bool outage_said;
};

/* A batch: jobs done in one transaction. */
struct batch {
	struct job *jobs[BATCH_MAX];
	size_t count;
	bool begun;
	uint64_t triggers; /* as it was before */
	struct cause why;
	int result; /* of begin and commit */
};

/* ---- jobs ----------------------------------------------------------------------- */

struct job *
job_new(enum job_kind kind, job_done_fn *done, void *arg)
{
	struct job *job = calloc(1, sizeof *job);

	if (job == NULL)
		return NULL;
	job->kind = kind;
	job->done = done;
	job->arg = arg;
	job->query.after = -1;
	job->query.limit = 1;
	return job;
}

void
job_free(struct job **job)
{
	if (*job == NULL)
		return;
	json_decref((*job)->data);
	json_decref((*job)->answer);
	json_decref((*job)->events);
	free((*job)->jpeg);
	free(*job);
	*job = NULL;
}

static bool
job_asks(const struct job *job)
{
	return job->kind == JOB_EVENTS || job->kind == JOB_PICTURES;
}

/* ---- the store thread ------------------------------------------------------------- */

static void
batch_begin(struct batch *batch, struct work *work)
{
	if (batch->begun || batch->result != STORE_OK || work->store == NULL)
		return;
	batch->result = store_begin(work->store, &batch->why);
	batch->begun = batch->result == STORE_OK;
}

/* One job that changes something, in a savepoint of its own. */
static int
batch_try(struct batch *batch, struct work *work, struct job *job)
{
	int result;

	batch_begin(batch, work);
	if (work->store == NULL) {
		work_run(work, job);
		return job->result;
	}
	if (!batch->begun) {
		job->why = batch->why;
		return batch->result;
	}
	result = store_begin(work->store, &job->why);
	if (result != STORE_OK)
		return result;
	work_run(work, job);
	if (job->result == STORE_OK)
		return store_commit(work->store, &job->why);
	store_rollback(work->store);
	return job->result;
}

static void
batch_write(struct batch *batch, struct work *work, struct job *job)
{
	uint64_t triggers = work->triggers;
	struct cause why;

	job->result = batch_try(batch, work, job);
	if (job->result == STORE_OK)
		return;
	why = job->why;
	work->triggers = triggers;
	work_fail(work, job, job->result, &why);
}

/* Nothing of the batch is on disk. */
static void
batch_fail(struct batch *batch, struct work *work)
{
	work->triggers = batch->triggers;
	for (size_t i = 0; i < batch->count; i++)
		if (work_writes(batch->jobs[i]->kind))
			work_fail(work, batch->jobs[i], batch->result, &batch->why);
}

static void
batch_run(struct batch *batch, struct work *work)
{
	batch->triggers = work->triggers;
	for (size_t i = 0; i < batch->count; i++) {
		if (work_writes(batch->jobs[i]->kind))
			batch_write(batch, work, batch->jobs[i]);
		else
			work_run(work, batch->jobs[i]);
	}
	if (!batch->begun)
		return;
	batch->result = store_commit(work->store, &batch->why);
	if (batch->result != STORE_OK)
		batch_fail(batch, work);
}

/* Damage has been found: what failed by it is done again, once. */
static void
batch_repair(struct batch *batch, struct work *work)
{
	struct batch again = { .count = 0 };

	for (size_t i = 0; i < batch->count; i++)
		if (batch->jobs[i]->result == STORE_DAMAGED)
			again.jobs[again.count++] = batch->jobs[i];
	if (again.count == 0 || !work_repair(work))
		return;
	for (size_t i = 0; i < again.count; i++)
		work_forget_failure(work, again.jobs[i]);
	batch_run(&again, work);
}

static void
batch_settle(const struct batch *batch, struct work *work)
{
	for (size_t i = 0; i < batch->count; i++)
		work_settle(work, batch->jobs[i]);
}

/* One log line when trouble begins and one when it is over. */
static void
keeper_say(struct keeper *keeper, const char *trouble)
{
	if (trouble[0] != '\0' && !keeper->outage_said)
		log_error("store", "cannot store: %s", trouble);
	if (trouble[0] == '\0' && keeper->outage_said)
		log_notice("store", "storing again");
	keeper->outage_said = trouble[0] != '\0';
}

static void
keeper_note(struct keeper *keeper, const struct batch *batch)
{
	struct work *work = &keeper->work;
	const char *trouble;
	bool wrote = false, failed = false;

	for (size_t i = 0; i < batch->count; i++) {
		const struct job *job = batch->jobs[i];

		if (!work_writes(job->kind) || job->result == STORE_MISSING)
			continue;
		wrote = wrote || job->result == STORE_OK;
		if (job->result == STORE_OK || job->kind == JOB_SNAPSHOT)
			continue;
		failed = true;
		keeper->failing = job->why;
	}
	if (wrote && !failed)
		keeper->failing.text[0] = '\0';
	trouble = work->store == NULL	      ? work->closed.text
	    : keeper->failing.text[0] != '\0' ? keeper->failing.text
					      : work->unsaved.text;
	keeper_say(keeper, trouble);
	pthread_mutex_lock(&keeper->lock);
	snprintf(keeper->status.trouble, sizeof keeper->status.trouble, "%s", trouble);
	keeper->status.repaired = work->repaired;
	if (work->store != NULL)
		store_picture_totals(work->store, &keeper->status.pictures, &keeper->status.bytes);
	pthread_mutex_unlock(&keeper->lock);
}

/* Wait for jobs; take all changes there are, in their order. False: the end. */
static bool
keeper_take(struct keeper *keeper, struct batch *batch)
{
	struct pollfd waiting[] = { { .fd = queue_fd(keeper->changes), .events = POLLIN },
		{ .fd = queue_fd(keeper->questions), .events = POLLIN } };
	struct job *job;

	while (poll(waiting, 2, -1) == -1 && errno == EINTR)
		;
	while (batch->count < BATCH_MAX && (job = queue_pop(keeper->changes)) != NULL) {
		if (job == &keeper->end)
			return false;
		batch->jobs[batch->count++] = job;
	}
	return true;
}

static void
keeper_answer(struct keeper *keeper, struct job *job)
{
	if (!queue_push(keeper->answers, job))
		abort(); /* it holds as many as may be pending */
}

/* Not before the changes that were given before it. */
static struct job *
keeper_next_question(struct keeper *keeper)
{
	struct job *next = keeper->held != NULL ? keeper->held : queue_pop(keeper->questions);
	bool ready = next != NULL && next->behind <= keeper->made;

	keeper->held = ready ? NULL : next;
	return ready ? next : NULL;
}

static void
keeper_answer_questions(struct keeper *keeper, unsigned most)
{
	struct job *job;

	for (; most > 0 && (job = keeper_next_question(keeper)) != NULL; most--) {
		work_run(&keeper->work, job);
		if (job->result == STORE_DAMAGED && work_repair(&keeper->work)) {
			work_forget_failure(&keeper->work, job);
			work_run(&keeper->work, job);
		}
		keeper_answer(keeper, job);
	}
}

static void *
keeper_thread(void *arg)
{
	struct keeper *keeper = arg;
	bool more = true;

	pthread_setname_np(pthread_self(), "store");
	while (more) {
		struct batch batch = { .count = 0 };

		more = keeper_take(keeper, &batch);
		work_repair(
		    &keeper->work); /* removed, or another in its place: before it is written to */
		batch_run(&batch, &keeper->work);
		batch_repair(&batch, &keeper->work);
		batch_settle(&batch, &keeper->work);
		keeper_note(keeper, &batch);
		for (size_t i = 0; i < batch.count; i++)
			keeper_answer(keeper, batch.jobs[i]);
		keeper->made += batch.count;
		keeper_answer_questions(keeper, more ? QUESTIONS_A_TURN : KEEPER_QUESTIONS);
	}
	store_free(&keeper->work.store);
	json_decref(keeper->work.values);
	return NULL;
}

/* ---- the loop ----------------------------------------------------------------------- */

static void
keeper_answers(evutil_socket_t fd, short what, void *arg)
{
	struct keeper *keeper = arg;
	struct job *job;

	(void)fd, (void)what;
	while ((job = queue_pop(keeper->answers)) != NULL) {
		--*(job_asks(job) ? &keeper->asked : &keeper->pending);
		if (job->jpeg != NULL) {
			keeper->pictures--;
			keeper->picture_bytes -= job->length;
		}
		if (job->done != NULL)
			job->done(job->arg, job);
		job_free(&job);
	}
}

static int
keeper_start(struct keeper *keeper, struct event_base *base, const char *folder, struct cause *why)
{
	sigset_t all, before;

	keeper->folder = strdup(folder);
	keeper->work.folder = keeper->folder;
	cause_set(&keeper->work.closed, "the state folder is not open yet");
	keeper->changes = queue_new(KEEPER_JOBS + 1); /* and the one that ends it */
	keeper->questions = queue_new(KEEPER_QUESTIONS);
	keeper->answers = queue_new(KEEPER_JOBS + KEEPER_QUESTIONS);
	if (keeper->folder == NULL || keeper->changes == NULL || keeper->questions == NULL ||
	    keeper->answers == NULL)
		return cause_errno(why, "store thread");
	keeper->answered = event_new(
	    base, queue_fd(keeper->answers), EV_READ | EV_PERSIST, keeper_answers, keeper);
	if (keeper->answered == NULL || event_add(keeper->answered, NULL) == -1)
		return cause_set(why, "store thread: out of memory");
	/* Signals are the loop's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	errno = pthread_create(&keeper->thread, NULL, keeper_thread, keeper);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return errno == 0 ? 0 : cause_errno(why, "store thread");
}

static void
keeper_drop(void *item)
{
	struct job *job = item;

	job_free(&job);
}

static void
keeper_destroy(struct keeper **keeper)
{
	struct keeper *gone = *keeper;

	if (gone->answered != NULL)
		event_free(gone->answered);
	queue_free(&gone->changes, keeper_drop);
	queue_free(&gone->questions, keeper_drop);
	queue_free(&gone->answers, keeper_drop);
	pthread_mutex_destroy(&gone->lock);
	free(gone->folder);
	free(gone);
	*keeper = NULL;
}

struct keeper *
keeper_new(struct event_base *base, const char *folder, struct cause *why)
{
	struct keeper *keeper = calloc(1, sizeof *keeper);

	if (keeper == NULL) {
		cause_errno(why, "store thread");
		return NULL;
	}
	pthread_mutex_init(&keeper->lock, NULL);
	if (keeper_start(keeper, base, folder, why) == -1)
		keeper_destroy(&keeper);
	return keeper;
}

void
keeper_free(struct keeper **keeper)
{
	if (*keeper == NULL)
		return;
	if (!queue_push((*keeper)->changes, &(*keeper)->end))
		abort(); /* there is always room for this one */
	(*keeper)->ended = true;
	pthread_join((*keeper)->thread, NULL);
	keeper_answers(-1, 0, *keeper);
	keeper_destroy(keeper);
}

static bool
keeper_has_room(const struct keeper *keeper, const struct job *job)
{
	if (keeper->ended)
		return false;
	if (job_asks(job))
		return keeper->asked < KEEPER_QUESTIONS;
	if (keeper->pending >= KEEPER_JOBS)
		return false;
	return job->jpeg == NULL || keeper->pictures == 0 ||
	    (keeper->pictures < KEEPER_PICTURES &&
		keeper->picture_bytes + job->length <= KEEPER_BYTES);
}

bool
keeper_submit(struct keeper *keeper, struct job *job)
{
	bool asks = job_asks(job), picture = job->jpeg != NULL;
	uint64_t length = picture ? job->length : 0;

	job->behind = keeper->given;
	if (!keeper_has_room(keeper, job) ||
	    !queue_push(asks ? keeper->questions : keeper->changes, job)) {
		keeper->refused++;
		return false;
	}
	++*(asks ? &keeper->asked : &keeper->pending);
	keeper->given += !asks;
	keeper->pictures += picture;
	keeper->picture_bytes += length;
	return true;
}

uint64_t
keeper_refused(const struct keeper *keeper)
{
	return keeper->refused;
}

void
keeper_status(struct keeper *keeper, struct keeper_status *status)
{
	pthread_mutex_lock(&keeper->lock);
	*status = keeper->status;
	pthread_mutex_unlock(&keeper->lock);
}
