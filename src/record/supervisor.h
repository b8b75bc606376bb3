/* SPDX-License-Identifier: ISC */
/* supervisor: the process that has movies encoded. It makes a child of its own for each, at idle
 * priority, with nothing but the descriptors it was given: what libav does with a stranger's bytes
 * ends there. One at a time. */
#ifndef ORIEL_RECORD_SUPERVISOR_H
#define ORIEL_RECORD_SUPERVISOR_H

#include <stdbool.h>

#include "base/cause.h"

/* Fork it, before there are threads. Returns a socket for lines: one with a journal, a movie and a
 * poster (clip/encoder.h) is answered by one of
 *   {"ok": true, "ms", "before_ms", "frames", "broken", "cut", "head": {…}}
 *   {"ok": false, "reason", "empty": there is nothing in it}
 * It ends when the socket is closed. -1 with *why. */
int supervisor_start(bool confined, struct cause *why);

#endif
