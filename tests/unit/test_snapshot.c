/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include "base/clock.h"
#include "fanout/etag.h"
#include "fanout/stream.h"

static void
test_tags(void **state)
{
	static const char *const bad[] = { "", "\"\"", "1", "1-", "-1", "a-b", "1-2-3", "\"1-2",
		"1-2\"", "W/\"1-2\"", "99999999999999999999-1",
		"0000000000000000000000000000000000000000000000000000000000000001-1" };
	struct etag tag;

	(void)state;
	assert_true(etag_parse("1700000000000-17", &tag));
	assert_true(tag.generation == UINT64_C(1700000000000) && tag.sequence == 17);
	assert_true(etag_parse("\"1-2\"", &tag));
	assert_true(tag.generation == 1 && tag.sequence == 2);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(etag_parse(bad[i], &tag));
}

static void
test_if_none_match(void **state)
{
	static const char *const yes[] = { "*", "\"5-7\"", "W/\"5-7\"", "\"a\", \"5-7\"",
		"\"a\",W/\"5-7\" , \"b\"", "\t\"5-7\" " };
	static const char *const no[] = { "", "5-7", "\"5-77\"", "\"5-7", "\"15-7\"", "x\"5-7\"",
		"\"5-7\"x", ",,,", "W/" };
	struct etag tag = { 5, 7 };

	(void)state;
	for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
		assert_true(etag_matches(yes[i], &tag));
	for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
		assert_false(etag_matches(no[i], &tag));
}

/* How many of the frames at `camera` a second, `jitter` percent unsteady, a viewer
 * of `fps` gets in ten seconds. */
static unsigned
delivered(unsigned camera, unsigned fps, unsigned jitter)
{
	uint64_t due = 0, step = CLOCK_S / camera, start = 1000 * CLOCK_S;
	unsigned count = 0;

	for (unsigned i = 0; i < 10 * camera; i++) {
		uint64_t wobble = step * jitter / 100 * ((i * 7) % 3) / 2;

		count += stream_due(&due, fps, start + i * step + wobble);
	}
	return count;
}

static void
test_frames_due(void **state)
{
	static const unsigned wanted[] = { 1, 2, 5, 7, 10, 15, 20, 25, 29 };

	(void)state;
	for (unsigned jitter = 0; jitter <= 20; jitter += 10) {
		for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
			unsigned got = delivered(30, wanted[i], jitter);

			assert_in_range(got, 10 * wanted[i] * 9 / 10, 10 * wanted[i] + 1);
		}
		assert_int_equal(delivered(5, 30, jitter), 50);
		assert_int_equal(delivered(30, 240, jitter), 300);
	}
	assert_int_equal(delivered(30, 10, 0), 100);
	assert_int_equal(delivered(30, 30, 0), 300);
}

/* After a pause there is no burst. */
static void
test_no_burst_after_a_pause(void **state)
{
	uint64_t due = 0;
	unsigned count = 0;

	(void)state;
	assert_true(stream_due(&due, 10, 1 * CLOCK_S));
	for (unsigned i = 0; i < 30; i++)
		count += stream_due(&due, 10, 100 * CLOCK_S + i * CLOCK_S / 30);
	assert_in_range(count, 10, 11);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_if_none_match),
		cmocka_unit_test(test_frames_due),
		cmocka_unit_test(test_no_burst_after_a_pause),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
