/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "fcgi/record.h"
#include "fcgi/shot.h"

enum { SLOTS = 4, SIZE = 200000, BUDGET = 64 << 20 };

static struct ring_writer *writer;
static struct ring_reader *reader;
static struct shot_budget budget;
static struct shot_pool pool;

static int
begin(void **state)
{
	(void)state;
	writer = ring_writer_new(SLOTS, SIZE, NULL);
	reader = ring_reader_new(ring_writer_fd(writer), NULL);
	shot_budget_init(&budget, BUDGET);
	shot_pool_init(&pool, &budget);
	return writer != NULL && reader != NULL ? 0 : -1;
}

static int
end(void **state)
{
	(void)state;
	shot_pool_deinit(&pool);
	assert_int_equal(budget.used, 0);
	assert_true(TAILQ_EMPTY(&budget.held));
	ring_reader_free(&reader);
	ring_writer_free(&writer);
	return 0;
}

static uint64_t
put(unsigned char byte, uint32_t length)
{
	struct frame_info info = { .length = length,
		.width = 640,
		.height = 480,
		.wall_ns = UINT64_C(1700000000250000999) };

	memset(ring_writer_begin(writer), byte, length);
	return ring_writer_commit(writer, &info);
}

/* The content of the STDOUT records in from..to, checked as records. */
static size_t
unwrap(const struct shot *shot, size_t from, size_t to, unsigned char *out)
{
	size_t used = 0;

	while (from < to) {
		const unsigned char *header = shot->bytes + from;
		size_t length = (size_t)(header[4] << 8 | header[5]);

		assert_int_equal(header[0], 1);
		assert_int_equal(header[1], RECORD_STDOUT);
		assert_int_equal(header[2] << 8 | header[3], 1);
		assert_int_equal(header[6], 0);
		assert_true(length > 0 && from + RECORD_HEADER_SIZE + length <= to);
		memcpy(out + used, header + RECORD_HEADER_SIZE, length);
		used += length;
		from += RECORD_HEADER_SIZE + length;
	}
	return used;
}

static void
test_layout_to_the_byte(void **state)
{
	static const char head[] =
	    "Content-Type: image/jpeg\r\nContent-Length: 5\r\nX-Timestamp: 1700000000.250000\r\n\r\n";
	static const char part[] =
	    "Content-Type: image/jpeg\r\nContent-Length: 5\r\nX-Timestamp: 1700000000.250000\r\n\r\n"
	    "jjjjj\r\n--frame\r\n";
	unsigned char content[500];
	struct shot *shot;

	(void)state;
	put('j', 5);
	shot = shot_pool_update(&pool, reader);
	assert_non_null(shot);
	assert_int_equal(unwrap(shot, shot->start, shot->jpeg, content), sizeof head - 1);
	assert_memory_equal(content, head, sizeof head - 1);
	assert_int_equal(unwrap(shot, shot->jpeg, shot->delimiter, content), 5);
	assert_memory_equal(content, "jjjjj", 5);
	assert_int_equal(unwrap(shot, shot->start, shot->end, content), sizeof part - 1);
	assert_memory_equal(content, part, sizeof part - 1);
	assert_int_equal(shot->delimiter - shot->jpeg, RECORD_HEADER_SIZE + 5);
	assert_int_equal(shot->generation, ring_writer_generation(writer));
	assert_int_equal(shot->info.sequence, 1);
}

static void
test_large_frames_take_several_records(void **state)
{
	static const uint32_t lengths[] = { RECORD_CONTENT_MAX - 1, RECORD_CONTENT_MAX,
		RECORD_CONTENT_MAX + 1, 2 * RECORD_CONTENT_MAX, SIZE };
	static unsigned char content[SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		struct shot *shot;

		put((unsigned char)('a' + i), lengths[i]);
		shot = shot_pool_update(&pool, reader);
		assert_int_equal(unwrap(shot, shot->jpeg, shot->delimiter, content), lengths[i]);
		assert_int_equal(shot->delimiter - shot->jpeg, record_wrapped(lengths[i]));
		for (uint32_t at = 0; at < lengths[i]; at++)
			assert_int_equal(content[at], 'a' + i);
	}
}

static void
test_one_copy_a_frame_and_no_more_memory(void **state)
{
	struct shot *first, *shot;

	(void)state;
	assert_null(shot_pool_update(&pool, reader));
	put('a', 10);
	first = shot_pool_update(&pool, reader);
	assert_ptr_equal(shot_pool_update(&pool, reader), first);
	assert_int_equal(pool.copies, 1);
	for (int i = 0; i < 100; i++) {
		put('b', 10);
		shot = shot_pool_update(&pool, reader);
		assert_ptr_equal(shot, first);
		assert_int_equal(shot->info.sequence, 2 + i);
	}
	assert_int_equal(pool.copies, 101);
	assert_int_equal(pool.count, 1);
}

enum { HOLDS = 100 };
static struct shot_hold holds[HOLDS];
static unsigned lost[HOLDS];

static void
let_go(struct shot_hold *hold)
{
	lost[hold - holds]++;
	shot_drop(hold);
}

static void
test_a_held_frame_stays_as_it_is(void **state)
{
	unsigned char content[500];
	struct shot *shot;

	(void)state;
	put('a', 100);
	shot = shot_pool_update(&pool, reader);
	shot_hold(shot, &holds[0], let_go);
	shot_hold(shot, &holds[1], let_go);
	for (int i = 0; i < 50; i++) {
		put('b', 100);
		assert_ptr_not_equal(shot_pool_update(&pool, reader), shot);
	}
	assert_int_equal(pool.count, 2);
	shot_drop(&holds[0]);
	put('c', 100);
	assert_ptr_not_equal(shot_pool_update(&pool, reader), shot);
	assert_int_equal(unwrap(shot, shot->jpeg, shot->delimiter, content), 100);
	assert_int_equal(content[99], 'a');
	shot_drop(&holds[1]);
	shot_drop(&holds[1]); /* nothing is held any more */
	put('d', 100);
	shot_pool_update(&pool, reader);
	assert_int_equal(pool.count, 2);
}

/* Each of many slow viewers is in the middle of a frame of its own. */
static void
test_as_many_are_held_as_the_budget_has_room_for(void **state)
{
	size_t before;

	(void)state;
	memset(lost, 0, sizeof lost);
	for (int i = 0; i < HOLDS; i++) {
		put((unsigned char)i, SIZE);
		shot_hold(shot_pool_update(&pool, reader), &holds[i], let_go);
	}
	assert_int_equal(pool.count, HOLDS);
	assert_int_equal(budget.evictions, 0);
	assert_true(budget.used >= HOLDS * SIZE && budget.used < HOLDS * SIZE * 2);
	before = budget.used;
	for (int i = 0; i < HOLDS; i++) {
		assert_int_equal(holds[i].shot->bytes[holds[i].shot->jpeg + RECORD_HEADER_SIZE],
		    (unsigned char)i);
		shot_drop(&holds[i]);
	}
	assert_int_equal(budget.used, before / HOLDS); /* the newest */
	assert_int_equal(pool.count, 1 + SHOTS_IDLE);
}

/* Memory is what a frame needs, not what a slot of the ring has. */
static void
test_small_frames_in_large_slots(void **state)
{
	(void)state;
	for (int i = 0; i < HOLDS; i++) {
		put('s', 10);
		shot_hold(shot_pool_update(&pool, reader), &holds[i], let_go);
	}
	assert_true(budget.used < HOLDS * 1000);
	for (int i = 0; i < HOLDS; i++)
		shot_drop(&holds[i]);
}

/* The oldest of all cameras goes, whoever needs the room; nobody's newest does. */
static void
test_beyond_the_budget_the_oldest_goes(void **state)
{
	struct shot_pool other;
	struct shot *kept;
	size_t each;

	(void)state;
	memset(lost, 0, sizeof lost);
	shot_pool_init(&other, &budget);
	put('o', SIZE);
	kept = shot_pool_update(&other, reader); /* the oldest, but the newest of its camera */
	each = budget.used;
	budget.most = 8 * each;
	for (int i = 0; i < 7; i++) {
		assert_int_equal(shot_budget_is_scarce(&budget), i > 5);
		put((unsigned char)i, SIZE);
		shot_hold(shot_pool_update(&pool, reader), &holds[i], let_go);
	}
	assert_true(shot_budget_is_spent(&budget));
	shot_hold(holds[0].shot, &holds[10], let_go); /* two hold the oldest */
	assert_int_equal(budget.evictions, 0);
	put('x', SIZE);
	assert_non_null(shot_pool_update(&pool, reader));
	assert_int_equal(budget.evictions, 1);
	assert_true(budget.used <= budget.most);
	assert_int_equal(lost[0] + lost[10], 2);
	assert_int_equal(lost[1], 0);
	assert_ptr_equal(other.newest, kept);
	put('y', SIZE);
	assert_non_null(shot_pool_update(&other, reader)); /* takes the place of its own */
	assert_int_equal(budget.evictions, 1);
	for (int i = 1; i < 7; i++)
		shot_drop(&holds[i]);
	shot_pool_deinit(&other);
}

static void
test_a_new_ring_with_larger_frames(void **state)
{
	struct ring_writer *larger = ring_writer_new(SLOTS, 2 * SIZE, NULL);
	struct ring_reader *its = ring_reader_new(ring_writer_fd(larger), NULL);
	struct frame_info info = { .length = 2 * SIZE };
	struct shot *shot;

	(void)state;
	put('a', SIZE);
	shot_hold(shot_pool_update(&pool, reader), &holds[0], let_go);
	shot_pool_forget(&pool);
	memset(ring_writer_begin(larger), 'L', 2 * SIZE);
	ring_writer_commit(larger, &info);
	shot = shot_pool_update(&pool, its);
	assert_non_null(shot);
	assert_int_equal(shot->info.length, 2 * SIZE);
	shot_drop(&holds[0]); /* the small one idles, */
	shot_hold(shot, &holds[0], let_go);
	memset(ring_writer_begin(larger), 'M', 2 * SIZE);
	ring_writer_commit(larger, &info);
	shot = shot_pool_update(&pool, its); /* and is too small for this */
	assert_true(shot->capacity > 2 * SIZE);
	assert_int_equal(shot->bytes[shot->delimiter - 1], 'M');
	assert_int_equal(pool.count, 2);
	shot_drop(&holds[0]);
	ring_reader_free(&its);
	ring_writer_free(&larger);
}

static void
test_a_shot_without_a_ring(void **state)
{
	struct frame_info info = { .wall_ns = UINT64_C(5000000) };
	struct shot *shot = shot_new(
			(const unsigned char *)"placard", 7, &info, "it is g\xf6ne\r\n\r\n"),
		    *kept = shot;
	unsigned char content[500];
	size_t length;

	(void)state;
	shot_hold(shot, &holds[0], let_go);
	shot_hold(shot, &holds[1], let_go);
	shot_free(&shot);
	assert_null(shot);
	assert_int_equal(unwrap(kept, kept->jpeg, kept->delimiter, content), 7);
	assert_memory_equal(content, "placard", 7);
	length = unwrap(kept, kept->start, kept->jpeg, content);
	content[length] = '\0';
	assert_non_null(strstr((char *)content, "\r\nX-Placard: it is g?ne????\r\n\r\n"));
	shot_drop(&holds[0]);
	shot_drop(&holds[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_layout_to_the_byte, begin, end),
		cmocka_unit_test_setup_teardown(test_large_frames_take_several_records, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_one_copy_a_frame_and_no_more_memory, begin, end),
		cmocka_unit_test_setup_teardown(test_a_held_frame_stays_as_it_is, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_as_many_are_held_as_the_budget_has_room_for, begin, end),
		cmocka_unit_test_setup_teardown(test_small_frames_in_large_slots, begin, end),
		cmocka_unit_test_setup_teardown(test_beyond_the_budget_the_oldest_goes, begin, end),
		cmocka_unit_test_setup_teardown(test_a_new_ring_with_larger_frames, begin, end),
		cmocka_unit_test_setup_teardown(test_a_shot_without_a_ring, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
