/* SPDX-License-Identifier: ISC */
#include "orield/store_worker.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/queue.h"
#include "base/thread.h"
#include "protocol/reasons.h"
#include "orield/store_jobs.h"

enum { BATCH_MAX = 64, QUESTIONS_A_TURN = 4 };

struct store_worker {
	struct thread thread;
	struct queue *changes, *questions, *answers;
	struct event *answered;
	unsigned pending, pictures; /* changes not answered yet */
	uint64_t picture_bytes;	    /* of those pictures */
	unsigned asked;		    /* questions not answered yet */
	uint64_t given;		    /* changes, ever */
	uint64_t refused;
	bool ended;
	struct store_job end; /* the last job: it ends the thread */
	char *folder;

	pthread_mutex_t lock; /* of `status` */
	struct store_worker_status status;

	/* The store thread's own. */
	uint64_t made;		/* changes, ever */
	struct store_job *held; /* the next question */
	struct store_jobs jobs;
	struct cause failing; /* why the newest change could not be stored */
	bool outage_said;
};

/* A batch: jobs done in one transaction. */
struct batch {
	struct store_job *jobs[BATCH_MAX];
	size_t count;
	bool begun;
	uint64_t triggers; /* as it was before */
	struct motion_log motion;
	struct cause why;
	int result; /* of begin and commit */
};

/* ---- the store thread ------------------------------------------------ */

static void
batch_begin(struct batch *batch, struct store_jobs *jobs)
{
	if (batch->begun || batch->result != STORE_OK || jobs->store == NULL)
		return;
	batch->result = store_begin(jobs->store, &batch->why);
	batch->begun = batch->result == STORE_OK;
}

/* One job that changes something, in a savepoint of its own. */
static int
batch_try(struct batch *batch, struct store_jobs *jobs, struct store_job *job)
{
	int result;

	batch_begin(batch, jobs);
	if (jobs->store == NULL) {
		store_jobs_run(jobs, job);
		return job->result;
	}
	if (!batch->begun) {
		job->why = batch->why;
		return batch->result;
	}
	result = store_begin(jobs->store, &job->why);
	if (result != STORE_OK)
		return result;
	store_jobs_run(jobs, job);
	if (job->result == STORE_OK)
		return store_commit(jobs->store, &job->why);
	store_rollback(jobs->store);
	return job->result;
}

static void
batch_write(struct batch *batch, struct store_jobs *jobs, struct store_job *job)
{
	uint64_t triggers = jobs->triggers;
	struct motion_log motion = jobs->motion;
	struct cause why;

	job->result = batch_try(batch, jobs, job);
	if (job->result == STORE_OK)
		return;
	why = job->why;
	jobs->triggers = triggers;
	jobs->motion = motion;
	store_jobs_fail(jobs, job, job->result, &why);
}

/* Nothing of the batch is on disk. */
static void
batch_fail(struct batch *batch, struct store_jobs *jobs)
{
	jobs->triggers = batch->triggers;
	jobs->motion = batch->motion;
	for (size_t i = 0; i < batch->count; i++)
		if (store_jobs_writes(batch->jobs[i]->kind))
			store_jobs_fail(jobs, batch->jobs[i], batch->result, &batch->why);
}

static void
batch_run(struct batch *batch, struct store_jobs *jobs)
{
	batch->triggers = jobs->triggers;
	batch->motion = jobs->motion;
	for (size_t i = 0; i < batch->count; i++) {
		if (store_jobs_writes(batch->jobs[i]->kind))
			batch_write(batch, jobs, batch->jobs[i]);
		else
			store_jobs_run(jobs, batch->jobs[i]);
	}
	if (!batch->begun)
		return;
	batch->result = store_commit(jobs->store, &batch->why);
	if (batch->result != STORE_OK)
		batch_fail(batch, jobs);
}

/* If damage was found and repaired, do the failed jobs again, once. */
static void
batch_repair(struct batch *batch, struct store_jobs *jobs)
{
	struct batch again = { .count = 0 };

	for (size_t i = 0; i < batch->count; i++)
		if (batch->jobs[i]->result == STORE_DAMAGED)
			again.jobs[again.count++] = batch->jobs[i];
	if (again.count == 0 || !store_jobs_repair(jobs))
		return;
	for (size_t i = 0; i < again.count; i++)
		store_jobs_forget_failure(jobs, again.jobs[i]);
	batch_run(&again, jobs);
}

static void
batch_settle(const struct batch *batch, struct store_jobs *jobs)
{
	for (size_t i = 0; i < batch->count; i++)
		store_jobs_settle(jobs, batch->jobs[i]);
}

/* One log line when trouble begins and one when it is over. */
static void
store_worker_say(struct store_worker *worker, const char *trouble)
{
	if (trouble[0] != '\0' && !worker->outage_said)
		log_error("store", "cannot store: %s", trouble);
	if (trouble[0] == '\0' && worker->outage_said)
		log_notice("store", "storing again");
	worker->outage_said = trouble[0] != '\0';
}

static void
store_worker_note(struct store_worker *worker, const struct batch *batch)
{
	struct store_jobs *jobs = &worker->jobs;
	struct cause trouble;
	bool wrote = false, failed = false;

	for (size_t i = 0; i < batch->count; i++) {
		const struct store_job *job = batch->jobs[i];

		if (!store_jobs_writes(job->kind) || job->result == STORE_MISSING)
			continue;
		wrote = wrote || job->result == STORE_OK;
		if (job->result == STORE_OK || job->kind == STORE_JOB_SNAPSHOT)
			continue;
		failed = true;
		worker->failing = job->why;
	}
	if (wrote && !failed)
		cause_clear(&worker->failing);
	trouble = jobs->store == NULL	      ? jobs->closed
	    : worker->failing.text[0] != '\0' ? worker->failing
					      : jobs->unsaved;
	cause_default(&trouble, &reason_store_failed);
	store_worker_say(worker, trouble.text);
	pthread_mutex_lock(&worker->lock);
	worker->status.trouble = trouble;
	worker->status.repaired = jobs->repaired;
	if (jobs->store != NULL) {
		store_picture_totals(jobs->store, &worker->status.pictures, &worker->status.bytes);
		worker->status.pinned = *store_pinned(jobs->store);
		worker->status.deleted = *store_deleted(jobs->store);
	}
	pthread_mutex_unlock(&worker->lock);
}

/* Wait for jobs; take all changes there are, in their order. False: the end. */
static bool
store_worker_take(struct store_worker *worker, struct batch *batch)
{
	struct pollfd waiting[] = { { .fd = queue_fd(worker->changes), .events = POLLIN },
		{ .fd = queue_fd(worker->questions), .events = POLLIN } };
	struct store_job *job;

	while (poll(waiting, 2, -1) == -1 && errno == EINTR)
		;
	while (batch->count < BATCH_MAX && (job = queue_pop(worker->changes)) != NULL) {
		if (job == &worker->end)
			return false;
		batch->jobs[batch->count++] = job;
	}
	return true;
}

static void
store_worker_answer(struct store_worker *worker, struct store_job *job)
{
	if (!queue_push(worker->answers, job))
		abort(); /* it has room for all pending jobs */
}

/* The next question, if all changes given before it are done; else NULL. */
static struct store_job *
store_worker_next_question(struct store_worker *worker)
{
	struct store_job *next = worker->held != NULL ? worker->held : queue_pop(worker->questions);
	bool ready = next != NULL && next->behind <= worker->made;

	worker->held = ready ? NULL : next;
	return ready ? next : NULL;
}

static void
store_worker_answer_questions(struct store_worker *worker, unsigned most)
{
	struct store_job *job;

	for (; most > 0 && (job = store_worker_next_question(worker)) != NULL; most--) {
		store_jobs_run(&worker->jobs, job);
		if (job->result == STORE_DAMAGED && store_jobs_repair(&worker->jobs)) {
			store_jobs_forget_failure(&worker->jobs, job);
			store_jobs_run(&worker->jobs, job);
		}
		store_worker_answer(worker, job);
	}
}

static void
store_worker_thread(void *arg)
{
	struct store_worker *worker = arg;
	bool more = true;

	while (more) {
		struct batch batch = { .count = 0 };

		more = store_worker_take(worker, &batch);
		store_jobs_repair(
		    &worker->jobs); /* if it was removed or replaced: before we write to it */
		batch_run(&batch, &worker->jobs);
		batch_repair(&batch, &worker->jobs);
		batch_settle(&batch, &worker->jobs);
		store_worker_note(worker, &batch);
		for (size_t i = 0; i < batch.count; i++)
			store_worker_answer(worker, batch.jobs[i]);
		worker->made += batch.count;
		store_worker_answer_questions(
		    worker, more ? QUESTIONS_A_TURN : STORE_WORKER_QUESTIONS);
	}
	store_free(&worker->jobs.store);
	json_decref(worker->jobs.values);
}

/* ---- the loop -------------------------------------------------------- */

static void
store_worker_answers(evutil_socket_t fd, short what, void *arg)
{
	struct store_worker *worker = arg;
	struct store_job *job;

	(void)fd, (void)what;
	while ((job = queue_pop(worker->answers)) != NULL) {
		--*(store_job_asks(job) ? &worker->asked : &worker->pending);
		if (job->jpeg != NULL) {
			worker->pictures--;
			worker->picture_bytes -= job->length;
		}
		if (job->done != NULL)
			job->done(job->arg, job);
		store_job_free(&job);
	}
}

static int
store_worker_start(
    struct store_worker *worker, struct event_base *base, const char *folder, struct cause *why)
{
	worker->folder = strdup(folder);
	worker->jobs.folder = worker->folder;
	cause_detail(
	    &worker->jobs.closed, &reason_store_failed, "the state folder is not open yet");
	worker->changes = queue_new(STORE_WORKER_JOBS + 1); /* and `end` */
	worker->questions = queue_new(STORE_WORKER_QUESTIONS);
	worker->answers = queue_new(STORE_WORKER_JOBS + STORE_WORKER_QUESTIONS);
	if (worker->folder == NULL || worker->changes == NULL || worker->questions == NULL ||
	    worker->answers == NULL)
		return cause_errno(why, "store thread");
	worker->answered = event_new(
	    base, queue_fd(worker->answers), EV_READ | EV_PERSIST, store_worker_answers, worker);
	if (worker->answered == NULL || event_add(worker->answered, NULL) == -1)
		return cause_set(why, "store thread: out of memory");
	return thread_start(&worker->thread, "store", store_worker_thread, worker) == 0
	    ? 0
	    : cause_errno(why, "store thread");
}

static void
store_worker_drop(void *item)
{
	struct store_job *job = item;

	store_job_free(&job);
}

static void
store_worker_destroy(struct store_worker **worker)
{
	struct store_worker *gone = *worker;

	if (gone->answered != NULL)
		event_free(gone->answered);
	queue_free(&gone->changes, store_worker_drop);
	queue_free(&gone->questions, store_worker_drop);
	queue_free(&gone->answers, store_worker_drop);
	pthread_mutex_destroy(&gone->lock);
	free(gone->folder);
	free(gone);
	*worker = NULL;
}

struct store_worker *
store_worker_new(struct event_base *base, const char *folder, struct cause *why)
{
	struct store_worker *worker = calloc(1, sizeof *worker);

	if (worker == NULL) {
		cause_errno(why, "store thread");
		return NULL;
	}
	pthread_mutex_init(&worker->lock, NULL);
	if (store_worker_start(worker, base, folder, why) == -1)
		store_worker_destroy(&worker);
	return worker;
}

void
store_worker_free(struct store_worker **worker)
{
	if (*worker == NULL)
		return;
	if (!queue_push((*worker)->changes, &(*worker)->end))
		abort(); /* there is always room for this one */
	(*worker)->ended = true;
	thread_join(&(*worker)->thread);
	store_worker_answers(-1, 0, *worker);
	store_worker_destroy(worker);
}

static bool
store_worker_has_room(const struct store_worker *worker, const struct store_job *job)
{
	if (worker->ended)
		return false;
	if (store_job_asks(job))
		return worker->asked < STORE_WORKER_QUESTIONS;
	if (worker->pending >= STORE_WORKER_JOBS)
		return false;
	return job->jpeg == NULL || worker->pictures == 0 ||
	    (worker->pictures < STORE_WORKER_PICTURES &&
		worker->picture_bytes + job->length <= STORE_WORKER_BYTES);
}

bool
store_worker_submit(struct store_worker *worker, struct store_job *job)
{
	bool asks = store_job_asks(job), picture = job->jpeg != NULL;
	uint64_t length = picture ? job->length : 0;

	job->behind = worker->given;
	if (!store_worker_has_room(worker, job) ||
	    !queue_push(asks ? worker->questions : worker->changes, job)) {
		worker->refused++;
		return false;
	}
	++*(asks ? &worker->asked : &worker->pending);
	worker->given += !asks;
	worker->pictures += picture;
	worker->picture_bytes += length;
	return true;
}

void
store_worker_status(struct store_worker *worker, struct store_worker_status *status)
{
	pthread_mutex_lock(&worker->lock);
	*status = worker->status;
	pthread_mutex_unlock(&worker->lock);
	status->refused = worker->refused;
}
