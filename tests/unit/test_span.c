/* SPDX-License-Identifier: ISC */
/* Spans of motion, by tables: a film is a text, a letter a picture of a tenth of a second.
 *
 *   .  below the threshold      #  above it, 30 % of the picture changed
 *   1..9  above it, so many percent */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "motion/span.h"

enum { STEP_MS = 100, FILM_MAX = 4096 };

static const struct span_settings usual = { .gap_ms = 500, .pictures = 2, .cooldown_ms = 0 };

/* What is said of each picture of the film: '(' begins, ')' ends, '-' open, 's' too few so far,
 * 'c' cool-down, '.' nothing. */
static const char letters[] = { [SPAN_NONE] = '.',
	[SPAN_SHORT] = 's',
	[SPAN_COOLDOWN] = 'c',
	[SPAN_BEGINS] = '(',
	[SPAN_LASTS] = '-',
	[SPAN_ENDS] = ')' };

static struct span span;
static uint64_t mono_ns, wall_ns;

static char
look(const struct span_settings *settings, char picture)
{
	uint32_t change = picture == '.' ? 3
	    : picture == '#'		 ? 300
					 : (uint32_t)(picture - '0') * 10;

	mono_ns += STEP_MS * CLOCK_MS;
	wall_ns += STEP_MS * CLOCK_MS;
	return letters[span_look(&span, settings,
	    &(struct span_picture){ .above = picture != '.',
		.change = change,
		.mono_ns = mono_ns,
		.wall_ns = wall_ns })];
}

static const char *
play(const struct span_settings *settings, const char *film)
{
	static char said[FILM_MAX];
	size_t at;

	for (at = 0; film[at] != '\0'; at++)
		said[at] = look(settings, film[at]);
	said[at] = '\0';
	return said;
}

static int
setup(void **state)
{
	(void)state;
	memset(&span, 0, sizeof span);
	mono_ns = 1000 * CLOCK_S;
	wall_ns = UINT64_C(1700000000) * CLOCK_S;
	return 0;
}

static void
test_films(void **state)
{
	static const struct {
		const char *name;
		struct span_settings settings;
		const char *film, *said;
	} rows[] = {
		{ "somebody passes", { 500, 2, 0 }, //
		    "...####......",		    //
		    "...s(------)." },
		{ "one picture is flicker", { 500, 2, 0 }, //
		    ".#..#..#...#.",			   //
		    ".s..s..s...s." },
		{ "three that flicker", { 500, 4, 0 }, //
		    "###.###.####.",		       //
		    "sss.sss.sss(-" },
		{ "one is enough", { 500, 1, 0 }, //
		    ".#.......#",		  //
		    ".(----)..(" },
		{ "0 is as 1", { 500, 0, 0 }, //
		    ".#",		      //
		    ".(" },
		{ "flaps around the threshold", { 500, 2, 0 }, //
		    "##.#..#....#.....#....",		       //
		    "s(--------------)s...." },
		{ "four tenths of nothing, and five", { 500, 2, 0 }, //
		    "##....##.....",				     //
		    "s(----------)" },
		{ "an open one needs one picture to go on", { 300, 3, 0 }, //
		    "###..#..#...",					   //
		    "ss(--------)" },
		{ "the next soon after the end", { 200, 2, 0 }, //
		    "##..##..",					//
		    "s(-)s(-)" },
		{ "a long cool-down", { 200, 2, 1000 }, //
		    "##..##..######..",			//
		    "s(-)sc..scc(---)" },
		{ "the cool-down is over within the span", { 200, 1, 300 }, //
		    "######..#",					    //
		    "(------)(" },
		{ "cool-down counts from the beginning", { 200, 1, 500 }, //
		    "##..#.###",					  //
		    "(--)c.(--" },
		{ "flicker counts for nothing over the cool-down", { 200, 3, 800 }, //
		    "###...#.#.###",						    //
		    "ss(-).s.s.ss(" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		setup(state);
		if (strcmp(play(&rows[i].settings, rows[i].film), rows[i].said) != 0) {
			setup(state);
			print_message("%s\n  film %s\n  want %s\n  said %s\n", rows[i].name,
			    rows[i].film, rows[i].said, play(&rows[i].settings, rows[i].film));
			fail();
		}
	}
}

/* The largest change, when it was, and the length without the gap behind it. */
static void
test_what_an_end_says(void **state)
{
	static const struct {
		const char *film;
		uint32_t peak;
		unsigned peak_ms, length_ms; /* since the beginning */
	} rows[] = {
		{ "12345.....", 50, 300, 300 },
		{ "9523......", 50, 0, 200 }, /* what was before the beginning is not in it */
		{ "22.9..8.....", 90, 200, 500 },
		{ "2299......", 90, 100, 200 }, /* the first of equals */
		{ "##.....", 300, 0, 0 }, { "##......222.....", 20, 0, 100 }, /* the second one */
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		setup(state);
		assert_non_null(strchr(play(&usual, rows[i].film), ')'));
		assert_int_equal(span.peak, rows[i].peak);
		assert_int_equal(
		    span.peak_wall_ns - span.begun_wall_ns, rows[i].peak_ms * CLOCK_MS);
		assert_int_equal(span_length_ns(&span), rows[i].length_ms * CLOCK_MS);
	}
}

/* However long somebody walks about: one. */
static void
test_a_long_span(void **state)
{
	unsigned begun = 0, ended = 0;

	(void)state;
	for (unsigned picture = 0; picture < 24 * 3600 * 10; picture++)
		begun += look(&usual, picture % 4 == 0 ? '#' : '.') == '('; /* flickers: none */
	assert_int_equal(begun, 0);
	for (unsigned picture = 0; picture < 24 * 3600 * 10; picture++) {
		char said = look(&usual, picture % 5 < 2 ? '#' : '.');

		begun += said == '(';
		ended += said == ')';
	}
	assert_int_equal(begun, 1);
	assert_int_equal(ended, 0);
	assert_in_range(span_length_ns(&span), (24 * 3600 - 1) * CLOCK_S, 24 * 3600 * CLOCK_S);
}

static void
test_the_camera_goes(void **state)
{
	(void)state;
	assert_false(span_end(&span));
	play(&usual, "###");
	assert_true(span.open);
	assert_true(span_end(&span));
	assert_false(span.open);
	assert_int_equal(span_length_ns(&span), STEP_MS * CLOCK_MS);
	assert_false(span_end(&span));
	/* What was counted before it went does not count for the next. */
	assert_string_equal(play(&usual, "#"), "s");
	assert_false(span_end(&span));
	assert_string_equal(play(&usual, "#"), "s");
	assert_string_equal(play(&usual, "#"), "(");
}

/* The wall clock may be set while it is open; a time stamp of a picture may go back. */
static void
test_clock_steps(void **state)
{
	(void)state;
	play(&usual, "##");
	wall_ns -= 3600 * CLOCK_S;
	assert_string_equal(play(&usual, "##....."), "------)");
	assert_int_equal(span_length_ns(&span), 300 * CLOCK_MS - STEP_MS * CLOCK_MS);
	setup(state);
	play(&usual, "##");
	wall_ns += 3600 * CLOCK_S;
	assert_string_equal(play(&usual, "...."), "----");
	setup(state);
	play(&usual, "####");
	mono_ns -= 10 * CLOCK_S;
	assert_string_equal(play(&usual, ".#.#......"), "----------");
	assert_int_equal(span_length_ns(&span), 200 * CLOCK_MS);
	mono_ns += 10 * CLOCK_S;
	assert_string_equal(play(&usual, "."), ")");
}

/* Settings may change while it is open: they count from the next picture on. */
static void
test_settings_change(void **state)
{
	struct span_settings settings = usual;

	(void)state;
	play(&settings, "##....");
	settings.gap_ms = 2000;
	assert_string_equal(play(&settings, "..."), "---");
	settings.gap_ms = 100;
	assert_string_equal(play(&settings, "."), ")");
}

/* A picture a minute: nothing is known between two, so one above goes on. */
static void
test_a_slow_camera(void **state)
{
	(void)state;
	play(&usual, "##");
	mono_ns += 60 * CLOCK_S;
	assert_string_equal(play(&usual, "#"), "-");
	mono_ns += 60 * CLOCK_S;
	assert_string_equal(play(&usual, "."), ")");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_films, setup),
		cmocka_unit_test_setup(test_what_an_end_says, setup),
		cmocka_unit_test_setup(test_a_long_span, setup),
		cmocka_unit_test_setup(test_the_camera_goes, setup),
		cmocka_unit_test_setup(test_clock_steps, setup),
		cmocka_unit_test_setup(test_settings_change, setup),
		cmocka_unit_test_setup(test_a_slow_camera, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
