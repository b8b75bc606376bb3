/* SPDX-License-Identifier: ISC */
/* Motion detection on the labelled little films of tests/bench/scenes.c, as on a camera of
 * 1280x720, at half a percent: what a person far away is. `./bootstrap bench scenes.scenes` has
 * them all beside `motion`. */
#include "unit.h"

#include <stdlib.h>

#include "base/clock.h"
#include "bench/scenes.h"
#include "motion/motion.h"

/* Drawn four times as large in both directions as it is looked at. */
enum { WIDTH = 160, HEIGHT = 90, SCALE = 4, THRESHOLD = 5 };

static void
shrink(const unsigned char *large, unsigned char *small)
{
	for (int y = 0; y < HEIGHT; y++)
		for (int x = 0; x < WIDTH; x++) {
			unsigned sum = 0;

			for (int i = 0; i < SCALE * SCALE; i++)
				sum += large[(y * SCALE + i / SCALE) * WIDTH * SCALE + x * SCALE +
				    i % SCALE];
			small[y * WIDTH + x] = (unsigned char)(sum / (SCALE * SCALE));
		}
}

static struct scene_score
judge_scene(unsigned scene)
{
	static const struct motion_settings settings = {
		.threshold = THRESHOLD, .noise = 16, .light_switch = 80
	};
	static unsigned char large[SCALE * SCALE * WIDTH * HEIGHT], small[WIDTH * HEIGHT];
	struct motion *motion = motion_new();
	struct motion_verdict verdict;
	struct span span = { 0 };
	double events[SCENE_FRAMES];
	unsigned count = 0;

	for (unsigned frame = 0; frame < SCENE_FRAMES; frame++) {
		scene_draw(scene, frame, large, SCALE * WIDTH, SCALE * HEIGHT);
		shrink(large, small);
		verdict = motion_judge(
		    motion, &settings, small, WIDTH, HEIGHT, (frame + 1) * (CLOCK_S / SCENE_FPS));
		if (scene_begins(&span, frame, verdict.held == MOTION_FREE))
			events[count++] = frame / (double)SCENE_FPS;
	}
	motion_free(&motion);
	return scene_score(scene, events, count);
}

/* Everything that moves is seen. Of light, weather and the machine nothing is reported twice,
 * and next to nothing once. */
static void
test_scenes(void **state)
{
	struct scene_score sum = { 0 };

	(void)state;
	for (unsigned scene = 0; scene < scene_count(); scene++) {
		struct scene_score score = judge_scene(scene);

		if (score.missed > 0 || score.wrong > 0)
			print_message("%s: missed %u, wrong %u\n", scene_label(scene).name,
			    score.missed, score.wrong);
		sum.seen += score.seen;
		sum.missed += score.missed;
		sum.wrong += score.wrong;
	}
	assert_int_equal(sum.missed, 0);
	assert_int_equal(sum.seen, 9);
	assert_in_range(sum.wrong, 0, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scenes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
