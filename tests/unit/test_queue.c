/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/queue.h"

enum { MANY = 50000, WRITERS = 3 };

static bool
readable(struct queue *queue)
{
	struct pollfd one = { .fd = queue_fd(queue), .events = POLLIN };

	return poll(&one, 1, 0) == 1;
}

static void
test_first_in_first_out(void **state)
{
	struct queue *queue = queue_new(3);
	int items[4];

	(void)state;
	assert_null(queue_pop(queue));
	/* Round the ring more than once. */
	for (int round = 0; round < 5; round++) {
		assert_true(queue_push(queue, &items[0]));
		assert_true(queue_push(queue, &items[1]));
		assert_ptr_equal(queue_pop(queue), &items[0]);
		assert_true(queue_push(queue, &items[2]));
		assert_ptr_equal(queue_pop(queue), &items[1]);
		assert_ptr_equal(queue_pop(queue), &items[2]);
	}
	assert_null(queue_pop(queue));
	queue_free(&queue, NULL);
	assert_null(queue);
}

static void
test_a_full_queue_refuses(void **state)
{
	struct queue *queue = queue_new(2);
	int items[3];

	(void)state;
	assert_true(queue_push(queue, &items[0]));
	assert_true(queue_push(queue, &items[1]));
	assert_false(queue_push(queue, &items[2]));
	assert_int_equal(queue_length(queue), 2);
	assert_ptr_equal(queue_pop(queue), &items[0]);
	assert_true(queue_push(queue, &items[2]));
	queue_free(&queue, NULL);
}

static void
test_readable_while_something_is_inside(void **state)
{
	struct queue *queue = queue_new(2);
	int items[2];

	(void)state;
	assert_false(readable(queue));
	queue_push(queue, &items[0]);
	queue_push(queue, &items[1]);
	assert_true(readable(queue));
	queue_pop(queue);
	assert_true(readable(queue));
	queue_pop(queue);
	assert_false(readable(queue));
	assert_null(queue_pop(queue));
	assert_false(readable(queue));
	queue_free(&queue, NULL);
}

static int dropped;

static void
drop(void *item)
{
	free(item);
	dropped++;
}

static void
test_free_drops_what_is_inside(void **state)
{
	struct queue *queue = queue_new(4);

	(void)state;
	dropped = 0;
	for (int i = 0; i < 3; i++)
		assert_true(queue_push(queue, malloc(1)));
	queue_free(&queue, drop);
	assert_int_equal(dropped, 3);
	queue_free(&queue, drop);
}

struct writer {
	pthread_t thread;
	struct queue *queue;
	int marks[MANY]; /* their addresses are the items */
};

static void *
write_many(void *arg)
{
	struct writer *writer = arg;

	for (int i = 0; i < MANY; i++)
		while (!queue_push(writer->queue, &writer->marks[i]))
			sched_yield();
	return NULL;
}

/* Nothing is lost or doubled, and each writer's own order is kept. */
static void
test_threads(void **state)
{
	static struct writer writers[WRITERS];
	struct queue *queue = queue_new(16);
	int next[WRITERS] = { 0 };

	(void)state;
	for (int i = 0; i < WRITERS; i++) {
		writers[i].queue = queue;
		assert_int_equal(
		    pthread_create(&writers[i].thread, NULL, write_many, &writers[i]), 0);
	}
	for (int taken = 0; taken < WRITERS * MANY;) {
		struct pollfd one = { .fd = queue_fd(queue), .events = POLLIN };
		int *item;

		assert_int_equal(poll(&one, 1, 10000), 1);
		item = queue_pop(queue);
		assert_non_null(item); /* readable is never a lie to a lone reader */
		for (int i = 0; i < WRITERS; i++)
			if (item >= writers[i].marks && item < writers[i].marks + MANY)
				assert_int_equal(item - writers[i].marks, next[i]++);
		taken++;
	}
	for (int i = 0; i < WRITERS; i++) {
		pthread_join(writers[i].thread, NULL);
		assert_int_equal(next[i], MANY);
	}
	assert_int_equal(queue_length(queue), 0);
	queue_free(&queue, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_in_first_out),
		cmocka_unit_test(test_a_full_queue_refuses),
		cmocka_unit_test(test_readable_while_something_is_inside),
		cmocka_unit_test(test_free_drops_what_is_inside),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
