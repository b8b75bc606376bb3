/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <string.h>

#include "base/clock.h"
#include "motion/motion.h"
#include "random.h"

enum { WIDTH = 160, HEIGHT = 90, AREA = WIDTH * HEIGHT, GROUND = 100 };

static const struct motion_settings usual = { .threshold = 120, .noise = 16, .light_switch = 80 };
static unsigned char grey[AREA];
static uint64_t now, free_ns;

static void
paint(int x, int y, int width, int height, int level)
{
	for (int line = y; line < y + height; line++)
		memset(grey + line * WIDTH + x, level, (size_t)width);
}

static struct motion_verdict
judge(struct motion *motion, const struct motion_settings *settings)
{
	now += 100 * CLOCK_MS;
	return motion_judge(motion, settings, grey, WIDTH, HEIGHT, now);
}

static bool
is_motion(struct motion_verdict verdict)
{
	return verdict.held == MOTION_FREE;
}

/* A detector that has learned an even ground. */
static struct motion *
motion_warm(void)
{
	struct motion *motion = motion_new();

	now = free_ns = 0;
	memset(grey, GROUND, sizeof grey);
	while (judge(motion, &usual).held == MOTION_WARMING)
		;
	return motion;
}

static void
test_warms_up_first(void **state)
{
	struct motion *motion = motion_new();
	struct motion_verdict verdict;
	int frames = 0;

	(void)state;
	memset(grey, GROUND, sizeof grey);
	do {
		verdict = judge(motion, &usual);
		assert_int_equal(verdict.change, 0);
		frames++;
	} while (verdict.held == MOTION_WARMING && frames < 100);
	assert_in_range(frames, 5, 20);
	assert_int_equal(verdict.held, MOTION_BELOW);
	assert_int_equal(verdict.change, 0);
	motion_forget(motion);
	assert_int_equal(judge(motion, &usual).held, MOTION_WARMING);
	motion_free(&motion);
	assert_null(motion);
}

static void
test_noise_is_no_motion(void **state)
{
	struct motion *motion = motion_warm();
	const struct motion_settings touchy = { .threshold = 0, .noise = 16, .light_switch = 80 };
	struct random random = { 5 };

	(void)state;
	for (int frame = 0; frame < 300; frame++) {
		for (int i = 0; i < AREA; i++)
			grey[i] = (unsigned char)(GROUND - 20 + random_below(&random, 41));
		struct motion_verdict verdict = judge(motion, &touchy);
		assert_int_equal(verdict.change, 0);
		assert_int_equal(verdict.box_width, 0);
	}
	motion_free(&motion);
}

static void
test_a_block_is_measured(void **state)
{
	struct motion *motion = motion_warm();
	struct motion_verdict verdict;

	(void)state;
	paint(40, 30, 60, 50, 200);
	verdict = judge(motion, &usual);
	assert_true(is_motion(verdict));
	assert_int_equal(verdict.held, MOTION_FREE);
	assert_int_equal(verdict.threshold, 120);
	/* The blur adds a pixel on each side; in the corners it stays under the noise. */
	assert_int_equal(verdict.change, ((62 * 52 - 4) * 1000 + AREA - 1) / AREA);
	assert_int_equal(verdict.box_x, 39);
	assert_int_equal(verdict.box_y, 29);
	assert_int_equal(verdict.box_width, 62);
	assert_int_equal(verdict.box_height, 52);
	motion_free(&motion);
}

static void
test_the_picture_has_an_edge_but_no_beyond(void **state)
{
	struct motion *motion = motion_warm();
	struct motion_verdict verdict;

	(void)state;
	paint(0, 0, 10, 10, 200);
	paint(WIDTH - 10, HEIGHT - 10, 10, 10, 0);
	verdict = judge(motion, &usual);
	assert_int_equal(verdict.change, (2 * (11 * 11 - 1) * 1000 + AREA - 1) / AREA);
	assert_int_equal(verdict.box_x, 0);
	assert_int_equal(verdict.box_y, 0);
	assert_int_equal(verdict.box_width, WIDTH);
	assert_int_equal(verdict.box_height, HEIGHT);
	motion_free(&motion);
}

/* Also its outermost pixels are compared in full. */
static void
test_a_small_step_is_seen_everywhere(void **state)
{
	const struct motion_settings open = { .threshold = 12, .noise = 16, .light_switch = 100 };
	struct motion *motion = motion_warm();

	(void)state;
	memset(grey, GROUND + 17, sizeof grey);
	assert_int_equal(judge(motion, &open).change, 1000);
	motion_free(&motion);
	motion = motion_warm();
	memset(grey, GROUND + 16, sizeof grey); /* still counts as noise */
	assert_int_equal(judge(motion, &open).change, 0);
	motion_free(&motion);
}

static void
test_lonely_pixels_are_dropped(void **state)
{
	struct motion *motion = motion_warm();

	(void)state;
	paint(50, 50, 1, 1, GROUND + 100); /* blurred away */
	assert_int_equal(judge(motion, &usual).change, 0);
	motion_free(&motion);
	motion = motion_warm();
	paint(50, 50, 1, 1, GROUND + 80); /* two of them leave one changed pixel between */
	paint(52, 52, 1, 1, GROUND + 80);
	assert_int_equal(judge(motion, &usual).change, 0);
	paint(53, 51, 1, 1, GROUND + 80); /* and three a few, */
	assert_int_equal(judge(motion, &usual).change, 0);
	assert_int_not_equal(
	    judge(motion, &usual).change, 0); /* which count when they are there again */
	motion_free(&motion);
}

/* Rain: as much of the picture as a distant person, but nowhere twice. */
static void
test_what_is_small_must_stay_a_moment(void **state)
{
	const struct motion_settings touchy = { .threshold = 2, .noise = 16, .light_switch = 80 };
	struct motion *motion = motion_warm();
	struct random random = { 7 };

	(void)state;
	for (int frame = 0; frame < 200; frame++) {
		memset(grey, GROUND, sizeof grey);
		for (int drop = 0; drop < 8; drop++)
			paint(1 + (int)random_below(&random, 18) + 20 * drop,
			    (int)random_below(&random, 85), 1, 5, 240);
		assert_in_range(judge(motion, &touchy).change, 0, 2); /* of 10 */
	}
	for (int frame = 0; frame < 3; frame++) {
		memset(grey, GROUND, sizeof grey);
		paint(40 + frame, 40, 3, 4, 240);
		assert_int_equal(judge(motion, &touchy).change, frame > 0 ? 2 : 0);
	}
	motion_free(&motion);
}

static void
test_trigger_is_strictly_above_the_threshold(void **state)
{
	const struct {
		unsigned threshold;
		bool triggers;
	} cases[] = {
		{ 0, true },
		{ 39, true },
		{ 40, false },
		{ 41, false },
		{ 1000, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct motion_settings settings = usual;
		struct motion *motion = motion_warm();
		struct motion_verdict verdict;

		settings.threshold = cases[i].threshold;
		paint(10, 10, 18, 27, 200); /* 20 * 29 - 4 = 576 pixels: 4.0 % */
		verdict = judge(motion, &settings);
		assert_int_equal(verdict.change, 40);
		assert_int_equal(is_motion(verdict), cases[i].triggers);
		assert_int_equal(verdict.held, cases[i].triggers ? MOTION_FREE : MOTION_BELOW);
		motion_free(&motion);
	}
}

static void
test_threshold_at_its_ends(void **state)
{
	struct motion_settings settings = { .threshold = 0, .noise = 16, .light_switch = 100 };
	struct motion *motion = motion_warm();

	(void)state;
	assert_false(is_motion(judge(motion, &settings)));
	paint(10, 10, 3, 2, GROUND + 60);
	judge(motion, &settings);
	assert_int_equal(judge(motion, &settings).change, 1);
	motion_free(&motion);
	motion = motion_warm();
	settings.threshold = 1000;
	memset(grey, 255, sizeof grey);
	assert_int_equal(judge(motion, &settings).change, 1000);
	motion_free(&motion);
	motion = motion_warm();
	memset(grey, 255, sizeof grey);
	assert_false(is_motion(judge(motion, &settings)));
	settings.threshold = 999;
	assert_true(is_motion(judge(motion, &settings)));
	motion_free(&motion);
}

static void
test_light_switch_is_held_and_learned(void **state)
{
	struct motion *motion = motion_warm();
	struct motion_verdict verdict;
	int frames = 0;

	(void)state;
	memset(grey, 240, sizeof grey);
	verdict = judge(motion, &usual);
	assert_int_equal(verdict.held, MOTION_LIGHT);
	assert_int_equal(verdict.change, 1000);
	do {
		/* The camera's exposure settles meanwhile. */
		paint(0, 0, WIDTH, HEIGHT / 2, 240 - 5 * frames);
		verdict = judge(motion, &usual);
		assert_false(is_motion(verdict));
		frames++;
	} while (verdict.held == MOTION_LIGHT && frames < 100);
	assert_in_range(frames, 2, 10);
	assert_int_equal(verdict.held, MOTION_BELOW);
	assert_int_equal(verdict.change, 0);
	/* It sees again. */
	paint(40, 30, 60, 50, 20);
	assert_true(is_motion(judge(motion, &usual)));
	motion_free(&motion);
}

static void
test_light_guard_can_be_off(void **state)
{
	struct motion_settings settings = usual;
	struct motion *motion = motion_warm();

	(void)state;
	settings.light_switch = 100;
	memset(grey, 180, sizeof grey);
	assert_true(is_motion(judge(motion, &settings)));
	motion_free(&motion);
}

/* Is the next picture an event, if one were told at most every two seconds? */
static bool
event(struct motion *motion)
{
	if (!is_motion(judge(motion, &usual)) || now < free_ns)
		return false;
	free_ns = now + 2 * CLOCK_S;
	return true;
}

/* How many in the next ten seconds. */
static int
events(struct motion *motion)
{
	int count = 0;

	for (int frame = 0; frame < 100; frame++)
		count += event(motion);
	return count;
}

/* A shadow, a filter, something put down: one event, and then it is part of the scene. */
static void
test_what_stays_is_told_once(void **state)
{
	const struct {
		int width, level;
	} cases[] = { { 60, 200 }, { WIDTH / 2, 40 }, { WIDTH * 3 / 4, 160 } };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct motion *motion = motion_warm();

		for (int frame = 1; frame < 5; frame++) { /* comes in half a second */
			paint(0, 10, cases[i].width * frame / 4, 70, cases[i].level);
			event(motion);
		}
		assert_int_equal(events(motion), 0);
		assert_int_equal(judge(motion, &usual).change, 0);
		paint(0, 10, cases[i].width, 70, GROUND); /* and goes */
		assert_int_equal(events(motion), 1);
		motion_free(&motion);
	}
}

/* Its body is even, but its edge moves. */
static void
test_what_creeps_is_seen_all_the_way(void **state)
{
	struct motion *motion = motion_warm();
	int seen = 100;

	(void)state;
	for (int frame = 0; frame < 300;
	     frame++) { /* two pixels a second, with a slope of 20 in front */
		memset(grey, GROUND, sizeof grey);
		for (int x = 0; x < WIDTH; x++)
			paint(x, 0, 1, HEIGHT,
			    GROUND +
				4 *
				    (x < frame / 5		 ? 15
					    : x < frame / 5 + 15 ? frame / 5 + 15 - x
								 : 0));
		if (judge(motion, &usual).change > 150)
			seen = frame;
		assert_in_range(frame, 0, seen + 10); /* a second */
	}
	motion_free(&motion);
}

/* Dusk, a cloud, the camera's exposure: all pixels become darker by the same factor. */
static void
test_light_is_no_motion(void **state)
{
	const int lasts[] = { 5, 20, 240 }; /* pictures */

	(void)state;
	for (size_t i = 0; i < sizeof lasts / sizeof *lasts; i++) {
		struct motion *motion = motion_new();

		now = 0;
		for (int frame = 0; frame < 20 + lasts[i]; frame++) {
			int light = frame < 20 ? 100 : 100 - 45 * (frame - 20) / lasts[i];

			for (int x = 0; x < WIDTH; x++)
				paint(x, 0, 1, HEIGHT, (60 + x) * light / 100);
			assert_int_equal(judge(motion, &usual).change, 0);
		}
		paint(40, 30, 60, 50, 20); /* and somebody is seen */
		assert_true(is_motion(judge(motion, &usual)));
		motion_free(&motion);
	}
}

/* A lamp that flickers, leaves, a clock's digits: after a while they are normal. */
static void
test_what_wavers_is_learned_where_it_does(void **state)
{
	const struct motion_settings touchy = { .threshold = 3, .noise = 16, .light_switch = 80 };
	struct motion *motion = motion_warm();

	(void)state;
	for (int frame = 0; frame < 450; frame++) {
		paint(10, 10, 20, 20, frame % 2 == 0 ? GROUND + 60 : GROUND);
		if (judge(motion, &touchy).change > 3 && frame > 400)
			fail_msg("still motion in picture %d", frame);
	}
	paint(60, 60, 10, 10, GROUND + 60);
	assert_true(is_motion(judge(motion, &touchy)));
	motion_free(&motion);
}

static void
test_another_size_starts_over(void **state)
{
	struct motion *motion = motion_warm();
	static unsigned char small[7 * 3], dot;

	(void)state;
	for (int i = 0; i < 30; i++)
		assert_int_equal(motion_judge(motion, &usual, small, 7, 3, now).held,
		    i < 10 ? MOTION_WARMING : MOTION_BELOW);
	assert_int_equal(motion_judge(motion, &usual, &dot, 1, 1, now).held, MOTION_WARMING);
	assert_int_equal(motion_judge(motion, &usual, NULL, 0, 0, now).held, MOTION_WARMING);
	assert_int_equal(judge(motion, &usual).held, MOTION_WARMING);
	motion_free(&motion);
}

static void
test_words(void **state)
{
	(void)state;
	assert_string_equal(motion_held_word(MOTION_FREE), "");
	assert_string_equal(motion_held_word(MOTION_BELOW), "below threshold");
	assert_string_equal(motion_held_word(MOTION_COOLDOWN), "cool-down");
	assert_string_equal(motion_held_word(MOTION_LIGHT), "light switch");
	assert_string_equal(motion_held_word(MOTION_WARMING), "warming up");
	assert_string_equal(motion_held_word(MOTION_SHORT), "too brief so far");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_warms_up_first),
		cmocka_unit_test(test_noise_is_no_motion),
		cmocka_unit_test(test_a_block_is_measured),
		cmocka_unit_test(test_the_picture_has_an_edge_but_no_beyond),
		cmocka_unit_test(test_a_small_step_is_seen_everywhere),
		cmocka_unit_test(test_lonely_pixels_are_dropped),
		cmocka_unit_test(test_what_is_small_must_stay_a_moment),
		cmocka_unit_test(test_trigger_is_strictly_above_the_threshold),
		cmocka_unit_test(test_threshold_at_its_ends),
		cmocka_unit_test(test_light_switch_is_held_and_learned),
		cmocka_unit_test(test_light_guard_can_be_off),
		cmocka_unit_test(test_what_stays_is_told_once),
		cmocka_unit_test(test_what_creeps_is_seen_all_the_way),
		cmocka_unit_test(test_light_is_no_motion),
		cmocka_unit_test(test_what_wavers_is_learned_where_it_does),
		cmocka_unit_test(test_another_size_starts_over),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
