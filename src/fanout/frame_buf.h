/* SPDX-License-Identifier: ISC */
/* frame_buf: one frame, copied out of the ring once and shared by all its viewers.
 *
 * It lies in memory as it goes out, FastCGI headers included:
 *
 *   start       jpeg                        delimiter        end
 *   ├ STDOUT │ part headers ┼ STDOUT │ JPEG ─ STDOUT │ … JPEG ┼ STDOUT │ CRLF --frame CRLF ┤
 *
 * A stream sends start..end, a snapshot jpeg..delimiter behind headers of its
 * own. The delimiter goes out with the picture before it: Chromium shows a part
 * when it sees the delimiter behind it. */
#ifndef ORIEL_FANOUT_FRAME_BUF_H
#define ORIEL_FANOUT_FRAME_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/frame.h"
#include "ring/ring.h"

enum { FRAME_BUFS_IDLE = 8 }; /* per camera: kept for frames to come, not freed */

struct frame_buf;

/* A claim on a frame buffer by somebody who is sending it. */
struct frame_buf_hold {
	TAILQ_ENTRY(frame_buf_hold) next;
	struct frame_buf *buf; /* NULL when nothing is held */
	/* The budget is spent and this is the oldest: frame_buf_drop() it at once. */
	void (*lost)(struct frame_buf_hold *hold);
};

struct frame_buf {
	struct frame_info info;
	uint64_t generation;
	size_t start, jpeg, delimiter, end; /* offsets into bytes */
	/* the pool's: */
	struct frame_buf_pool *pool;
	TAILQ_ENTRY(frame_buf) next;
	TAILQ_HEAD(frame_buf_holds, frame_buf_hold) holds;
	bool kept; /* by the pool or its keeper, besides the holds */
	size_t capacity;
	unsigned char bytes[];
};
TAILQ_HEAD(frame_buf_list, frame_buf);

/* The memory that the frames of all cameras of the process may take. At worst, each slow viewer
 * is in the middle of another frame. */
struct frame_buf_budget {
	size_t used, most;	    /* bytes of the frames in `held` */
	struct frame_buf_list held; /* newest ones and held ones, the oldest first */
	uint64_t evictions;
};

struct frame_buf_pool {
	struct frame_buf_budget *budget; /* shared by all cameras */
	struct frame_buf *newest;	 /* NULL: none */
	struct frame_buf_list idle;
	unsigned idle_count, count; /* count: all frame buffers in being */
	uint64_t copies;
};

/* `most`: bytes. Above it, the oldest frame that no camera shows any more is taken from those
 * who hold it. */
void frame_buf_budget_init(struct frame_buf_budget *budget, size_t most);

/* Is so much of it used that slow viewers should take turns (three quarters), or even that no
 * new ones should come (seven eighths)? */
bool frame_buf_budget_is_scarce(const struct frame_buf_budget *budget);
bool frame_buf_budget_is_spent(const struct frame_buf_budget *budget);

void frame_buf_pool_init(
    struct frame_buf_pool *pool, struct frame_buf_budget *budget /* borrowed */);
void frame_buf_pool_deinit(struct frame_buf_pool *pool); /* nobody holds any more */

/* The newest frame of the ring: copied if it is newer than pool->newest, which it replaces. NULL
 * when the ring is empty or memory is short. The frame buffer is valid until the loop's next
 * turn, or as long as it is held. It takes only the memory that the frame needs, not a whole
 * slot. It is made even when the budget is spent: that exceeds the budget by one frame per
 * camera at most. */
struct frame_buf *frame_buf_pool_update(
    struct frame_buf_pool *pool, const struct ring_reader *ring);

/* Forget pool->newest: its ring is gone. */
void frame_buf_pool_forget(struct frame_buf_pool *pool);

/* A frame buffer of a JPEG that is in no ring, outside any pool: a placard, whose part says so
 * (X-Placard: `reason`, or the beginning of it). frame_buf_free frees it when nobody holds it
 * any more. NULL: out of memory. */
struct frame_buf *frame_buf_new(
    const unsigned char *jpeg, uint32_t length, const struct frame_info *info, const char *reason);
void frame_buf_free(struct frame_buf **buf);

void frame_buf_hold(
    struct frame_buf *buf, struct frame_buf_hold *hold, void (*lost)(struct frame_buf_hold *));
void frame_buf_drop(struct frame_buf_hold *hold); /* also when nothing is held */

#endif
