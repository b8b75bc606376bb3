/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <string.h>

#include "decode.h"
#include "jpeg/placard.h"

/* How many pixels are as light as the words. */
static unsigned
written(const struct decoded *whole)
{
	unsigned count = 0;

	for (size_t i = 0; i < (size_t)whole->width * whole->height; i++)
		count += whole->pixels[3 * i] > 120;
	return count;
}

static struct decoded
render(uint32_t width, uint32_t height, const char *title, const char *reason)
{
	unsigned char *jpeg = NULL;
	long length = placard_render(width, height, title, reason, &jpeg);
	struct decoded whole;

	assert_true(length > 0);
	whole = decode_whole(jpeg, (size_t)length);
	assert_int_equal(whole.warnings, 0);
	assert_int_equal(whole.channels, 3);
	free(jpeg);
	return whole;
}

static void
test_sizes(void **state)
{
	static const uint32_t cases[][4] = {
		/* asked for, got */
		{ 1280, 720, 1280, 720 },
		{ 641, 481, 640, 480 },
		{ 0, 0, 160, 120 },
		{ 65500, 65500, 1920, 1080 },
		{ UINT32_MAX, 1, 1920, 120 },
		{ 161, 4000, 160, 1080 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct decoded whole = render(
		    cases[i][0], cases[i][1], "No camera", "It is not there.");

		assert_int_equal(whole.width, cases[i][2]);
		assert_int_equal(whole.height, cases[i][3]);
		assert_true(written(&whole) > 100);
		free(whole.pixels);
	}
}

static void
test_words_show_and_the_rest_is_dark(void **state)
{
	struct decoded empty = render(640, 480, "", ""), title = render(640, 480, "No camera", ""),
		       both = render(640, 480, "No camera", "The cable is out.");

	(void)state;
	assert_int_equal(written(&empty), 0);
	assert_true(written(&title) > 500);
	assert_true(written(&both) > written(&title) + 500);
	assert_true(written(&both) < 640 * 480 / 10);
	free(empty.pixels);
	free(title.pixels);
	free(both.pixels);
}

/* Any words at any size: broken into lines, cut, never outside the picture. */
static void
test_any_words(void **state)
{
	static const char *const words[] = { "", " ", "a", "a b", "\xc3\xa4\xff\n\x01",
		"no  such    device   ",
		"aVeryLongWordThatHasToBeBrokenBecauseItFitsOnNoLineAtAllReally" };
	static const uint32_t sizes[][2] = { { 160, 120 }, { 160, 1080 }, { 1920, 120 },
		{ 640, 480 } };
	char text[16384] = "";

	(void)state;
	for (size_t i = 0; i < 400; i++)
		strcat(strcat(text, words[i % (sizeof words / sizeof *words)]), i % 3 ? " " : "");
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
		for (size_t j = 0; j < sizeof words / sizeof *words; j++) {
			free(render(sizes[i][0], sizes[i][1], words[j], text).pixels);
			free(render(sizes[i][0], sizes[i][1], text, words[j]).pixels);
		}
}

/* Lines of text stay within the left and right margin; the finder's corners lie in it. */
static void
test_long_words_keep_the_margin(void **state)
{
	struct decoded whole;
	char text[600];

	(void)state;
	memset(text, 'H', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	whole = render(640, 480, text, text);
	assert_true(written(&whole) > 1000);
	for (uint32_t y = 0; y < whole.height; y++)
		for (uint32_t x = 0; x < 20; x++) {
			assert_in_range(whole.pixels[3 * (y * whole.width + x)], 0, 110);
			assert_in_range(
			    whole.pixels[3 * (y * whole.width + whole.width - 1 - x)], 0, 110);
		}
	free(whole.pixels);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_words_show_and_the_rest_is_dark),
		cmocka_unit_test(test_any_words),
		cmocka_unit_test(test_long_words_keep_the_margin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
