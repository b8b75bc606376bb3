/* SPDX-License-Identifier: ISC */
#include "base/queue.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct queue {
	pthread_mutex_t lock;
	int fd; /* an eventfd that counts like a semaphore */
	size_t most, head, length;
	void *items[];
};

struct queue *
queue_new(size_t most)
{
	struct queue *queue = calloc(1, sizeof *queue + most * sizeof queue->items[0]);

	if (queue == NULL)
		return NULL;
	queue->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE);
	if (queue->fd == -1) {
		free(queue);
		return NULL;
	}
	pthread_mutex_init(&queue->lock, NULL);
	queue->most = most;
	return queue;
}

void
queue_free(struct queue **queue, void (*drop)(void *item))
{
	void *item;

	if (*queue == NULL)
		return;
	while ((item = queue_pop(*queue)) != NULL)
		if (drop != NULL)
			drop(item);
	close((*queue)->fd);
	pthread_mutex_destroy(&(*queue)->lock);
	free(*queue);
	*queue = NULL;
}

bool
queue_push(struct queue *queue, void *item)
{
	uint64_t one = 1;
	bool room;

	pthread_mutex_lock(&queue->lock);
	room = queue->length < queue->most;
	if (room) {
		queue->items[(queue->head + queue->length++) % queue->most] = item;
		/* Under the lock, so that the count never lags behind a pop. */
		if (write(queue->fd, &one, sizeof one) != sizeof one) {
			queue->length--;
			room = false;
		}
	}
	pthread_mutex_unlock(&queue->lock);
	return room;
}

void *
queue_pop(struct queue *queue)
{
	uint64_t one;
	void *item = NULL;

	pthread_mutex_lock(&queue->lock);
	if (queue->length > 0 && read(queue->fd, &one, sizeof one) == sizeof one) {
		item = queue->items[queue->head];
		queue->head = (queue->head + 1) % queue->most;
		queue->length--;
	}
	pthread_mutex_unlock(&queue->lock);
	return item;
}

size_t
queue_length(struct queue *queue)
{
	size_t length;

	pthread_mutex_lock(&queue->lock);
	length = queue->length;
	pthread_mutex_unlock(&queue->lock);
	return length;
}

int
queue_fd(const struct queue *queue)
{
	return queue->fd;
}
