/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/options_internal.h"

enum { FILE_MAX_BYTES = 65536, LINE_MAX_BYTES = 1024 };

static const char *const source_words[] = { "default", "file", "set", "command line" };

static int
options_put(struct options *options, size_t at, const char *text, enum option_source source,
    struct cause *why)
{
	struct option_value *value = &options->values[at];
	const struct option_row *row = options_row(options, at);
	long number = 0;

	if (option_row_parse(row, text, &number, why) == -1)
		return -1;
	value->number = number;
	value->source = source;
	if (row->type == OPTION_BOOLEAN)
		text = number ? "yes" : "no";
	if (text != value->text)
		snprintf(value->text, sizeof value->text, "%s", text);
	return 0;
}

struct options *
options_new(const struct option_program *program)
{
	struct options *options;

	options = calloc(1, sizeof *options + program->count * sizeof options->values[0]);
	if (options == NULL)
		return NULL;
	options->program = program;
	for (size_t at = 0; at < program->count; at++)
		if (options_put(options, at, program->table[at].initial, OPTION_DEFAULT, NULL) ==
		    -1)
			abort();
	return options;
}

void
options_free(struct options **options)
{
	free(*options);
	*options = NULL;
}

int
options_find(const struct options *options, const char *name)
{
	for (size_t at = 0; at < options->program->count; at++) {
		const char *a = options->program->table[at].name, *b = name;

		while (*a != '\0' && (*a == *b || (*a == '_' && *b == '-')))
			a++, b++;
		if (*a == '\0' && *b == '\0')
			return (int)at;
	}
	return -1;
}

int
options_set(struct options *options, size_t row, const char *text, enum option_source source,
    struct cause *why)
{
	if (source < options->values[row].source)
		return options_check(options, row, text, why);
	return options_put(options, row, text, source, why);
}

int
options_change(struct options *options, size_t row, const char *text, struct cause *why)
{
	return options_put(options, row, text, OPTION_STORED, why);
}

int
options_check(const struct options *options, size_t row, const char *text, struct cause *why)
{
	long ignored;

	return option_row_parse(options_row(options, row), text, &ignored, why);
}

long
options_number(const struct options *options, size_t row)
{
	return options->values[row].number;
}

const char *
options_text(const struct options *options, size_t row)
{
	return options->values[row].text;
}

enum option_source
options_source(const struct options *options, size_t row)
{
	return options->values[row].source;
}

const char *
options_source_word(enum option_source source)
{
	return source_words[source];
}

const struct option_row *
options_row(const struct options *options, size_t row)
{
	return &options->program->table[row];
}

size_t
options_count(const struct options *options)
{
	return options->program->count;
}

/* ---- configuration file ---------------------------------------------- */

/* Cut white space off both ends, in place. */
static char *
trim(char *text)
{
	char *end;

	text += strspn(text, " \t\r\n");
	end = text + strlen(text);
	while (end > text && strchr(" \t\r\n", end[-1]) != NULL)
		*--end = '\0';
	return text;
}

static int
read_line(struct options *options, const char *path, unsigned number, char *line, struct cause *why)
{
	char *key = trim(line), *value;
	struct cause reason;
	int row;

	if (*key == '\0' || *key == '#')
		return 0;
	value = strchr(key, '=');
	if (value == NULL)
		return cause_set(why, "%s:%u: not \"key = value\"", path, number);
	*value++ = '\0';
	key = trim(key);
	row = options_find(options, key);
	if (row == -1)
		return cause_set(why, "%s:%u: unknown key \"%.64s\"", path, number, key);
	if (options_set(options, (size_t)row, trim(value), OPTION_FILE, &reason) == -1)
		return cause_set(why, "%s:%u: %s", path, number, reason.text);
	return 0;
}

int
options_read_file(struct options *options, const char *path, struct cause *why)
{
	char line[LINE_MAX_BYTES + 2];
	size_t total = 0;
	unsigned number = 0;
	int result = 0;
	FILE *file = fopen(path, "re");

	if (file == NULL)
		return cause_errno(why, "%s", path);
	while (result == 0 && fgets(line, sizeof line, file) != NULL) {
		size_t length = strlen(line);

		number++;
		total += length;
		if (length > LINE_MAX_BYTES || total > FILE_MAX_BYTES)
			result = cause_set(why, "%s:%u: too long", path, number);
		else if ((length == 0 || line[length - 1] != '\n') && !feof(file))
			result = cause_set(why, "%s:%u: not text", path, number);
		else
			result = read_line(options, path, number, line, why);
	}
	if (result == 0 && ferror(file))
		result = cause_errno(why, "%s", path);
	fclose(file);
	return result;
}

/* ---- command line ---------------------------------------------------- */

struct arguments {
	int argc, at;
	char **argv;
	const char *config;
	const char *print; /* --help and similar, printed once all is read */
};

static const char *const print_words[] = { "help", "version", "dump-config", "dump-man" };

static bool
is_print_word(const char *name)
{
	for (size_t i = 0; i < sizeof print_words / sizeof print_words[0]; i++)
		if (strcmp(name, print_words[i]) == 0)
			return true;
	return false;
}

/* The value behind "--name=" or in the next argument; NULL when there is none. */
static const char *
argument_value(struct arguments *args, const char *inline_value)
{
	if (inline_value != NULL)
		return inline_value;
	return args->at + 1 < args->argc ? args->argv[++args->at] : NULL;
}

static int
read_named(struct options *options, struct arguments *args, const char *name,
    const char *inline_value, struct cause *why)
{
	const char *value = inline_value;
	int row = options_find(options, name);

	if (row == -1 && strncmp(name, "no-", 3) == 0 && inline_value == NULL) {
		row = options_find(options, name + 3);
		if (row != -1 && options_row(options, (size_t)row)->type != OPTION_BOOLEAN)
			row = -1;
		value = "no";
	}
	if (row == -1)
		return cause_set(why, "unknown option --%.64s (see --help)", name);
	if (value == NULL && options_row(options, (size_t)row)->type == OPTION_BOOLEAN)
		value = "yes";
	if (value == NULL)
		value = argument_value(args, NULL);
	if (value == NULL)
		return cause_set(why, "--%.64s needs a value", name);
	return options_set(options, (size_t)row, value, OPTION_COMMAND_LINE, why);
}

static int
read_argument(struct options *options, struct arguments *args, struct cause *why)
{
	const char *argument = args->argv[args->at], *equals;
	char name[64];

	if (strncmp(argument, "--", 2) != 0 || argument[2] == '\0')
		return cause_set(why, "unexpected argument \"%.64s\" (see --help)", argument);
	equals = strchr(argument, '=');
	snprintf(name, sizeof name, "%.*s",
	    (int)(equals != NULL ? equals - argument - 2 : (long)strlen(argument)), argument + 2);
	if (equals == NULL && is_print_word(name)) {
		args->print = argument + 2;
		return 0;
	}
	if (strcmp(name, "config") != 0)
		return read_named(options, args, name, equals != NULL ? equals + 1 : NULL, why);
	args->config = argument_value(args, equals != NULL ? equals + 1 : NULL);
	return args->config != NULL ? 0 : cause_set(why, "--config needs a file");
}

enum options_verdict
options_read(struct options *options, int argc, char **argv, struct cause *why)
{
	struct arguments args = { .argc = argc, .at = 1, .argv = argv };

	for (; args.at < argc && strcmp(argv[args.at], "--") != 0; args.at++)
		if (read_argument(options, &args, why) == -1)
			return OPTIONS_WRONG;
	if (args.at + 1 < argc)
		return cause_set(
			   why, "unexpected argument \"%.64s\" (see --help)", argv[args.at + 1]),
		       OPTIONS_WRONG;
	if (args.config != NULL && options_read_file(options, args.config, why) == -1)
		return OPTIONS_WRONG;
	if (args.print == NULL)
		return OPTIONS_RUN;
	if (strcmp(args.print, "help") == 0)
		options_help(options, stdout);
	else if (strcmp(args.print, "version") == 0)
		printf("%s %s\n", options->program->name, options->program->version);
	else if (strcmp(args.print, "dump-config") == 0)
		options_dump(options, stdout);
	else
		options_man(options, stdout);
	return OPTIONS_DONE;
}
