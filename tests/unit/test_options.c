/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/options.h"

enum { NAME, LEVEL, LOUD, MODE, SHARE, ROWS };

static int
check_name(const char *text, struct cause *because)
{
	return strcmp(text, "nobody") != 0 ? 0 : cause_set(because, "column 1: nobody is none");
}

static const struct option_row table[ROWS] = {
	[NAME] = { .name = "name",
	    .type = OPTION_TEXT,
	    .initial = "anna",
	    .argument = "WHO",
	    .check = check_name,
	    .help = "Who it is." },
	[LEVEL] = { .name = "the_level",
	    .group = "Sound",
	    .type = OPTION_INTEGER,
	    .min = -5,
	    .max = 100,
	    .initial = "12",
	    .unit = "dB",
	    .flags = OPTION_LIVE,
	    .help = "How much." },
	[LOUD] = { .name = "loud",
	    .group = "Sound",
	    .type = OPTION_BOOLEAN,
	    .initial = "yes",
	    .help = "Make noise." },
	[MODE] = { .name = "mode",
	    .group = "Way",
	    .type = OPTION_CHOICE,
	    .initial = "slow",
	    .choices = "slow|fast",
	    .help = "Which way." },
	[SHARE] = { .name = "share",
	    .group = "Way",
	    .type = OPTION_TENTHS,
	    .min = 5,
	    .max = 1000,
	    .initial = "12",
	    .help = "What part." },
};
static const struct option_program program = { "prog", "Does things.", "1.2", table, ROWS };

static struct options *options;
static struct cause why;
static char path[64];

static int
setup(void **state)
{
	(void)state;
	options = options_new(&program);
	path[0] = '\0';
	why.text[0] = '\0';
	return options == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	options_free(&options);
	if (path[0] != '\0')
		unlink(path);
	return 0;
}

/* Read `count` arguments behind the program's name. */
static enum options_verdict
read_words(int count, const char *a, const char *b, const char *c)
{
	char *words[] = { (char *)"prog", (char *)a, (char *)b, (char *)c, NULL };

	words[count + 1] = NULL;
	return options_read(options, count + 1, words, &why);
}

static void
write_file(const char *text, size_t length)
{
	int fd;

	strcpy(path, "/tmp/oriel-conf-XXXXXX");
	fd = mkstemp(path);
	assert_int_equal(write(fd, text, length), length);
	close(fd);
}

static int
read_text(const char *text)
{
	int result;

	write_file(text, strlen(text));
	result = options_read_file(options, path, &why);
	unlink(path);
	return result;
}

/* The reason without the file's random name: "FILE:3: …". */
static void
assert_reason(const char *expected)
{
	char text[320];

	if (path[0] != '\0' && strncmp(why.text, path, strlen(path)) == 0)
		snprintf(text, sizeof text, "FILE%s", why.text + strlen(path));
	else
		snprintf(text, sizeof text, "%s", why.text);
	assert_string_equal(text, expected);
}

static void
test_defaults(void **state)
{
	(void)state;
	assert_string_equal(options_text(options, NAME), "anna");
	assert_int_equal(options_number(options, LEVEL), 12);
	assert_int_equal(options_number(options, LOUD), 1);
	assert_string_equal(options_text(options, LOUD), "yes");
	assert_int_equal(options_number(options, MODE), 0);
	assert_string_equal(options_source_word(options_source(options, MODE)), "default");
	assert_int_equal(options_count(options), ROWS);
}

static void
test_command_line(void **state)
{
	(void)state;
	assert_int_equal(read_words(3, "--the-level=-5", "--no-loud", "--mode=fast"), OPTIONS_RUN);
	assert_int_equal(options_number(options, LEVEL), -5);
	assert_int_equal(options_number(options, LOUD), 0);
	assert_int_equal(options_number(options, MODE), 1);
	assert_string_equal(options_source_word(options_source(options, LEVEL)), "command line");
	assert_int_equal(read_words(3, "--name", "--x", "--loud"), OPTIONS_RUN);
	assert_string_equal(options_text(options, NAME), "--x");
	assert_int_equal(options_number(options, LOUD), 1);
	assert_int_equal(read_words(2, "--loud=off", "--", NULL), OPTIONS_RUN);
	assert_int_equal(options_number(options, LOUD), 0);
}

static void
test_command_line_errors(void **state)
{
	static const struct {
		const char *a, *b, *reason;
	} wrong[] = {
		{ "--nope", NULL, "unknown option --nope (see --help)" },
		{ "--no-mode", NULL, "unknown option --no-mode (see --help)" },
		{ "--no-loud=1", NULL, "unknown option --no-loud (see --help)" },
		{ "--help=x", NULL, "unknown option --help (see --help)" },
		{ "word", NULL, "unexpected argument \"word\" (see --help)" },
		{ "--", "word", "unexpected argument \"word\" (see --help)" },
		{ "-l", NULL, "unexpected argument \"-l\" (see --help)" },
		{ "--mode", NULL, "--mode needs a value" },
		{ "--config", NULL, "--config needs a file" },
		{ "--mode=loud", NULL, "mode must be one of slow|fast" },
		{ "--mode=slo", NULL, "mode must be one of slow|fast" },
		{ "--mode=", NULL, "mode must be one of slow|fast" },
		{ "--the-level=", NULL, "the_level must be an integer" },
		{ "--the-level=1x", NULL, "the_level must be an integer" },
		{ "--the-level=1.5", NULL, "the_level must be an integer" },
		{ "--the-level=101", NULL, "the_level out of range (-5 to 100)" },
		{ "--the-level=-6", NULL, "the_level out of range (-5 to 100)" },
		{ "--the-level=99999999999999999999", NULL, "the_level out of range (-5 to 100)" },
		{ "--loud=maybe", NULL, "loud must be yes or no" },
		{ "--name=a\tb", NULL, "name holds a control character" },
		{ "--name=nobody", NULL, "name, column 1: nobody is none" },
		{ "--config=/nonexistent/x", NULL, "/nonexistent/x: No such file or directory" },
		{ "--config=/tmp", NULL, "/tmp: Is a directory" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		assert_int_equal(
		    read_words(wrong[i].b != NULL ? 2 : 1, wrong[i].a, wrong[i].b, NULL),
		    OPTIONS_WRONG);
		assert_string_equal(why.text, wrong[i].reason);
	}
}

static void
test_long_text_is_refused(void **state)
{
	char text[OPTION_TEXT_SIZE + 1];

	(void)state;
	memset(text, 'a', sizeof text);
	text[OPTION_TEXT_SIZE] = '\0';
	assert_int_equal(options_set(options, NAME, text, OPTION_FILE, &why), -1);
	assert_string_equal(why.text, "name is longer than 255 bytes");
	text[OPTION_TEXT_SIZE - 1] = '\0';
	assert_int_equal(options_set(options, NAME, text, OPTION_FILE, &why), 0);
	assert_string_equal(options_text(options, NAME), text);
}

static void
test_file(void **state)
{
	(void)state;
	assert_int_equal(
	    read_text("# a comment\n\n  the_level=7 \n\tmode =  fast\nname = a b = c\nloud = no"),
	    0);
	assert_int_equal(options_number(options, LEVEL), 7);
	assert_int_equal(options_number(options, MODE), 1);
	assert_int_equal(options_number(options, LOUD), 0);
	assert_string_equal(options_text(options, NAME), "a b = c");
	assert_string_equal(options_source_word(options_source(options, NAME)), "file");
}

static void
test_file_errors_name_file_line_and_key(void **state)
{
	char text[1200];

	(void)state;
	assert_int_equal(read_text("\n# x\nthe_level = 101\n"), -1);
	assert_reason("FILE:3: the_level out of range (-5 to 100)");
	assert_int_equal(read_text("volume = 3\n"), -1);
	assert_reason("FILE:1: unknown key \"volume\"");
	assert_int_equal(read_text("name = x\nnonsense\n"), -1);
	assert_reason("FILE:2: not \"key = value\"");
	memset(text, ' ', sizeof text);
	strcpy(text + sizeof text - 20, "name = x\n");
	assert_int_equal(read_text(text), -1);
	assert_reason("FILE:1: too long");
	write_file("na\0me = x\n", 10);
	assert_int_equal(options_read_file(options, path, &why), -1);
	assert_reason("FILE:1: not text");
}

static void
test_a_huge_file_is_refused(void **state)
{
	char *text = malloc(70001);

	(void)state;
	for (size_t i = 0; i < 70000; i++)
		text[i] = i % 100 == 99 ? '\n' : '#';
	text[70000] = '\0';
	assert_int_equal(read_text(text), -1);
	assert_reason("FILE:656: too long");
	free(text);
}

static void
test_precedence(void **state)
{
	char argument[80];

	(void)state;
	write_file("the_level = 3\nname = file\nmode = fast\n", 38);
	snprintf(argument, sizeof argument, "--config=%s", path);
	assert_int_equal(read_words(2, argument, "--the-level=5", NULL), OPTIONS_RUN);
	assert_int_equal(options_number(options, LEVEL), 5);
	/* What was stored ranks above the file and below the command line … */
	assert_int_equal(options_set(options, LEVEL, "9", OPTION_STORED, &why), 0);
	assert_int_equal(options_set(options, NAME, "stored", OPTION_STORED, &why), 0);
	assert_int_equal(options_number(options, LEVEL), 5);
	assert_string_equal(options_text(options, NAME), "stored");
	assert_string_equal(options_text(options, MODE), "fast");
	assert_string_equal(options_source_word(options_source(options, NAME)), "set");
	/* … but is checked all the same. */
	assert_int_equal(options_set(options, LEVEL, "999", OPTION_STORED, &why), -1);
	/* A person's change while running always counts. */
	assert_int_equal(options_change(options, LEVEL, "40", &why), 0);
	assert_int_equal(options_number(options, LEVEL), 40);
	assert_string_equal(options_source_word(options_source(options, LEVEL)), "set");
	assert_int_equal(options_change(options, LEVEL, "400", &why), -1);
	assert_int_equal(options_check(options, LEVEL, "41", &why), 0);
	assert_int_equal(options_number(options, LEVEL), 40);
}

static void
test_find(void **state)
{
	(void)state;
	assert_int_equal(options_find(options, "the_level"), LEVEL);
	assert_int_equal(options_find(options, "the-level"), LEVEL);
	assert_int_equal(options_find(options, "the"), -1);
	assert_int_equal(options_find(options, "the_levels"), -1);
	assert_int_equal(options_find(options, ""), -1);
}

/* What `print` writes, on the heap. */
static unsigned
count(const char *text, const char *word)
{
	unsigned found = 0;

	while ((text = strstr(text, word)) != NULL) {
		found++;
		text += strlen(word);
	}
	return found;
}

static char *
printed(void (*print)(const struct options *options, FILE *out))
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	print(options, out);
	fclose(out);
	return text;
}

static void
test_dump_gives_the_same_values_again(void **state)
{
	char *first, *second;

	(void)state;
	assert_int_equal(read_words(3, "--the-level=77", "--no-loud", "--name=x # y"), OPTIONS_RUN);
	first = printed(options_dump);
	options_free(&options);
	options = options_new(&program);
	assert_int_equal(read_text(first), 0);
	assert_int_equal(options_number(options, LEVEL), 77);
	assert_int_equal(options_number(options, LOUD), 0);
	assert_string_equal(options_text(options, NAME), "x # y");
	second = printed(options_dump);
	assert_string_equal(first, second);
	free(first);
	free(second);
}

static void
test_help_and_manual_have_every_row(void **state)
{
	char *help = printed(options_help), *man = printed(options_man);

	(void)state;
	for (size_t row = 0; row < ROWS; row++) {
		assert_non_null(strstr(help, table[row].help));
		assert_non_null(strstr(man, table[row].help));
	}
	assert_non_null(strstr(help, "usage: prog [--config=FILE] [options]\nDoes things.\n"));
	assert_non_null(strstr(help, "\n\n  --name=WHO\n"));
	assert_non_null(
	    strstr(help, "\n\nSound\n  --the-level=-5..100 dB\n        How much. (default 12)\n"));
	assert_non_null(strstr(help, "\n  --share=0.5..100\n"));
	assert_non_null(strstr(help, "  --[no-]loud\n"));
	assert_non_null(strstr(man,
	    ".SS Sound\n.TP\n.B \\-\\-the\\-level=\\-5..100 dB\nHow much. Default: 12."
	    " May be set while running.\n"));
	/* A group is named once. */
	assert_int_equal(count(help, "\nSound\n"), 1);
	assert_int_equal(count(man, ".SS Way\n"), 1);
	free(help);
	free(man);
}

static void
test_tenths(void **state)
{
	static const struct {
		const char *text;
		long number;
	} right[] = {
		{ "12", 120 },
		{ "0.6", 6 },
		{ "100", 1000 },
		{ "100.0", 1000 },
		{ "007.5", 75 },
	};
	static const char *const wrong[] = { "", ".", ".6", "6.", "0.65", "1e1", "-1", "+1", " 1",
		"0,6", "1.x", "9999999999" };
	char text[OPTION_NUMBER_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
		assert_int_equal(options_change(options, SHARE, right[i].text, &why), 0);
		assert_int_equal(options_number(options, SHARE), right[i].number);
	}
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		assert_int_equal(options_check(options, SHARE, wrong[i], &why), -1);
		assert_string_equal(why.text, "share must be a number with one decimal at most");
	}
	assert_int_equal(options_check(options, SHARE, "0.4", &why), -1);
	assert_string_equal(why.text, "share out of range (0.5 to 100)");
	assert_int_equal(options_check(options, SHARE, "100.1", &why), -1);
	option_row_tenths(6, text);
	assert_string_equal(text, "0.6");
	option_row_tenths(120, text);
	assert_string_equal(text, "12");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_command_line),
		cmocka_unit_test(test_command_line_errors),
		cmocka_unit_test(test_long_text_is_refused),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_file_errors_name_file_line_and_key),
		cmocka_unit_test(test_a_huge_file_is_refused),
		cmocka_unit_test(test_precedence),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_dump_gives_the_same_values_again),
		cmocka_unit_test(test_help_and_manual_have_every_row),
		cmocka_unit_test_setup_teardown(test_tenths, setup, teardown),
	};
	struct CMUnitTest with_setup[sizeof tests / sizeof tests[0]];

	memcpy(with_setup, tests, sizeof tests);
	for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
		with_setup[i].setup_func = setup;
		with_setup[i].teardown_func = teardown;
	}
	return cmocka_run_group_tests(with_setup, NULL, NULL);
}
