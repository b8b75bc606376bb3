/* SPDX-License-Identifier: ISC */
#include "base/thread.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>

static void *
thread_main(void *arg)
{
	struct thread *thread = arg;

	/* The thread names itself: another thread would have to write a file in /proc, which
	 * confined programs may not. */
	pthread_setname_np(pthread_self(), thread->name);
	thread->run(thread->arg);
	return NULL;
}

int
thread_start(struct thread *thread, const char *name, void (*run)(void *arg), void *arg)
{
	sigset_t all, before;
	int error;

	thread->name = name;
	thread->run = run;
	thread->arg = arg;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before); /* inherited, so no signal comes in between */
	error = pthread_create(&thread->id, NULL, thread_main, thread);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	thread->started = error == 0;
	errno = error;
	return error == 0 ? 0 : -1;
}

void
thread_join(struct thread *thread)
{
	if (thread->started)
		pthread_join(thread->id, NULL);
	thread->started = false;
}
