/* SPDX-License-Identifier: ISC */
/* stream_head: the headers of a stream. They are the same for all streams of a type, or for all
 * of them from other origins. */
#ifndef ORIEL_FANOUT_STREAM_HEAD_H
#define ORIEL_FANOUT_STREAM_HEAD_H

#include "fastcgi/conn.h"
#include "http/reply.h"

/* The same bytes under two names. WebKit gives a multipart answer to an <img>, but cancels a
 * script's fetch of it, so a script may ask for plain bytes (Accept). */
enum stream_type { STREAM_MULTIPART, STREAM_BYTES, STREAM_TYPES };
enum stream_type stream_type(const struct request *request);
void stream_add_type(
    struct reply_head *head, enum stream_type type); /* the header lines that say so */

/* Headers and the first boundary, as records. */
struct stream_head {
	unsigned char bytes[512];
	size_t length;
};
const struct stream_head *stream_head(const struct conn *conn, enum stream_type type);

#endif
