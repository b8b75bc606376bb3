/* SPDX-License-Identifier: ISC */
#include "fcgi/shot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "fcgi/record.h"

enum {
	SHOT_ROOM = 256,	 /* for the part's headers */
	SHOT_PLACARD_SIZE = 128, /* of one of them */
	SHOT_COPY_TRIES = 4,
};
static const char shot_delimiter[] = "\r\n--frame\r\n";

/* ---- layout -------------------------------------------------------------------- */

static size_t
shot_size(size_t length)
{
	return SHOT_ROOM + record_wrapped(length) + RECORD_HEADER_SIZE + sizeof shot_delimiter - 1;
}

/* The header line that tells a placard from a picture; none for a picture. A reason may
 * hold anything: what a header cannot is a question mark. */
static void
shot_write_placard(char line[SHOT_PLACARD_SIZE], const char *reason)
{
	int length = 0;

	if (reason != NULL)
		length = snprintf(line, SHOT_PLACARD_SIZE - 2, "X-Placard: %s", reason);
	if (length >= SHOT_PLACARD_SIZE - 2)
		length = SHOT_PLACARD_SIZE - 3;
	for (int i = 0; i < length; i++)
		if ((unsigned char)line[i] < ' ' || (unsigned char)line[i] > '~')
			line[i] = '?';
	strcpy(line + length, length > 0 ? "\r\n" : "");
}

/* The part's headers end where the JPEG's records begin, at SHOT_ROOM. */
static void
shot_write_head(struct shot *shot, const char *placard)
{
	char text[SHOT_ROOM - RECORD_HEADER_SIZE], line[SHOT_PLACARD_SIZE];
	uint64_t wall_us = shot->info.wall_ns / 1000;
	int length;

	shot_write_placard(line, placard);
	length = snprintf(text, sizeof text,
	    "Content-Type: image/jpeg\r\nContent-Length: %u\r\nX-Timestamp: %llu.%06llu\r\n%s\r\n",
	    shot->info.length, (unsigned long long)(wall_us / 1000000),
	    (unsigned long long)(wall_us % 1000000), line);

	shot->start = SHOT_ROOM - RECORD_HEADER_SIZE - (size_t)length;
	record_wrap(shot->bytes + shot->start, text, (size_t)length);
}

static void
shot_fill(struct shot *shot, const struct frame_info *info, uint64_t generation,
    const unsigned char *jpeg, const char *placard)
{
	unsigned char *end;

	shot->info = *info;
	shot->generation = generation;
	shot_write_head(shot, placard);
	shot->jpeg = SHOT_ROOM;
	end = record_wrap(shot->bytes + SHOT_ROOM, jpeg, info->length);
	shot->delimiter = (size_t)(end - shot->bytes);
	end = record_wrap(end, shot_delimiter, sizeof shot_delimiter - 1);
	shot->end = (size_t)(end - shot->bytes);
}

static struct shot *
shot_alloc(size_t capacity)
{
	struct shot *shot = malloc(sizeof *shot + capacity);

	if (shot == NULL)
		return NULL;
	memset(shot, 0, sizeof *shot);
	TAILQ_INIT(&shot->holds);
	shot->capacity = capacity;
	return shot;
}

/* ---- holds ----------------------------------------------------------------------- */

void
shot_hold(struct shot *shot, struct shot_hold *hold, void (*lost)(struct shot_hold *))
{
	hold->shot = shot;
	hold->lost = lost;
	TAILQ_INSERT_TAIL(&shot->holds, hold, next);
}

/* To be used again, unless enough wait for that. */
static void
shot_pool_give(struct shot_pool *pool, struct shot *shot)
{
	if (pool->idle_count == SHOTS_IDLE) {
		pool->count--;
		free(shot);
		return;
	}
	pool->idle_count++;
	TAILQ_INSERT_HEAD(&pool->idle, shot, next);
}

/* Nobody wants it any more: back to the pool, or freed. */
static void
shot_release(struct shot *shot)
{
	if (shot->kept || !TAILQ_EMPTY(&shot->holds))
		return;
	if (shot->pool == NULL) {
		free(shot);
		return;
	}
	TAILQ_REMOVE(&shot->pool->budget->held, shot, next);
	shot->pool->budget->used -= shot->capacity;
	shot_pool_give(shot->pool, shot);
}

void
shot_drop(struct shot_hold *hold)
{
	struct shot *shot = hold->shot;

	if (shot == NULL)
		return;
	hold->shot = NULL;
	TAILQ_REMOVE(&shot->holds, hold, next);
	shot_release(shot);
}

struct shot *
shot_new(
    const unsigned char *jpeg, uint32_t length, const struct frame_info *info, const char *reason)
{
	struct shot *shot = shot_alloc(shot_size(length));
	struct frame_info own = *info;

	if (shot == NULL)
		return NULL;
	own.length = length;
	shot_fill(shot, &own, 0, jpeg, reason);
	shot->kept = true;
	return shot;
}

void
shot_free(struct shot **shot)
{
	if (*shot == NULL)
		return;
	(*shot)->kept = false;
	shot_release(*shot);
	*shot = NULL;
}

/* ---- budget ------------------------------------------------------------------------ */

void
shot_budget_init(struct shot_budget *budget, size_t most)
{
	*budget = (struct shot_budget){ .most = most };
	TAILQ_INIT(&budget->held);
}

bool
shot_budget_is_scarce(const struct shot_budget *budget)
{
	return budget->used > budget->most / 4 * 3;
}

bool
shot_budget_is_spent(const struct shot_budget *budget)
{
	return budget->used > budget->most / 8 * 7;
}

static void
shot_evict(struct shot *shot)
{
	struct shot_hold *hold;

	shot->kept = true; /* until the last has let go */
	while ((hold = TAILQ_FIRST(&shot->holds)) != NULL)
		hold->lost(hold);
	shot->kept = false;
	shot_release(shot);
}

/* Whoever holds the oldest is too slow. */
static void
shot_budget_take(struct shot_budget *budget, size_t bytes)
{
	struct shot *oldest;

	while (budget->used + bytes > budget->most) {
		TAILQ_FOREACH(oldest, &budget->held, next)
		if (!oldest->kept) /* no camera's newest */
			break;
		if (oldest == NULL)
			break;
		budget->evictions++;
		shot_evict(oldest);
	}
	budget->used += bytes;
}

/* ---- pool -------------------------------------------------------------------------- */

void
shot_pool_init(struct shot_pool *pool, struct shot_budget *budget)
{
	*pool = (struct shot_pool){ .budget = budget };
	TAILQ_INIT(&pool->idle);
}

void
shot_pool_deinit(struct shot_pool *pool)
{
	struct shot *shot;

	shot_pool_forget(pool);
	while ((shot = TAILQ_FIRST(&pool->idle)) != NULL) {
		TAILQ_REMOVE(&pool->idle, shot, next);
		free(shot);
	}
}

void
shot_pool_forget(struct shot_pool *pool)
{
	shot_free(&pool->newest);
}

/* A shot for `need` bytes, off the list; NULL: no memory. One that is made is made larger:
 * pictures of one camera are of about the same size. */
static struct shot *
shot_pool_take(struct shot_pool *pool, size_t need)
{
	struct shot *shot = TAILQ_FIRST(&pool->idle);

	if (shot != NULL) {
		TAILQ_REMOVE(&pool->idle, shot, next);
		pool->idle_count--;
		if (shot->capacity >= need)
			return shot;
		free(shot);
		pool->count--;
	}
	shot = shot_alloc(need + need / 8);
	if (shot == NULL)
		return NULL;
	shot->pool = pool;
	pool->count++;
	return shot;
}

/* The newest frame in a shot of its own; NULL when there is none, memory is short or the
 * writer was faster each time. */
static struct shot *
shot_pool_copy(struct shot_pool *pool, const struct ring_reader *ring)
{
	struct shot *shot = NULL;
	struct ring_view view;

	for (int tries = 0; tries < SHOT_COPY_TRIES && ring_reader_view(ring, 0, &view); tries++) {
		if (shot != NULL && shot->capacity < shot_size(view.info.length)) {
			shot_pool_give(pool, shot);
			shot = NULL;
		}
		if (shot == NULL)
			shot = shot_pool_take(pool, shot_size(view.info.length));
		if (shot == NULL)
			return NULL;
		shot_fill(shot, &view.info, ring_reader_generation(ring), view.data, NULL);
		if (ring_reader_holds(ring, &view))
			return shot;
	}
	if (shot != NULL)
		shot_pool_give(pool, shot);
	return NULL;
}

struct shot *
shot_pool_update(struct shot_pool *pool, const struct ring_reader *ring)
{
	uint64_t newest = ring_reader_newest(ring);
	struct shot *shot = pool->newest;

	if (newest == 0 ||
	    (shot != NULL && shot->info.sequence == newest &&
		shot->generation == ring_reader_generation(ring)))
		return shot;
	/* First let go of the old one: most often that is the memory for the new. */
	shot_pool_forget(pool);
	shot = shot_pool_copy(pool, ring);
	if (shot == NULL)
		return NULL;
	shot_budget_take(pool->budget, shot->capacity);
	pool->copies++;
	shot->kept = true;
	TAILQ_INSERT_TAIL(&pool->budget->held, shot, next);
	pool->newest = shot;
	return shot;
}
