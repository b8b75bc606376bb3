/* SPDX-License-Identifier: ISC */
/* shot: one frame, copied out of the ring once and shared by all its viewers.
 *
 * It lies in memory as it goes out, FastCGI headers included:
 *
 *   start       jpeg                        delimiter        end
 *   ├ STDOUT │ part headers ┼ STDOUT │ JPEG ─ STDOUT │ … JPEG ┼ STDOUT │ CRLF --frame CRLF ┤
 *
 * A stream sends start..end, a snapshot jpeg..delimiter behind headers of its
 * own. The delimiter goes out with the picture before it: Chromium shows a part
 * when it sees the delimiter behind it. */
#ifndef ORIEL_FCGI_SHOT_H
#define ORIEL_FCGI_SHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/frame.h"
#include "ring/ring.h"

enum { SHOTS_IDLE = 8 }; /* per camera: kept for frames to come, not freed */

struct shot;

/* A claim on a shot by someone in the middle of sending it. */
struct shot_hold {
	TAILQ_ENTRY(shot_hold) next;
	struct shot *shot; /* NULL when nothing is held */
	/* The budget is spent and this is the oldest: shot_drop() it at once. */
	void (*lost)(struct shot_hold *hold);
};

struct shot {
	struct frame_info info;
	uint64_t generation;
	size_t start, jpeg, delimiter, end; /* offsets into bytes */
	/* the pool's: */
	struct shot_pool *pool;
	TAILQ_ENTRY(shot) next;
	TAILQ_HEAD(shot_holds, shot_hold) holds;
	bool kept; /* by the pool or a keeper, beside the holds */
	size_t capacity;
	unsigned char bytes[];
};
TAILQ_HEAD(shot_list, shot);

/* What the frames of all cameras of the process may take. A slow viewer is in the middle of a
 * frame of its own, at worst: so many bytes are enough for so many slow viewers. */
struct shot_budget {
	size_t used, most;     /* bytes of what is in `held` */
	struct shot_list held; /* newest ones and held ones, the oldest first */
	uint64_t evictions;
};

struct shot_pool {
	struct shot_budget *budget; /* shared by all cameras */
	struct shot *newest;	    /* NULL: none */
	struct shot_list idle;
	unsigned idle_count, count; /* count: all shots in being */
	uint64_t copies;
};

/* `most`: bytes. Beyond, who holds the oldest frame that no camera shows any more loses it. */
void shot_budget_init(struct shot_budget *budget, size_t most);

/* Is so much of it used that slow viewers should wait for their turn (three quarters), or even
 * that no new ones should come (seven eighths)? */
bool shot_budget_is_scarce(const struct shot_budget *budget);
bool shot_budget_is_spent(const struct shot_budget *budget);

void shot_pool_init(struct shot_pool *pool, struct shot_budget *budget /* borrowed */);
void shot_pool_deinit(struct shot_pool *pool); /* nobody holds any more */

/* The newest frame of the ring: copied if it is newer than pool->newest, which it
 * replaces. NULL when the ring is empty or memory is short. The shot is good
 * until the loop's next turn, or as long as it is held. It takes what it needs, not what
 * a slot of the ring has, and is made even when the budget is spent: over it goes one
 * frame a camera at most. */
struct shot *shot_pool_update(struct shot_pool *pool, const struct ring_reader *ring);

/* Forget pool->newest: its ring is gone. */
void shot_pool_forget(struct shot_pool *pool);

/* A shot of a JPEG that is in no ring, outside any pool: a placard, and its part says so
 * (X-Placard: `reason`, or the beginning of it). Freed with shot_free when nobody holds
 * it any more. NULL: out of memory. */
struct shot *shot_new(
    const unsigned char *jpeg, uint32_t length, const struct frame_info *info, const char *reason);
void shot_free(struct shot **shot);

void shot_hold(struct shot *shot, struct shot_hold *hold, void (*lost)(struct shot_hold *));
void shot_drop(struct shot_hold *hold); /* also when nothing is held */

#endif
