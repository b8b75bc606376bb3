/* SPDX-License-Identifier: ISC */
#include "fanout/snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "fanout/deferred.h"
#include "http/query.h"
#include "fastcgi/record.h"
#include "http/reply.h"

/* What the browser will have. */
struct wish {
	bool after_given;
	struct snapshot_tag after;
	uint64_t wait_ms, max_age_ms; /* max_age_ms UINT64_MAX: any */
};

struct waiter {
	struct deferred deferred; /* first */
	TAILQ_ENTRY(waiter) next;
	struct snapshots *snapshots;
	struct event *timer;
	struct wish wish;
};

struct snapshots {
	struct event_base *base;
	struct camera *camera;
	TAILQ_HEAD(, waiter) waiters;
	struct admission *waits;
	/* What all answers with one frame say of it, written once a frame. */
	struct snapshot_tag said_of; /* 0-0: none yet */
	struct reply_head said;
};

/* ---- tags ------------------------------------------------------------------------ */

bool
snapshot_tag_parse(const char *text, struct snapshot_tag *tag)
{
	char copy[64], *minus;
	size_t length = strlen(text);

	if (length >= 2 && text[0] == '"' && text[length - 1] == '"') {
		text++;
		length -= 2;
	}
	if (length >= sizeof copy)
		return false;
	memcpy(copy, text, length);
	copy[length] = '\0';
	minus = strchr(copy, '-');
	if (minus == NULL)
		return false;
	*minus = '\0';
	return query_decimal(copy, &tag->generation) && query_decimal(minus + 1, &tag->sequence);
}

bool
snapshot_tag_matches(const char *if_none_match, const struct snapshot_tag *tag)
{
	char wanted[64];
	size_t length;

	if (strcmp(if_none_match, "*") == 0)
		return true;
	length = (size_t)snprintf(wanted, sizeof wanted, "\"%llu-%llu\"",
	    (unsigned long long)tag->generation, (unsigned long long)tag->sequence);
	for (const char *at = if_none_match; *at != '\0'; at += strcspn(at, ",")) {
		at += strspn(at, ", \t");
		if (strncmp(at, "W/", 2) == 0)
			at += 2;
		if (strncmp(at, wanted, length) == 0 &&
		    strspn(at + length, " \t") == strcspn(at + length, ","))
			return true;
	}
	return false;
}

/* ---- sending a frame ---------------------------------------------------------------- */

/* A picture the peer did not take at once. */
struct sending {
	struct frame_buf_hold hold; /* first */
	struct conn *conn;
	size_t at, head_length;
	unsigned char head[RECORD_HEADER_SIZE + sizeof((struct reply_head *)0)->text];
};

/* What is left of head, picture and end, from byte `at` on; returns the parts. */
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

/* 1: all is out, 0: the peer takes no more now, -1: broken. */
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

static void
snapshot_tag_head(struct reply_head *head, const struct frame_buf *buf)
{
	reply_add(head, "ETag: \"%llu-%llu\"", (unsigned long long)buf->generation,
	    (unsigned long long)buf->info.sequence);
	reply_add(head, "Cache-Control: no-cache");
}

/* In milliseconds; nothing was encoded when the camera delivers JPEG. */
static void
snapshot_timing(struct reply_head *head, const struct frame_info *info)
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
snapshot_say(struct reply_head *head, const struct frame_buf *buf)
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
	snapshot_tag_head(head, buf);
	reply_add(head, "Last-Modified: %s", date);
	reply_add(head, "X-Timestamp: %llu.%06llu", (unsigned long long)(wall_us / 1000000),
	    (unsigned long long)(wall_us % 1000000));
}

static void
snapshot_head(struct snapshots *snapshots, struct conn *conn, struct reply_head *head,
    const struct frame_buf *buf)
{
	const struct snapshot_tag tag = { buf->generation, buf->info.sequence };

	if (snapshots->said_of.generation != tag.generation ||
	    snapshots->said_of.sequence != tag.sequence)
		snapshot_say(&snapshots->said, buf);
	snapshots->said_of = tag;
	*head = snapshots->said;
	reply_share(head, conn);
	snapshot_timing(head, &buf->info);
	reply_end_head(head);
}

static void
snapshot_send(struct snapshots *snapshots, struct conn *conn, struct frame_buf *buf)
{
	struct sending sending = { .hold = { .buf = buf }, .conn = conn };
	struct reply_head head;
	int outcome;

	snapshot_head(snapshots, conn, &head, buf);
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

/* ---- deciding ---------------------------------------------------------------------------- */

/* Another generation is newer: the ring was made anew. */
static bool
wish_is_newer(const struct wish *wish, const struct frame_buf *buf)
{
	return !wish->after_given || buf->generation != wish->after.generation ||
	    buf->info.sequence > wish->after.sequence;
}

static bool
wish_is_young(const struct wish *wish, const struct frame_buf *buf)
{
	uint64_t now = clock_mono_ns();

	return wish->max_age_ms == UINT64_MAX || now <= buf->info.mono_ns ||
	    now - buf->info.mono_ns <= wish->max_age_ms * CLOCK_MS;
}

/* Answer if there is an answer; false: waiting may bring a better one. `last`: there
 * is no more time. */
static bool
snapshot_try(struct snapshots *snapshots, struct conn *conn, const struct wish *wish, bool last)
{
	struct cause why;
	struct frame_buf *buf = camera_look(snapshots->camera, &why);
	struct reply_head head;

	if (buf != NULL && wish_is_newer(wish, buf) && wish_is_young(wish, buf)) {
		snapshot_send(snapshots, conn, buf);
		return true;
	}
	if (!last &&
	    (buf != NULL || camera_settling(snapshots->camera) ||
		strcmp(why.text, CAMERA_NO_FRAME) == 0))
		return false;
	if (buf == NULL)
		reply_unavailable(conn, why.text);
	else if (wish_is_newer(wish, buf))
		reply_unavailable(conn, "no frame that young");
	else {
		reply_begin(&head, conn, 204);
		snapshot_tag_head(&head, buf);
		reply_send(conn, &head, NULL, 0);
	}
	return true;
}

/* ---- waiting --------------------------------------------------------------------------------- */

static void
waiter_drop(struct deferred *deferred)
{
	struct waiter *waiter = (struct waiter *)deferred;

	TAILQ_REMOVE(&waiter->snapshots->waiters, waiter, next);
	camera_want_frames(waiter->snapshots->camera, -1);
	if (waiter->timer != NULL)
		event_free(waiter->timer);
}

/* false when it is answered and gone. */
static bool
waiter_try(struct waiter *waiter, bool last)
{
	if (!snapshot_try(waiter->snapshots, waiter->deferred.conn, &waiter->wish, last))
		return true;
	deferred_free(&waiter->deferred);
	return false;
}

static void
waiter_timeout(evutil_socket_t unused, short what, void *arg)
{
	(void)unused, (void)what;
	waiter_try(arg, true);
}

static void
snapshots_hook(void *arg)
{
	struct snapshots *snapshots = arg;
	struct waiter *waiter, *next;

	for (waiter = TAILQ_FIRST(&snapshots->waiters); waiter != NULL; waiter = next) {
		next = TAILQ_NEXT(waiter, next);
		waiter_try(waiter, false);
	}
}

static void
snapshot_wait(struct snapshots *snapshots, struct conn *conn, const struct request *request,
    const struct wish *wish, uint64_t ms)
{
	struct timeval span = { .tv_sec = (time_t)(ms / 1000),
		.tv_usec = (suseconds_t)(ms % 1000 * 1000) };
	struct waiter *waiter = deferred_new(
	    sizeof *waiter, waiter_drop, conn, request, snapshots->waits);

	if (waiter == NULL)
		return;
	waiter->snapshots = snapshots;
	waiter->wish = *wish;
	TAILQ_INSERT_TAIL(&snapshots->waiters, waiter, next);
	camera_want_frames(snapshots->camera, 1);
	waiter->timer = evtimer_new(snapshots->base, waiter_timeout, waiter);
	if (waiter->timer == NULL || evtimer_add(waiter->timer, &span) == -1)
		waiter_try(waiter, true);
}

static const struct camera_hooks snapshot_hooks = { .frame = snapshots_hook,
	.changed = snapshots_hook };

/* ---- for the site ------------------------------------------------------------------------------- */

struct snapshots *
snapshots_new(struct event_base *base, struct camera *camera, struct admission *waits)
{
	struct snapshots *snapshots = calloc(1, sizeof *snapshots);

	if (snapshots == NULL)
		return NULL;
	*snapshots = (struct snapshots){ .base = base, .camera = camera, .waits = waits };
	TAILQ_INIT(&snapshots->waiters);
	camera_watch(camera, &snapshot_hooks, snapshots);
	return snapshots;
}

void
snapshots_free(struct snapshots **snapshots)
{
	free(*snapshots);
	*snapshots = NULL;
}

void
snapshots_end(struct snapshots *snapshots)
{
	struct waiter *waiter;

	while ((waiter = TAILQ_FIRST(&snapshots->waiters)) != NULL)
		waiter_try(waiter, true);
}

static int
wish_parse(struct wish *wish, const char *query, struct cause *why)
{
	char after[QUERY_VALUE_SIZE];
	int found = query_text(query, "after", after, why);

	*wish = (struct wish){ .max_age_ms = UINT64_MAX };
	if (found == -1)
		return -1;
	wish->after_given = found == 1;
	if (wish->after_given && !snapshot_tag_parse(after, &wish->after))
		return cause_set(why, "after must be an ETag: GENERATION-SEQUENCE");
	if (query_number(query, "wait", 0, SNAPSHOT_WAIT_MAX_MS, &wish->wait_ms, why) == -1)
		return -1;
	return query_number(query, "max_age", 0, 3600000, &wish->max_age_ms, why) == -1 ? -1 : 0;
}

/* Does the browser have the newest frame? Then 304. */
static bool
snapshot_unchanged(struct snapshots *snapshots, struct conn *conn, const struct wish *wish,
    const char *if_none_match)
{
	struct frame_buf *buf = camera_look(snapshots->camera, NULL);
	struct reply_head head;

	if (buf == NULL || !wish_is_young(wish, buf) ||
	    !snapshot_tag_matches(
		if_none_match, &(struct snapshot_tag){ buf->generation, buf->info.sequence }))
		return false;
	reply_begin(&head, conn, 304);
	snapshot_tag_head(&head, buf);
	reply_send(conn, &head, NULL, 0);
	return true;
}

void
snapshot_get(struct snapshots *snapshots, struct conn *conn, const struct request *request)
{
	struct cause why;
	struct wish wish;
	uint64_t wait;

	if (wish_parse(&wish, request->query, &why) == -1) {
		reply_error(conn, 400, "%s", why.text);
		return;
	}
	if (!wish.after_given && request->if_none_match[0] != '\0' &&
	    snapshot_unchanged(snapshots, conn, &wish, request->if_none_match))
		return;
	wait = wish.wait_ms;
	if (wait < CAMERA_SETTLE_MS && camera_settling(snapshots->camera))
		wait = CAMERA_SETTLE_MS;
	if (!snapshot_try(snapshots, conn, &wish, wait == 0))
		snapshot_wait(snapshots, conn, request, &wish, wait);
}
