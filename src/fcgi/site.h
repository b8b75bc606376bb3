/* SPDX-License-Identifier: ISC */
/* site: one worker process: the door, the cameras, and which request goes where. */
#ifndef ORIEL_FCGI_SITE_H
#define ORIEL_FCGI_SITE_H

#include <stdint.h>

#include "auth/backoff.h"
#include "base/hosts.h"
#include "base/options.h"

/* Serve `listener` until SIGTERM or SIGINT: the exit status. `backoff` is shared by all
 * workers; NULL: log-in is off. `hosts`: by which names the site may be called. `pulse` (may be NULL)
 * is counted up every pulse_ns, as a sign of life for who watches this process. */
int site_run(const struct options *options, int listener, struct backoff *backoff,
    const struct hosts *hosts, _Atomic uint64_t *pulse, uint64_t pulse_ns);

#endif
