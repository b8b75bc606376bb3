/* SPDX-License-Identifier: ISC */
/* limits: how long the messages of the protocol may be. */
#ifndef ORIEL_PROTOCOL_LIMITS_H
#define ORIEL_PROTOCOL_LIMITS_H

enum {
	MESSAGE_MAX = 16 * 1024,   /* a command from a browser, bytes */
	LINE_MAX_SIZE = 64 * 1024, /* a line on the control socket, bytes with its end */
};

#endif
