/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "jpeg/draw.h"

enum { WIDTH = 32, HEIGHT = 48, GUARD = 64, CALM = 16, INK = 200 };

static const struct colour ink = { INK, 90, 30 };
static unsigned char memory[GUARD + WIDTH * HEIGHT * 3 / 2 + GUARD];
static struct canvas canvas;

/* A calm canvas between two guards. */
static void
canvas_clear(void)
{
	memset(memory, 0xa5, sizeof memory);
	canvas_init(&canvas, memory + GUARD, WIDTH, HEIGHT);
	memset(canvas.y, CALM, canvas_size(WIDTH, HEIGHT));
}

static void
guards_hold(void)
{
	for (int i = 0; i < GUARD; i++) {
		assert_int_equal(memory[i], 0xa5);
		assert_int_equal(memory[sizeof memory - 1 - (size_t)i], 0xa5);
	}
}

static int
ink_count(void)
{
	int count = 0;

	for (int i = 0; i < WIDTH * HEIGHT; i++)
		count += canvas.y[i] == INK;
	return count;
}

static void
test_box_is_where_it_was_asked(void **state)
{
	(void)state;
	canvas_clear();
	draw_box(&canvas, 3, 5, 4, 2, ink);
	assert_int_equal(ink_count(), 8);
	assert_int_equal(canvas.y[5 * WIDTH + 3], INK);
	assert_int_equal(canvas.y[6 * WIDTH + 6], INK);
	/* Chroma: every 2x2 block the box touches, columns 1..3, rows 2..3. */
	assert_int_equal(canvas.cb[2 * WIDTH / 2 + 1], 90);
	assert_int_equal(canvas.cr[3 * WIDTH / 2 + 3], 30);
	assert_int_equal(canvas.cb[2 * WIDTH / 2 + 0], CALM);
	assert_int_equal(canvas.cb[2 * WIDTH / 2 + 4], CALM);
	assert_int_equal(canvas.cb[1 * WIDTH / 2 + 1], CALM);
	assert_int_equal(canvas.cb[4 * WIDTH / 2 + 1], CALM);
	guards_hold();
}

static void
test_box_is_cut_at_each_border(void **state)
{
	static const struct {
		int x, y, width, height, left;
	} cases[] = {
		{ -2, 4, 5, 3, 9 },
		{ WIDTH - 1, 4, 5, 3, 3 },
		{ 4, -2, 3, 5, 9 },
		{ 4, HEIGHT - 1, 3, 5, 3 },
		{ -9, -9, 99, 99, WIDTH * HEIGHT },
		{ WIDTH, 0, 5, 5, 0 },
		{ 0, HEIGHT, 5, 5, 0 },
		{ -5, 0, 5, 5, 0 },
		{ 0, -5, 5, 5, 0 },
		{ 4, 4, 0, 5, 0 },
		{ 4, 4, 5, -1, 0 },
		{ INT_MIN, 0, INT_MAX, 1, 0 },
		{ INT_MAX, INT_MAX, INT_MAX, INT_MAX, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		canvas_clear();
		draw_box(&canvas, cases[i].x, cases[i].y, cases[i].width, cases[i].height, ink);
		assert_int_equal(ink_count(), cases[i].left);
		guards_hold();
	}
}

static void
test_text_is_cut_at_each_border(void **state)
{
	(void)state;
	for (int scale = 0; scale <= 4; scale++)
		for (int y = -70; y < HEIGHT + 20; y += 3)
			for (int x = -70; x < WIDTH + 20; x += 3) {
				canvas_clear();
				draw_text(&canvas, x, y, scale, ink, "W@\x80g");
				guards_hold();
			}
}

/* Each character draws something of its own within its cell. */
static void
test_glyphs_differ(void **state)
{
	static unsigned char seen[96][WIDTH * HEIGHT];

	(void)state;
	for (int c = ' ' + 1; c <= 127; c++) {
		char text[] = { (char)c, '\0' };

		canvas_clear();
		draw_text(&canvas, 8, 16, 1, ink, text);
		assert_true(ink_count() > 0);
		for (int i = 0; i < WIDTH * HEIGHT; i++)
			if (canvas.y[i] == INK)
				assert_true(i % WIDTH >= 8 && i % WIDTH < 16 && i / WIDTH >= 16 &&
				    i / WIDTH < 32);
		memcpy(seen[c - 32], canvas.y, WIDTH * HEIGHT);
		for (int other = ' ' + 1; other < c; other++)
			assert_memory_not_equal(seen[c - 32], seen[other - 32], WIDTH * HEIGHT);
	}
}

static void
test_unknown_bytes_show_as_a_box(void **state)
{
	static unsigned char box[WIDTH * HEIGHT];

	(void)state;
	canvas_clear();
	draw_text(&canvas, 0, 0, 1, ink, "\x7f");
	memcpy(box, canvas.y, sizeof box);
	canvas_clear();
	draw_text(&canvas, 0, 0, 1, ink, "\xfe");
	assert_memory_equal(canvas.y, box, sizeof box);
	canvas_clear();
	draw_text(&canvas, 0, 0, 1, ink, " ");
	assert_int_equal(ink_count(), 0);
}

static void
test_scale_enlarges(void **state)
{
	int one, two;

	(void)state;
	canvas_clear();
	draw_text(&canvas, 0, 0, 1, ink, "H");
	one = ink_count();
	canvas_clear();
	draw_text(&canvas, 0, 0, 2, ink, "H");
	two = ink_count();
	assert_int_equal(two, 4 * one); /* only straight strokes in it */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_box_is_where_it_was_asked),
		cmocka_unit_test(test_box_is_cut_at_each_border),
		cmocka_unit_test(test_text_is_cut_at_each_border),
		cmocka_unit_test(test_glyphs_differ),
		cmocka_unit_test(test_unknown_bytes_show_as_a_box),
		cmocka_unit_test(test_scale_enlarges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
