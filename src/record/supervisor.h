/* SPDX-License-Identifier: ISC */
/* supervisor: the process that has movies encoded, one at a time. It forks a child for each movie,
 * at idle priority. The child has only the descriptors that it was given, so what a stranger's
 * bytes do in libav stays inside it. */
#ifndef ORIEL_RECORD_SUPERVISOR_H
#define ORIEL_RECORD_SUPERVISOR_H

#include <stdbool.h>

#include "base/cause.h"

/* Fork it; call this before there are threads. Returns a socket for lines. A line comes with the
 * descriptors of a journal, a movie and a poster (clip/encoder.h). The answer is one of
 *   {"ok": true, "ms", "before_ms", "frames", "broken", "cut", "head": {…}}
 *   {"ok": false, "reason", "empty": the journal has no frame}
 * It ends when the socket is closed. -1 with *why. */
int supervisor_start(bool confined, struct cause *why);

#endif
