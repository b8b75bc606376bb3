/* SPDX-License-Identifier: ISC */
/* thread: a thread of the program. It has a name, for ps(1) and top(1), and takes no signals:
 * the loop takes them. */
#ifndef ORIEL_BASE_THREAD_H
#define ORIEL_BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>

/* The caller's storage, all zero before the first thread_start(); it must stay where it is until
 * thread_join(). */
struct thread {
	pthread_t id;
	const char *name;
	void (*run)(void *arg);
	void *arg;
	bool started;
};

/* Run `run(arg)` beside the caller. `name` has at most 15 bytes and outlives the thread.
 * 0, or -1 with errno. */
int thread_start(struct thread *thread, const char *name, void (*run)(void *arg), void *arg);

/* Wait until it has ended. Does nothing for one that was never started, or has been joined. */
void thread_join(struct thread *thread);

#endif
