/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "motion/mask.h"
#include "motion/motion.h"

static int
parse(struct mask *mask, const char *file, size_t length, struct cause *why)
{
	unsigned char *exact = malloc(length + (length == 0));
	int result;

	memcpy(exact, file, length);
	result = mask_parse(mask, exact, length, why);
	free(exact);
	return result;
}

static void
test_good_files(void **state)
{
	static const struct {
		const char *head;
		uint32_t width, height;
	} cases[] = {
		{ "P5\n3 2\n255\n", 3, 2 },
		{ "P5 3 2 1\t", 3, 2 },
		{ "P5\r\n3\r\n2\r\n255\n", 3, 2 },
		{ "P5 # made by hand\n# 16 16\n3#x\n2\n#y\n255\n", 3, 2 },
		{ "P5#\n1 1 255 ", 1, 1 },
		{ "P5 0003 02 0255\n", 3, 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct mask mask = { 0 };
		size_t head = strlen(cases[i].head), size = cases[i].width * cases[i].height;
		char file[64];

		memcpy(file, cases[i].head, head);
		memcpy(file + head, "#\0\1\0\377#", 6);
		assert_int_equal(parse(&mask, file, head + size, NULL), 0);
		assert_int_equal(mask.width, cases[i].width);
		assert_int_equal(mask.height, cases[i].height);
		assert_memory_equal(mask.pixels, "#\0\1\0\377#", size);
		mask_deinit(&mask);
		assert_int_equal(parse(&mask, file, head + size - 1, NULL), -1);
	}
}

static void
test_bad_files(void **state)
{
	static const struct {
		const char *file, *says;
	} cases[] = {
		{ "", "not a binary" },
		{ "P5", "not a binary" },
		{ "P2\n1 1\n255\n1", "not a binary" },
		{ "P51 1 255 x", "not a binary" },
		{ "P6\n1 1\n255\n123", "not a binary" },
		{ "P5\n0 1\n255\n1", "width and height" },
		{ "P5\n1 0\n255\n1", "width and height" },
		{ "P5\n-1 1\n255\n1", "width and height" },
		{ "P5\n8193 1\n255\n1", "width and height" },
		{ "P5\n99999999999 1\n255\n1", "width and height" },
		{ "P5\n# 1 1", "width and height" },
		{ "P5\n1 1\n65535\n11", "8 bits" },
		{ "P5\n1 1\n256\n11", "8 bits" },
		{ "P5\n1 1\n0\n1", "8 bits" },
		{ "P5\n1 1\n", "8 bits" },
		{ "P5\n1 1\n255", "no blank" },
		{ "P5\n1 1\n255#1", "no blank" },
		{ "P5\n2 2\n255\n123", "truncated: 2x2 pixels, 3 bytes" },
		{ "P5\n8192 8192\n255\n123", "truncated" },
	};
	struct mask mask = { 0 };
	struct cause why;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(parse(&mask, cases[i].file, strlen(cases[i].file), &why), -1);
		if (strstr(why.text, cases[i].says) == NULL)
			fail_msg("%s: %s", cases[i].file, why.text);
		assert_null(mask.pixels);
	}
	assert_int_equal(parse(&mask, "P5\n1 3\n255\n\0\0\0", 14, &why), -1);
	assert_string_equal(why.text, "all black: nothing would be looked at");
}

static void
test_scaling_takes_the_nearest(void **state)
{
	static unsigned char pixels[] = { 0, 255, 1, 0, 0, 9 }; /* 3 x 2 */
	const struct mask mask = { 3, 2, pixels };
	unsigned char look[6 * 4];

	(void)state;
	assert_int_equal(mask_scale(&mask, 6, 4, look), 12);
	assert_memory_equal(look,
	    "\0\0\1\1\1\1"
	    "\0\0\1\1\1\1"
	    "\0\0\0\0\1\1"
	    "\0\0\0\0\1\1",
	    24);
	assert_int_equal(mask_scale(&mask, 4, 2, look), 4); /* columns 0 1 1 2 */
	assert_memory_equal(look,
	    "\0\1\1\1"
	    "\0\0\0\1",
	    8);
	assert_int_equal(mask_scale(&mask, 1, 1, look), 0);
	assert_int_equal(mask_scale(&mask, 3, 2, look), 3);
	assert_memory_equal(look, "\0\1\1\0\0\1", 6);
	assert_int_equal(mask_scale(&(struct mask){ 0 }, 6, 4, look), 24);
}

/* ---- through the detector -------------------------------------------- */

enum { WIDTH = 40, HEIGHT = 20 };
static const struct motion_settings settings = { .threshold = 1, .noise = 16, .light_switch = 100 };
static char folder[] = "/tmp/oriel-mask-XXXXXX", path[64];

static void
file_write(const char *bytes, size_t length)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
}

/* How much a block at column x, 8 wide, changes; 10 high. */
static uint32_t
change_at(struct motion *motion, int x)
{
	unsigned char grey[WIDTH * HEIGHT];

	memset(grey, 100, sizeof grey);
	motion_forget(motion);
	while (motion_judge(motion, &settings, grey, WIDTH, HEIGHT, 0).held == MOTION_WARMING)
		;
	for (int y = 5; y < 15; y++)
		memset(grey + y * WIDTH + x, 200, 8);
	return motion_judge(motion, &settings, grey, WIDTH, HEIGHT, 0).change;
}

static void
test_only_the_rest_is_looked_at(void **state)
{
	struct motion *motion = motion_new();
	uint32_t whole = change_at(motion, 28);
	struct cause why;

	(void)state;
	assert_int_equal(change_at(motion, 4), whole);
	file_write("P5 2 1 255 \0x", 13); /* the left half is black */
	assert_int_equal(motion_set_mask(motion, path, &why), 0);
	assert_int_equal(change_at(motion, 4), 0);
	assert_int_equal(change_at(motion, 28), 2 * whole); /* of half the area */
	/* A mask that cannot be read leaves the old one in force. */
	assert_int_equal(motion_set_mask(motion, "/nonexistent/mask.pgm", &why), -1);
	assert_string_equal(
	    why.text, "motion mask /nonexistent/mask.pgm: No such file or directory");
	assert_int_equal(change_at(motion, 4), 0);
	assert_int_equal(motion_set_mask(motion, "", &why), 0);
	assert_int_equal(change_at(motion, 4), whole);
	motion_free(&motion);
}

static void
test_what_is_no_file(void **state)
{
	struct mask mask = { 0 };
	struct cause why;

	(void)state;
	assert_int_equal(mask_load(&mask, folder, &why), -1);
	assert_non_null(strstr(why.text, "not a regular file"));
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(mask_load(&mask, path, &why), -1); /* and does not wait for a writer */
	assert_non_null(strstr(why.text, "not a regular file"));
	unlink(path);
	file_write("", 0);
	assert_int_equal(mask_load(&mask, path, &why), -1);
	assert_non_null(strstr(why.text, "not a binary grey PGM"));
	assert_int_equal(truncate(path, 100 << 20), 0);
	assert_int_equal(mask_load(&mask, path, &why), -1);
	assert_non_null(strstr(why.text, "larger than any mask"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_files),
		cmocka_unit_test(test_bad_files),
		cmocka_unit_test(test_scaling_takes_the_nearest),
		cmocka_unit_test(test_only_the_rest_is_looked_at),
		cmocka_unit_test(test_what_is_no_file),
	};
	int failed;

	if (mkdtemp(folder) == NULL)
		return 99;
	snprintf(path, sizeof path, "%s/mask.pgm", folder);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	rmdir(folder);
	return failed;
}
