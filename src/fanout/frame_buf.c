/* SPDX-License-Identifier: ISC */
#include "fanout/frame_buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "fastcgi/record.h"

enum {
	FRAME_BUF_ROOM = 256,	      /* for the part's headers */
	FRAME_BUF_PLACARD_SIZE = 128, /* of one of them */
	FRAME_BUF_COPY_TRIES = 4,
};
static const char frame_buf_delimiter[] = "\r\n--frame\r\n";

/* ---- layout ---------------------------------------------------------- */

static size_t
frame_buf_size(size_t length)
{
	return FRAME_BUF_ROOM + record_wrapped(length) + RECORD_HEADER_SIZE +
	    sizeof frame_buf_delimiter - 1;
}

/* The header line that marks a placard; none for a picture. Bytes of the reason that a header
 * cannot hold become question marks. */
static void
frame_buf_write_placard(char line[FRAME_BUF_PLACARD_SIZE], const char *reason)
{
	int length = 0;

	if (reason != NULL)
		length = snprintf(line, FRAME_BUF_PLACARD_SIZE - 2, "X-Placard: %s", reason);
	if (length >= FRAME_BUF_PLACARD_SIZE - 2)
		length = FRAME_BUF_PLACARD_SIZE - 3;
	for (int i = 0; i < length; i++)
		if ((unsigned char)line[i] < ' ' || (unsigned char)line[i] > '~')
			line[i] = '?';
	strcpy(line + length, length > 0 ? "\r\n" : "");
}

/* The part's headers end where the JPEG's records begin, at FRAME_BUF_ROOM. */
static void
frame_buf_write_head(struct frame_buf *buf, const char *placard)
{
	char text[FRAME_BUF_ROOM - RECORD_HEADER_SIZE], line[FRAME_BUF_PLACARD_SIZE];
	uint64_t wall_us = buf->info.wall_ns / 1000;
	int length;

	frame_buf_write_placard(line, placard);
	length = snprintf(text, sizeof text,
	    "Content-Type: image/jpeg\r\nContent-Length: %u\r\nX-Timestamp: %llu.%06llu\r\n%s\r\n",
	    buf->info.length, (unsigned long long)(wall_us / 1000000),
	    (unsigned long long)(wall_us % 1000000), line);

	buf->start = FRAME_BUF_ROOM - RECORD_HEADER_SIZE - (size_t)length;
	record_wrap(buf->bytes + buf->start, text, (size_t)length);
}

static void
frame_buf_fill(struct frame_buf *buf, const struct frame_info *info, uint64_t generation,
    const unsigned char *jpeg, const char *placard)
{
	unsigned char *end;

	buf->info = *info;
	buf->generation = generation;
	frame_buf_write_head(buf, placard);
	buf->jpeg = FRAME_BUF_ROOM;
	end = record_wrap(buf->bytes + FRAME_BUF_ROOM, jpeg, info->length);
	buf->delimiter = (size_t)(end - buf->bytes);
	end = record_wrap(end, frame_buf_delimiter, sizeof frame_buf_delimiter - 1);
	buf->end = (size_t)(end - buf->bytes);
}

static struct frame_buf *
frame_buf_alloc(size_t capacity)
{
	struct frame_buf *buf = malloc(sizeof *buf + capacity);

	if (buf == NULL)
		return NULL;
	memset(buf, 0, sizeof *buf);
	TAILQ_INIT(&buf->holds);
	buf->capacity = capacity;
	return buf;
}

/* ---- holds ----------------------------------------------------------- */

void
frame_buf_hold(
    struct frame_buf *buf, struct frame_buf_hold *hold, void (*lost)(struct frame_buf_hold *))
{
	hold->buf = buf;
	hold->lost = lost;
	TAILQ_INSERT_TAIL(&buf->holds, hold, next);
}

/* Keep it for reuse, unless there are enough. */
static void
frame_buf_pool_give(struct frame_buf_pool *pool, struct frame_buf *buf)
{
	if (pool->idle_count == FRAME_BUFS_IDLE) {
		pool->count--;
		free(buf);
		return;
	}
	pool->idle_count++;
	TAILQ_INSERT_HEAD(&pool->idle, buf, next);
}

/* Nobody uses it any more: back to the pool, or freed. */
static void
frame_buf_release(struct frame_buf *buf)
{
	if (buf->kept || !TAILQ_EMPTY(&buf->holds))
		return;
	if (buf->pool == NULL) {
		free(buf);
		return;
	}
	TAILQ_REMOVE(&buf->pool->budget->held, buf, next);
	buf->pool->budget->used -= buf->capacity;
	frame_buf_pool_give(buf->pool, buf);
}

void
frame_buf_drop(struct frame_buf_hold *hold)
{
	struct frame_buf *buf = hold->buf;

	if (buf == NULL)
		return;
	hold->buf = NULL;
	TAILQ_REMOVE(&buf->holds, hold, next);
	frame_buf_release(buf);
}

struct frame_buf *
frame_buf_new(
    const unsigned char *jpeg, uint32_t length, const struct frame_info *info, const char *reason)
{
	struct frame_buf *buf = frame_buf_alloc(frame_buf_size(length));
	struct frame_info own = *info;

	if (buf == NULL)
		return NULL;
	own.length = length;
	frame_buf_fill(buf, &own, 0, jpeg, reason);
	buf->kept = true;
	return buf;
}

void
frame_buf_free(struct frame_buf **buf)
{
	if (*buf == NULL)
		return;
	(*buf)->kept = false;
	frame_buf_release(*buf);
	*buf = NULL;
}

/* ---- budget ---------------------------------------------------------- */

void
frame_buf_budget_init(struct frame_buf_budget *budget, size_t most)
{
	*budget = (struct frame_buf_budget){ .most = most };
	TAILQ_INIT(&budget->held);
}

bool
frame_buf_budget_is_scarce(const struct frame_buf_budget *budget)
{
	return budget->used > budget->most / 4 * 3;
}

bool
frame_buf_budget_is_spent(const struct frame_buf_budget *budget)
{
	return budget->used > budget->most / 8 * 7;
}

static void
frame_buf_evict(struct frame_buf *buf)
{
	struct frame_buf_hold *hold;

	buf->kept = true; /* until the last hold is dropped */
	while ((hold = TAILQ_FIRST(&buf->holds)) != NULL)
		hold->lost(hold);
	buf->kept = false;
	frame_buf_release(buf);
}

/* Take the oldest from those who hold it: they are too slow. */
static void
frame_buf_budget_take(struct frame_buf_budget *budget, size_t bytes)
{
	struct frame_buf *oldest;

	while (budget->used + bytes > budget->most) {
		TAILQ_FOREACH(oldest, &budget->held, next)
			if (!oldest->kept) /* no camera's newest */
				break;
		if (oldest == NULL)
			break;
		budget->evictions++;
		frame_buf_evict(oldest);
	}
	budget->used += bytes;
}

/* ---- pool ------------------------------------------------------------ */

void
frame_buf_pool_init(struct frame_buf_pool *pool, struct frame_buf_budget *budget)
{
	*pool = (struct frame_buf_pool){ .budget = budget };
	TAILQ_INIT(&pool->idle);
}

void
frame_buf_pool_deinit(struct frame_buf_pool *pool)
{
	struct frame_buf *buf;

	frame_buf_pool_forget(pool);
	while ((buf = TAILQ_FIRST(&pool->idle)) != NULL) {
		TAILQ_REMOVE(&pool->idle, buf, next);
		free(buf);
	}
}

void
frame_buf_pool_forget(struct frame_buf_pool *pool)
{
	frame_buf_free(&pool->newest);
}

/* A frame buffer for `need` bytes, from the list; NULL: no memory. A new one is made larger:
 * pictures of one camera have about the same size. */
static struct frame_buf *
frame_buf_pool_take(struct frame_buf_pool *pool, size_t need)
{
	struct frame_buf *buf = TAILQ_FIRST(&pool->idle);

	if (buf != NULL) {
		TAILQ_REMOVE(&pool->idle, buf, next);
		pool->idle_count--;
		if (buf->capacity >= need)
			return buf;
		free(buf);
		pool->count--;
	}
	buf = frame_buf_alloc(need + need / 8);
	if (buf == NULL)
		return NULL;
	buf->pool = pool;
	pool->count++;
	return buf;
}

/* The newest frame in a frame buffer of its own. NULL when there is none, memory is short, or
 * the writer was faster at every try. */
static struct frame_buf *
frame_buf_pool_copy(struct frame_buf_pool *pool, const struct ring_reader *ring)
{
	struct frame_buf *buf = NULL;
	struct ring_view view;

	for (int tries = 0; tries < FRAME_BUF_COPY_TRIES && ring_reader_view(ring, 0, &view);
	     tries++) {
		if (buf != NULL && buf->capacity < frame_buf_size(view.info.length)) {
			frame_buf_pool_give(pool, buf);
			buf = NULL;
		}
		if (buf == NULL)
			buf = frame_buf_pool_take(pool, frame_buf_size(view.info.length));
		if (buf == NULL)
			return NULL;
		frame_buf_fill(buf, &view.info, ring_reader_generation(ring), view.data, NULL);
		if (ring_reader_holds(ring, &view))
			return buf;
	}
	if (buf != NULL)
		frame_buf_pool_give(pool, buf);
	return NULL;
}

struct frame_buf *
frame_buf_pool_update(struct frame_buf_pool *pool, const struct ring_reader *ring)
{
	uint64_t newest = ring_reader_newest(ring);
	struct frame_buf *buf = pool->newest;

	if (newest == 0 ||
	    (buf != NULL && buf->info.sequence == newest &&
		buf->generation == ring_reader_generation(ring)))
		return buf;
	/* Let go of the old one first: in most cases its memory serves the new one. */
	frame_buf_pool_forget(pool);
	buf = frame_buf_pool_copy(pool, ring);
	if (buf == NULL)
		return NULL;
	frame_buf_budget_take(pool->budget, buf->capacity);
	pool->copies++;
	buf->kept = true;
	TAILQ_INSERT_TAIL(&pool->budget->held, buf, next);
	pool->newest = buf;
	return buf;
}
