/* SPDX-License-Identifier: ISC */
#include "fanout/picture.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "fastcgi/record.h"

/* ---- sending a frame ------------------------------------------------- */

/* A picture that the peer did not take at once. */
struct sending {
	struct frame_buf_hold hold; /* first */
	struct conn *conn;
	size_t at, head_length;
	unsigned char head[RECORD_HEADER_SIZE + sizeof((struct reply_head *)0)->text];
};

/* The rest of head, picture and end, from byte `at` on; returns the number of parts. */
static int
sending_rest(const struct sending *sending, struct iovec parts[3])
{
	const struct frame_buf *buf = sending->hold.buf;
	const struct iovec whole[3] = {
		{ (void *)sending->head, sending->head_length },
		{ (void *)(buf->bytes + buf->jpeg), buf->delimiter - buf->jpeg },
		{ (void *)record_end, RECORD_END_SIZE },
	};
	size_t skip = sending->at;
	int count = 0;

	for (int i = 0; i < 3; i++) {
		size_t gone = skip < whole[i].iov_len ? skip : whole[i].iov_len;

		skip -= gone;
		if (gone < whole[i].iov_len)
			parts[count++] = (struct iovec){ (char *)whole[i].iov_base + gone,
				whole[i].iov_len - gone };
	}
	return count;
}

/* 1: all is sent, 0: the peer takes no more now, -1: broken. */
static int
sending_push(struct sending *sending)
{
	struct iovec parts[3];
	int count = sending_rest(sending, parts);
	size_t length = 0;
	ssize_t sent = conn_write(sending->conn, parts, count);

	if (sent == -1)
		return -1;
	for (int i = 0; i < count; i++)
		length += parts[i].iov_len;
	sending->at += (size_t)sent;
	return (size_t)sent == length;
}

static void
sending_free(struct sending *sending)
{
	frame_buf_drop(&sending->hold);
	free(sending);
}

static void
sending_writable(struct conn *conn, void *arg)
{
	struct sending *sending = arg;
	int outcome = sending_push(sending);

	if (outcome == 0)
		return;
	sending_free(sending);
	if (outcome == 1)
		conn_done(conn);
	else
		conn_close(conn);
}

static void
sending_gone(struct conn *conn, void *arg)
{
	(void)conn;
	sending_free(arg);
}

static void
sending_lost(struct frame_buf_hold *hold)
{
	struct sending *sending = (struct sending *)hold;
	struct conn *conn = sending->conn;

	sending_free(sending);
	conn_close(conn);
}

static const struct conn_user sending_user = { sending_writable, sending_gone };

/* The peer has taken a part: keep the rest, and hold the frame. */
static void
sending_keep(const struct sending *begun, struct frame_buf *buf)
{
	struct sending *sending = malloc(sizeof *sending);

	if (sending == NULL) {
		conn_close(begun->conn);
		return;
	}
	*sending = *begun;
	frame_buf_hold(buf, &sending->hold, sending_lost);
	conn_take(sending->conn, &sending_user, sending);
}

/* ---- what is said of it ---------------------------------------------- */

void
picture_add_etag(struct reply_head *head, const struct frame_buf *buf)
{
	reply_add(head, "ETag: \"%llu-%llu\"", (unsigned long long)buf->generation,
	    (unsigned long long)buf->info.sequence);
	reply_add(head, "Cache-Control: no-cache");
}

/* In milliseconds; nothing was encoded when the camera delivers JPEG. */
static void
picture_timing(struct reply_head *head, const struct frame_info *info)
{
	uint64_t now = clock_mono_ns();
	double age = now > info->mono_ns ? (double)(now - info->mono_ns) / 1e6 : 0;

	if (info->encode_us != 0)
		reply_add(head, "Server-Timing: encode;dur=%.3f, age;dur=%.3f",
		    info->encode_us / 1e3, age);
	else
		reply_add(head, "Server-Timing: age;dur=%.3f", age);
}

static void
picture_say(struct reply_head *head, const struct frame_buf *buf)
{
	uint64_t wall_us = buf->info.wall_ns / 1000;
	time_t seconds = (time_t)(wall_us / 1000000);
	char date[64];
	struct tm utc;

	gmtime_r(&seconds, &utc);
	strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &utc);
	reply_begin(head, NULL, 200);
	reply_add(head, "Content-Type: image/jpeg");
	reply_add(head, "Content-Length: %u", buf->info.length);
	picture_add_etag(head, buf);
	reply_add(head, "Last-Modified: %s", date);
	reply_add(head, "X-Timestamp: %llu.%06llu", (unsigned long long)(wall_us / 1000000),
	    (unsigned long long)(wall_us % 1000000));
}

static void
picture_head(struct picture_said *said, struct conn *conn, struct reply_head *head,
    const struct frame_buf *buf)
{
	const struct etag etag = { buf->generation, buf->info.sequence };

	if (said->of.generation != etag.generation || said->of.sequence != etag.sequence)
		picture_say(&said->head, buf);
	said->of = etag;
	*head = said->head;
	reply_share(head, conn);
	picture_timing(head, &buf->info);
	reply_end_head(head);
}

void
picture_send(struct picture_said *said, struct conn *conn, struct frame_buf *buf)
{
	struct sending sending = { .hold = { .buf = buf }, .conn = conn };
	struct reply_head head;
	int outcome;

	picture_head(said, conn, &head, buf);
	if (conn_is_head(conn)) {
		reply_send_head(conn, &head);
		return;
	}
	sending.head_length = (size_t)(record_wrap(sending.head, head.text, head.used) -
	    sending.head);
	outcome = sending_push(&sending);
	if (outcome == 1)
		conn_done(conn);
	else if (outcome == 0)
		sending_keep(&sending, buf);
	else
		conn_close(conn);
}
