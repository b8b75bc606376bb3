/* SPDX-License-Identifier: ISC */
/* gate: may libfcgi see these bytes?
 *
 * libfcgi blocks on half a request and aborts on some malformed ones (lengths
 * near INT_MAX, GET_VALUES). So every request is walked here first, while it
 * still lies in the socket (MSG_PEEK), and libfcgi gets only what is whole and
 * well-formed. No I/O, no state: bytes in, verdict out. */
#ifndef ORIEL_FCGI_GATE_H
#define ORIEL_FCGI_GATE_H

#include <stddef.h>

#include "base/vocabulary.h"

enum {
	GATE_PARAMS_MAX = 64 *
	    1024, /* bytes of names and values; nginx sends at most 4 x 8k headers */
	GATE_PAIRS_MAX = 256,
	GATE_BODY_MAX = MESSAGE_MAX,
	/* All that is looked at; a Unix socket's buffer (208 KiB) holds as much. */
	GATE_WINDOW = GATE_PARAMS_MAX + GATE_BODY_MAX + 16 * 1024,
};

enum gate_verdict {
	GATE_MORE,   /* good so far; the rest has not come yet */
	GATE_PASS,   /* exactly one whole request */
	GATE_LARGE,  /* good, but its body is over GATE_BODY_MAX: 413 */
	GATE_REFUSE, /* not ours: close, and say *reason */
};

/* `reason` (static text) is set with GATE_REFUSE. */
enum gate_verdict gate_look(const unsigned char *bytes, size_t length, const char **reason);

#endif
