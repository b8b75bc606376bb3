/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "fastcgi/record.h"
#include "fanout/frame_buf.h"

enum { SLOTS = 4, SIZE = 200000, BUDGET = 64 << 20 };

static struct ring_writer *writer;
static struct ring_reader *reader;
static struct frame_buf_budget budget;
static struct frame_buf_pool pool;

static int
begin(void **state)
{
	(void)state;
	writer = ring_writer_new(SLOTS, SIZE, NULL);
	reader = ring_reader_new(ring_writer_fd(writer), NULL);
	frame_buf_budget_init(&budget, BUDGET);
	frame_buf_pool_init(&pool, &budget);
	return writer != NULL && reader != NULL ? 0 : -1;
}

static int
end(void **state)
{
	(void)state;
	frame_buf_pool_deinit(&pool);
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
unwrap(const struct frame_buf *buf, size_t from, size_t to, unsigned char *out)
{
	size_t used = 0;

	while (from < to) {
		const unsigned char *header = buf->bytes + from;
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
	struct frame_buf *buf;

	(void)state;
	put('j', 5);
	buf = frame_buf_pool_update(&pool, reader);
	assert_non_null(buf);
	assert_int_equal(unwrap(buf, buf->start, buf->jpeg, content), sizeof head - 1);
	assert_memory_equal(content, head, sizeof head - 1);
	assert_int_equal(unwrap(buf, buf->jpeg, buf->delimiter, content), 5);
	assert_memory_equal(content, "jjjjj", 5);
	assert_int_equal(unwrap(buf, buf->start, buf->end, content), sizeof part - 1);
	assert_memory_equal(content, part, sizeof part - 1);
	assert_int_equal(buf->delimiter - buf->jpeg, RECORD_HEADER_SIZE + 5);
	assert_int_equal(buf->generation, ring_writer_generation(writer));
	assert_int_equal(buf->info.sequence, 1);
}

static void
test_large_frames_take_several_records(void **state)
{
	static const uint32_t lengths[] = { RECORD_CONTENT_MAX - 1, RECORD_CONTENT_MAX,
		RECORD_CONTENT_MAX + 1, 2 * RECORD_CONTENT_MAX, SIZE };
	static unsigned char content[SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		struct frame_buf *buf;

		put((unsigned char)('a' + i), lengths[i]);
		buf = frame_buf_pool_update(&pool, reader);
		assert_int_equal(unwrap(buf, buf->jpeg, buf->delimiter, content), lengths[i]);
		assert_int_equal(buf->delimiter - buf->jpeg, record_wrapped(lengths[i]));
		for (uint32_t at = 0; at < lengths[i]; at++)
			assert_int_equal(content[at], 'a' + i);
	}
}

static void
test_one_copy_a_frame_and_no_more_memory(void **state)
{
	struct frame_buf *first, *buf;

	(void)state;
	assert_null(frame_buf_pool_update(&pool, reader));
	put('a', 10);
	first = frame_buf_pool_update(&pool, reader);
	assert_ptr_equal(frame_buf_pool_update(&pool, reader), first);
	assert_int_equal(pool.copies, 1);
	for (int i = 0; i < 100; i++) {
		put('b', 10);
		buf = frame_buf_pool_update(&pool, reader);
		assert_ptr_equal(buf, first);
		assert_int_equal(buf->info.sequence, 2 + i);
	}
	assert_int_equal(pool.copies, 101);
	assert_int_equal(pool.count, 1);
}

enum { HOLDS = 100 };
static struct frame_buf_hold holds[HOLDS];
static unsigned lost[HOLDS];

static void
let_go(struct frame_buf_hold *hold)
{
	lost[hold - holds]++;
	frame_buf_drop(hold);
}

static void
test_a_held_frame_stays_as_it_is(void **state)
{
	unsigned char content[500];
	struct frame_buf *buf;

	(void)state;
	put('a', 100);
	buf = frame_buf_pool_update(&pool, reader);
	frame_buf_hold(buf, &holds[0], let_go);
	frame_buf_hold(buf, &holds[1], let_go);
	for (int i = 0; i < 50; i++) {
		put('b', 100);
		assert_ptr_not_equal(frame_buf_pool_update(&pool, reader), buf);
	}
	assert_int_equal(pool.count, 2);
	frame_buf_drop(&holds[0]);
	put('c', 100);
	assert_ptr_not_equal(frame_buf_pool_update(&pool, reader), buf);
	assert_int_equal(unwrap(buf, buf->jpeg, buf->delimiter, content), 100);
	assert_int_equal(content[99], 'a');
	frame_buf_drop(&holds[1]);
	frame_buf_drop(&holds[1]); /* nothing is held any more */
	put('d', 100);
	frame_buf_pool_update(&pool, reader);
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
		frame_buf_hold(frame_buf_pool_update(&pool, reader), &holds[i], let_go);
	}
	assert_int_equal(pool.count, HOLDS);
	assert_int_equal(budget.evictions, 0);
	assert_true(budget.used >= HOLDS * SIZE && budget.used < HOLDS * SIZE * 2);
	before = budget.used;
	for (int i = 0; i < HOLDS; i++) {
		assert_int_equal(
		    holds[i].buf->bytes[holds[i].buf->jpeg + RECORD_HEADER_SIZE], (unsigned char)i);
		frame_buf_drop(&holds[i]);
	}
	assert_int_equal(budget.used, before / HOLDS); /* the newest */
	assert_int_equal(pool.count, 1 + FRAME_BUFS_IDLE);
}

/* The memory is what a frame needs, not a whole slot of the ring. */
static void
test_small_frames_in_large_slots(void **state)
{
	(void)state;
	for (int i = 0; i < HOLDS; i++) {
		put('s', 10);
		frame_buf_hold(frame_buf_pool_update(&pool, reader), &holds[i], let_go);
	}
	assert_true(budget.used < HOLDS * 1000);
	for (int i = 0; i < HOLDS; i++)
		frame_buf_drop(&holds[i]);
}

/* The oldest of all cameras goes, whoever needs the room; no camera's newest goes. */
static void
test_beyond_the_budget_the_oldest_goes(void **state)
{
	struct frame_buf_pool other;
	struct frame_buf *kept;
	size_t each;

	(void)state;
	memset(lost, 0, sizeof lost);
	frame_buf_pool_init(&other, &budget);
	put('o', SIZE);
	kept = frame_buf_pool_update(&other, reader); /* the oldest, but the newest of its camera */
	each = budget.used;
	budget.most = 8 * each;
	for (int i = 0; i < 7; i++) {
		assert_int_equal(frame_buf_budget_is_scarce(&budget), i > 5);
		put((unsigned char)i, SIZE);
		frame_buf_hold(frame_buf_pool_update(&pool, reader), &holds[i], let_go);
	}
	assert_true(frame_buf_budget_is_spent(&budget));
	frame_buf_hold(holds[0].buf, &holds[10], let_go); /* two hold the oldest */
	assert_int_equal(budget.evictions, 0);
	put('x', SIZE);
	assert_non_null(frame_buf_pool_update(&pool, reader));
	assert_int_equal(budget.evictions, 1);
	assert_true(budget.used <= budget.most);
	assert_int_equal(lost[0] + lost[10], 2);
	assert_int_equal(lost[1], 0);
	assert_ptr_equal(other.newest, kept);
	put('y', SIZE);
	assert_non_null(frame_buf_pool_update(&other, reader)); /* takes the place of its own */
	assert_int_equal(budget.evictions, 1);
	for (int i = 1; i < 7; i++)
		frame_buf_drop(&holds[i]);
	frame_buf_pool_deinit(&other);
}

static void
test_a_new_ring_with_larger_frames(void **state)
{
	struct ring_writer *larger = ring_writer_new(SLOTS, 2 * SIZE, NULL);
	struct ring_reader *its = ring_reader_new(ring_writer_fd(larger), NULL);
	struct frame_info info = { .length = 2 * SIZE };
	struct frame_buf *buf;

	(void)state;
	put('a', SIZE);
	frame_buf_hold(frame_buf_pool_update(&pool, reader), &holds[0], let_go);
	frame_buf_pool_forget(&pool);
	memset(ring_writer_begin(larger), 'L', 2 * SIZE);
	ring_writer_commit(larger, &info);
	buf = frame_buf_pool_update(&pool, its);
	assert_non_null(buf);
	assert_int_equal(buf->info.length, 2 * SIZE);
	frame_buf_drop(&holds[0]); /* the small one idles, */
	frame_buf_hold(buf, &holds[0], let_go);
	memset(ring_writer_begin(larger), 'M', 2 * SIZE);
	ring_writer_commit(larger, &info);
	buf = frame_buf_pool_update(&pool, its); /* and is too small for this */
	assert_true(buf->capacity > 2 * SIZE);
	assert_int_equal(buf->bytes[buf->delimiter - 1], 'M');
	assert_int_equal(pool.count, 2);
	frame_buf_drop(&holds[0]);
	ring_reader_free(&its);
	ring_writer_free(&larger);
}

static void
test_a_shot_without_a_ring(void **state)
{
	struct frame_info info = { .wall_ns = UINT64_C(5000000) };
	struct frame_buf *buf = frame_buf_new(
			     (const unsigned char *)"placard", 7, &info, "it is g\xf6ne\r\n\r\n"),
			 *kept = buf;
	unsigned char content[500];
	size_t length;

	(void)state;
	frame_buf_hold(buf, &holds[0], let_go);
	frame_buf_hold(buf, &holds[1], let_go);
	frame_buf_free(&buf);
	assert_null(buf);
	assert_int_equal(unwrap(kept, kept->jpeg, kept->delimiter, content), 7);
	assert_memory_equal(content, "placard", 7);
	length = unwrap(kept, kept->start, kept->jpeg, content);
	content[length] = '\0';
	assert_non_null(strstr((char *)content, "\r\nX-Placard: it is g?ne????\r\n\r\n"));
	frame_buf_drop(&holds[0]);
	frame_buf_drop(&holds[1]);
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
