/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include "base/clock.h"
#include "clip/preroll.h"

static struct preroll preroll;
static const struct preroll_limits roomy = { .ns = 5 * CLOCK_S, .bytes = 1 << 20 };

static int
teardown(void **state)
{
	(void)state;
	preroll_clear(&preroll);
	return 0;
}

/* One of `length` bytes at `ms`; the preroll is its only owner. */
static void
add(uint64_t ms, uint32_t length, const struct preroll_limits *limits)
{
	struct frame_info info = { .mono_ns = ms * CLOCK_MS, .length = length };
	struct frame_copy *frame = frame_copy_new(&info);

	assert_non_null(frame);
	assert_int_equal(preroll_add(&preroll, frame, limits), 0);
	frame_copy_unref(&frame);
	assert_null(frame);
}

static void
assert_held(uint64_t first_ms, uint64_t last_ms, size_t count, uint64_t bytes)
{
	assert_int_equal(preroll.count, count);
	assert_int_equal(preroll.bytes, bytes);
	assert_int_equal(preroll_at(&preroll, 0)->info.mono_ns, first_ms * CLOCK_MS);
	assert_int_equal(preroll_at(&preroll, count - 1)->info.mono_ns, last_ms * CLOCK_MS);
	assert_null(preroll_at(&preroll, count));
}

static void
test_bounded_in_time(void **state)
{
	(void)state;
	for (uint64_t ms = 0; ms <= 20000; ms += 100)
		add(ms, 10, &roomy);
	assert_held(15000, 20000, 51, 510);
}

static void
test_bounded_in_bytes(void **state)
{
	const struct preroll_limits tight = { .ns = 5 * CLOCK_S, .bytes = 1000 };

	(void)state;
	for (uint64_t ms = 0; ms < 2000; ms += 100)
		add(ms, 300, &tight);
	assert_held(1700, 1900, 3, 900);
	add(2000, 5000, &tight);
	assert_held(2000, 2000, 1, 5000);
}

/* In order, however often the circle was gone round and grew. */
static void
test_order(void **state)
{
	const struct preroll_limits less = { .ns = CLOCK_S, .bytes = 1 << 20 };

	(void)state;
	for (uint64_t ms = 0; ms <= 3000; ms += 50)
		add(ms, 1, &less);
	for (uint64_t ms = 3005; ms <= 5000; ms += 5)
		add(ms, 1, &roomy);
	for (size_t i = 1; i < preroll.count; i++)
		assert_true(preroll_at(&preroll, i - 1)->info.mono_ns <
		    preroll_at(&preroll, i)->info.mono_ns);
	assert_held(2000, 5000, 21 + 400, 421);
}

/* Who writes one keeps it beyond its time here. */
static void
test_kept_elsewhere(void **state)
{
	struct frame_copy *kept;

	(void)state;
	add(0, 10, &roomy);
	kept = frame_copy_ref(preroll_at(&preroll, 0));
	add(60000, 10, &roomy);
	assert_int_equal(preroll.count, 1);
	assert_int_equal(kept->info.length, 10);
	kept->jpeg[9] = 1;
	frame_copy_unref(&kept);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_bounded_in_time, teardown),
		cmocka_unit_test_teardown(test_bounded_in_bytes, teardown),
		cmocka_unit_test_teardown(test_order, teardown),
		cmocka_unit_test_teardown(test_kept_elsewhere, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
