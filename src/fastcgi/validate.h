/* SPDX-License-Identifier: ISC */
/* validate: may libfcgi see these bytes?
 *
 * libfcgi blocks on half a request and aborts on some malformed ones (lengths near INT_MAX,
 * GET_VALUES). So every request is checked here first, while it still lies in the socket
 * (MSG_PEEK). libfcgi gets only whole, well-formed requests. No I/O, no state: bytes in, verdict
 * out. */
#ifndef ORIEL_FASTCGI_VALIDATE_H
#define ORIEL_FASTCGI_VALIDATE_H

#include <stddef.h>

#include "protocol/limits.h"

enum {
	VALIDATE_PARAMS_MAX = 64 *
	    1024, /* bytes of names and values; nginx sends at most 4 x 8k headers */
	VALIDATE_PAIRS_MAX = 256,
	VALIDATE_BODY_MAX = MESSAGE_MAX,
	/* The most bytes that are looked at; a Unix socket's buffer (208 KiB) holds as many. */
	VALIDATE_WINDOW = VALIDATE_PARAMS_MAX + VALIDATE_BODY_MAX + 16 * 1024,
};

enum validate_verdict {
	VALIDATE_MORE,	 /* good so far; the rest has not come yet */
	VALIDATE_PASS,	 /* exactly one whole request */
	VALIDATE_LARGE,	 /* good, but its body is over VALIDATE_BODY_MAX: 413 */
	VALIDATE_REFUSE, /* not ours: close, and log *reason */
};

/* `reason` (static text) is set with VALIDATE_REFUSE. */
enum validate_verdict validate_look(const unsigned char *bytes, size_t length, const char **reason);

#endif
