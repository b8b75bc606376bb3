/* SPDX-License-Identifier: ISC */
#include "site/workers.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/service.h"

enum {
	WORKERS_MAX = 64,
	QUICK_DEATH_MS = 1000, /* if a worker died younger: wait as long before the next */
	END_MS = 3000,	       /* from SIGTERM to SIGKILL */
};

struct worker {
	pid_t pid; /* 0: none */
	uint64_t born_ns;
	uint64_t seen; /* its pulse at the last look */
};

struct workers {
	workers_serve *serve;
	void *arg;
	unsigned count;
	sigset_t mask, before;	    /* the signals we take, and what was blocked */
	uint64_t pulse_ns, look_ns; /* 0: no watchdog; when to look next */
	uint64_t restart_ns;	    /* when to fill the gaps; 0: none */
	_Atomic uint64_t *pulses;   /* shared with the workers, one each */
	struct worker list[WORKERS_MAX];
};

/* ---- one worker ------------------------------------------------------ */

static void
worker_live(struct workers *workers, unsigned index, pid_t parent)
{
	bool watched = workers->pulse_ns != 0;

	/* Without the parent nobody would end us, and the socket must become free. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != parent)
		_exit(1);
	sigprocmask(SIG_SETMASK, &workers->before, NULL);
	exit(workers->serve(
	    workers->arg, watched ? &workers->pulses[index] : NULL, workers->pulse_ns / 2));
}

static void
worker_start(struct workers *workers, unsigned index)
{
	struct worker *worker = &workers->list[index];
	pid_t parent = getpid();

	workers->pulses[index] = worker->seen = 0;
	worker->pid = fork();
	if (worker->pid == 0)
		worker_live(workers, index, parent);
	worker->born_ns = clock_mono_ns();
	if (worker->pid == -1) {
		log_error("workers", "fork: %s", strerror(errno));
		worker->pid = 0;
	}
}

static void
worker_say_end(pid_t pid, int status)
{
	if (WIFSIGNALED(status))
		log_error("workers", "worker %d was killed by signal %d (%s)", (int)pid,
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		log_error(
		    "workers", "worker %d ended with status %d", (int)pid, WEXITSTATUS(status));
}

/* ---- all of them ----------------------------------------------------- */

static unsigned
workers_alive(const struct workers *workers)
{
	unsigned alive = 0;

	for (unsigned i = 0; i < workers->count; i++)
		alive += workers->list[i].pid != 0;
	return alive;
}

static void
workers_fill(struct workers *workers)
{
	workers->restart_ns = 0;
	for (unsigned i = 0; i < workers->count; i++)
		if (workers->list[i].pid == 0)
			worker_start(workers, i);
	if (workers_alive(workers) < workers->count)
		workers->restart_ns = clock_mono_ns() + QUICK_DEATH_MS * CLOCK_MS;
}

/* How a worker may end after SIGTERM: normally, or by the signal if it had hardly begun. */
static bool
worker_ended_well(int status)
{
	return (WIFEXITED(status) && WEXITSTATUS(status) == 0) ||
	    (WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

/* One that died young may do so again, so there is a pause before the next. */
static void
worker_bury(struct workers *workers, struct worker *worker)
{
	uint64_t now = clock_mono_ns(), due = now;

	if (now - worker->born_ns < QUICK_DEATH_MS * CLOCK_MS)
		due += QUICK_DEATH_MS * CLOCK_MS;
	if (workers->restart_ns < due)
		workers->restart_ns = due;
	worker->pid = 0;
}

/* Note which workers have ended. `ending`: they were told to. */
static void
workers_reap(struct workers *workers, bool ending)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (!ending || !worker_ended_well(status))
			worker_say_end(pid, status);
		for (unsigned i = 0; i < workers->count; i++)
			if (workers->list[i].pid == pid)
				worker_bury(workers, &workers->list[i]);
	}
}

/* Kill workers whose pulse stands still; tell systemd that the others are well. */
static void
workers_look(struct workers *workers)
{
	for (unsigned i = 0; i < workers->count; i++) {
		struct worker *worker = &workers->list[i];
		uint64_t pulse = workers->pulses[i];

		if (worker->pid != 0 && pulse == worker->seen &&
		    clock_mono_ns() - worker->born_ns > 2 * workers->pulse_ns) {
			log_error("workers", "worker %d hangs", (int)worker->pid);
			kill(worker->pid, SIGKILL);
		}
		worker->seen = pulse;
	}
	service_watchdog();
	workers->look_ns = clock_mono_ns() + workers->pulse_ns;
}

/* The next signal, or 0 when `due_ns` (0: never) has come. */
static int
workers_wait(const struct workers *workers, uint64_t due_ns)
{
	uint64_t now = clock_mono_ns(), left = due_ns > now ? due_ns - now : 0;
	struct timespec limit = { .tv_sec = (time_t)(left / CLOCK_S),
		.tv_nsec = (long)(left % CLOCK_S) };
	int signal;

	do
		signal = due_ns != 0 ? sigtimedwait(&workers->mask, NULL, &limit)
				     : sigwaitinfo(&workers->mask, NULL);
	while (signal == -1 && errno == EINTR);
	return signal > 0 ? signal : 0;
}

static uint64_t
workers_due(const struct workers *workers)
{
	if (workers->restart_ns == 0 || workers->look_ns == 0)
		return workers->restart_ns + workers->look_ns;
	return workers->restart_ns < workers->look_ns ? workers->restart_ns : workers->look_ns;
}

static void
workers_keep(struct workers *workers)
{
	for (;;) {
		int signal = workers_wait(workers, workers_due(workers));
		uint64_t now = clock_mono_ns();

		if (signal == SIGTERM || signal == SIGINT)
			return;
		workers_reap(workers, false);
		if (workers->restart_ns != 0 && now >= workers->restart_ns)
			workers_fill(workers);
		if (workers->look_ns != 0 && now >= workers->look_ns)
			workers_look(workers);
	}
}

static void
workers_signal(const struct workers *workers, int signal)
{
	for (unsigned i = 0; i < workers->count; i++)
		if (workers->list[i].pid != 0)
			kill(workers->list[i].pid, signal);
}

static int
workers_end(struct workers *workers)
{
	uint64_t limit = clock_mono_ns() + END_MS * CLOCK_MS;

	workers_signal(workers, SIGTERM);
	workers_reap(workers, true);
	while (workers_alive(workers) > 0 && clock_mono_ns() < limit) {
		workers_wait(workers, limit);
		workers_reap(workers, true);
	}
	if (workers_alive(workers) == 0)
		return 0;
	log_error("workers", "%u workers do not end", workers_alive(workers));
	workers_signal(workers, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
	return 1;
}

static int
workers_init(struct workers *workers)
{
	static const int ours[] = { SIGTERM, SIGINT, SIGCHLD };
	size_t size = workers->count * sizeof *workers->pulses;

	workers->pulses = mmap(
	    NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (workers->pulses == MAP_FAILED) {
		log_error("workers", "mmap: %s", strerror(errno));
		return -1;
	}
	sigemptyset(&workers->mask);
	for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
		sigaddset(&workers->mask, ours[i]);
	sigprocmask(SIG_BLOCK, &workers->mask, &workers->before);
	workers->pulse_ns = service_watchdog_ns();
	if (workers->pulse_ns != 0)
		workers->look_ns = clock_mono_ns() + workers->pulse_ns;
	return 0;
}

int
workers_run(unsigned count, workers_serve *serve, void *arg)
{
	struct workers workers = {
		.serve = serve, .arg = arg, .count = count < WORKERS_MAX ? count : WORKERS_MAX
	};
	int status;

	if (workers_init(&workers) == -1)
		return 1;
	workers_fill(&workers);
	service_ready("serving");
	workers_keep(&workers);
	service_stopping();
	status = workers_end(&workers);
	munmap(workers.pulses, workers.count * sizeof *workers.pulses);
	return status;
}
