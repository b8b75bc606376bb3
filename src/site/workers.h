/* SPDX-License-Identifier: ISC */
/* workers: the processes that serve one socket, kept alive by their parent.
 *
 * A worker that dies takes only its own viewers with it; another is started. The
 * parent does nothing else, so nothing can kill it but a signal. */
#ifndef ORIEL_SITE_WORKERS_H
#define ORIEL_SITE_WORKERS_H

#include <stdint.h>

/* A worker's whole life, in a process of its own: its exit status. While it is well it
 * increments `pulse` every pulse_ns; NULL when nobody looks. */
typedef int workers_serve(void *arg, _Atomic uint64_t *pulse, uint64_t pulse_ns);

/* Keep `count` workers running until SIGTERM or SIGINT, then end them. With systemd's
 * watchdog a worker whose pulse stands still is killed and replaced. Tells systemd
 * that we are ready. Returns the exit status. */
int workers_run(unsigned count, workers_serve *serve, void *arg);

#endif
