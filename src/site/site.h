/* SPDX-License-Identifier: ISC */
/* site: one worker process: the listener, the cameras, and the way of a request. */
#ifndef ORIEL_SITE_SITE_H
#define ORIEL_SITE_SITE_H

#include <stdint.h>

#include "auth/backoff.h"
#include "base/hosts.h"
#include "base/options.h"

/* Serve `listen_fd` until SIGTERM or SIGINT; returns the exit status. `backoff` is shared by all
 * workers; NULL: log-in is off. `hosts`: names by which the site may be called. `pulse` (may be
 * NULL) is incremented every pulse_ns, as a sign of life for the parent. */
int site_run(const struct options *options, int listen_fd, struct backoff *backoff,
    const struct hosts *hosts, _Atomic uint64_t *pulse, uint64_t pulse_ns);

#endif
