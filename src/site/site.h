/* SPDX-License-Identifier: ISC */
/* site: one worker process: the listener, the cameras, and which request goes where. */
#ifndef ORIEL_SITE_SITE_H
#define ORIEL_SITE_SITE_H

#include <stdint.h>

#include "auth/backoff.h"
#include "base/hosts.h"
#include "base/options.h"

/* Serve `listen_fd` until SIGTERM or SIGINT: the exit status. `backoff` is shared by all
 * workers; NULL: log-in is off. `hosts`: by which names the site may be called. `pulse` (may be
 * NULL) is counted up every pulse_ns, as a sign of life for who watches this process. */
int site_run(const struct options *options, int listen_fd, struct backoff *backoff,
    const struct hosts *hosts, _Atomic uint64_t *pulse, uint64_t pulse_ns);

#endif
