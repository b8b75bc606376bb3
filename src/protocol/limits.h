/* SPDX-License-Identifier: ISC */
/* limits: how long the messages of the protocol may be, and how much one may ask for. */
#ifndef ORIEL_PROTOCOL_LIMITS_H
#define ORIEL_PROTOCOL_LIMITS_H

#define TIME_MAX 9000000000LL /* seconds since 1970: their nanoseconds fit into 63 bits */

enum {
	MESSAGE_MAX = 16 * 1024,   /* a command from a browser, bytes */
	LINE_MAX_SIZE = 64 * 1024, /* a line on the control socket, bytes with its end */
	RECORD_SECONDS_MAX = 600,
	SNAP_NAME_MAX = 63, /* the name of a saved picture, bytes */
	FILE_URL_MAX = 79,  /* where it or another file is, relative to the camera's page */
	LIMIT_MAX = 1000,   /* events or saved pictures at a time */
	LIMIT_INITIAL = 50,
	VIEWERS_MAX = 1000000, /* a connection speaks for */
};

#endif
