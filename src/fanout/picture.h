/* SPDX-License-Identifier: ISC */
/* picture: one frame as an HTTP answer. */
#ifndef ORIEL_FANOUT_PICTURE_H
#define ORIEL_FANOUT_PICTURE_H

#include "fanout/etag.h"
#include "fanout/frame_buf.h"
#include "fastcgi/conn.h"
#include "http/reply.h"

/* The headers that all answers with one frame share, written once per frame. Zero at first. */
struct picture_said {
	struct etag of; /* 0-0: none yet */
	struct reply_head head;
};

/* Answer with the frame; it is held until the peer has taken all of it. */
void picture_send(struct picture_said *said, struct conn *conn, struct frame_buf *buf);

/* The header lines with which a client asks for a newer frame. */
void picture_add_etag(struct reply_head *head, const struct frame_buf *buf);

#endif
