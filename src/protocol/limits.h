/* SPDX-License-Identifier: ISC */
/* limits: the protocol's longest messages, and the largest numbers in them. */
#ifndef ORIEL_PROTOCOL_LIMITS_H
#define ORIEL_PROTOCOL_LIMITS_H

#define TIME_MAX 9000000000LL /* seconds since 1970: their nanoseconds fit into 63 bits */

enum {
	MESSAGE_MAX = 16 * 1024,   /* a command from a browser, bytes */
	LINE_MAX_SIZE = 64 * 1024, /* a line on the control socket, bytes with its newline */
	RECORD_SECONDS_MAX = 600,
	SNAP_NAME_MAX = 63, /* the name of a saved picture, bytes */
	FILE_URL_MAX = 79,  /* the path of a saved file, relative to the camera's page, bytes */
	LIMIT_MAX = 1000,   /* events or saved pictures at a time */
	LIMIT_INITIAL = 50,
	VIEWERS_MAX = 1000000, /* that one connection may report */
};

#endif
