/* SPDX-License-Identifier: ISC */
/* queue: a bounded hand-over of heap objects between threads.
 *
 * Never blocks a producer: a full queue refuses and the caller keeps the
 * object. queue_fd() is readable while something is inside, so a consumer waits
 * in its event loop or in poll(2). All functions are thread-safe. */
#ifndef ORIEL_BASE_QUEUE_H
#define ORIEL_BASE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

struct queue;

/* NULL when out of memory or descriptors. */
struct queue *queue_new(size_t most);

/* What is still inside goes through `drop` (may be NULL). Clears *queue. */
void queue_free(struct queue **queue, void (*drop)(void *item));

/* Hand `item` (not NULL) over. False when full: the item stays the caller's. */
bool queue_push(struct queue *queue, void *item);

/* The oldest item, now the caller's; NULL when empty. */
void *queue_pop(struct queue *queue);

size_t queue_length(struct queue *queue);

/* An eventfd, owned by the queue: level-readable while the queue is not empty. */
int queue_fd(const struct queue *queue);

#endif
