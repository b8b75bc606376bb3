/* SPDX-License-Identifier: ISC */
#include "ctl/filters.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILTERS_MAX = 16, FILTER_LONG = 256 };

/* A letter for common arguments, and the word for the value in --help. */
static const struct filter {
	const char *argument, *word;
	char letter;
} filters[] = {
	{ .argument = "limit", .letter = 'n', .word = "LIMIT" },
	{ .argument = "after", .letter = 'a', .word = "ID" },
	{ .argument = "before", .letter = 'b', .word = "ID" },
	{ .argument = "type", .letter = 't', .word = "TYPE" },
};

static const struct filter *
filter_find(const struct field *argument)
{
	for (size_t i = 0; i < sizeof filters / sizeof filters[0]; i++)
		if (strcmp(filters[i].argument, argument->name) == 0)
			return &filters[i];
	return NULL;
}

/* ---- reading --------------------------------------------------------- */

struct filter_names { /* what getopt_long(3) takes */
	struct option names[FILTERS_MAX + 2];
	char letters[2 * FILTERS_MAX + 2];
};

/* What getopt_long returns for the option of arguments[i]. */
static int
filter_value(const struct field *arguments, int i)
{
	const struct filter *filter = filter_find(&arguments[i]);

	return filter != NULL ? filter->letter : FILTER_LONG + i;
}

static void
filter_names_init(struct filter_names *options, const struct field *arguments, const char *flag)
{
	struct option *name = options->names;
	char *letter = options->letters;

	*options = (struct filter_names){ 0 };
	if (flag != NULL) {
		name->name = flag;
		name->val = (unsigned char)flag[0];
		name++;
		*letter++ = flag[0];
	}
	for (int i = 0; i < FILTERS_MAX && arguments[i].name != NULL; i++, name++) {
		name->name = arguments[i].name;
		name->has_arg = required_argument;
		name->val = filter_value(arguments, i);
		if (name->val < FILTER_LONG) {
			*letter++ = (char)name->val;
			*letter++ = ':';
		}
	}
}

/* NULL when it is not valid. */
static json_t *
filter_json(const struct field *argument, const char *text)
{
	long long number;
	char *end;

	if (argument->type == FIELD_INTEGER) {
		number = strtoll(text, &end, 10);
		return end != text && *end == '\0' && number >= 0 ? json_integer(number) : NULL;
	}
	if (argument->type == FIELD_BOOLEAN && strcmp(text, "yes") == 0)
		return json_true();
	if (argument->type == FIELD_BOOLEAN && strcmp(text, "no") == 0)
		return json_false();
	return json_string(text);
}

static int
filter_add(json_t *command, const struct field *arguments, int option)
{
	int i = 0;

	while (arguments[i].name != NULL && filter_value(arguments, i) != option)
		i++;
	return arguments[i].name == NULL
	    ? -1
	    : json_object_set_new(command, arguments[i].name, filter_json(&arguments[i], optarg));
}

json_t *
filters_read(enum command_id id, const char *flag, bool *set, int argc, char **argv)
{
	const struct field *arguments = command_rows[id].arguments;
	json_t *command = json_pack("{s:s}", "cmd", command_rows[id].name);
	struct filter_names options;
	int option, result = 0;

	filter_names_init(&options, arguments, flag);
	optind = 0;
	while (result == 0 &&
	    (option = getopt_long(argc, argv, options.letters, options.names, NULL)) != -1) {
		if (flag != NULL && option == flag[0])
			*set = true;
		else
			result = filter_add(command, arguments, option);
	}
	if (result == 0 && optind == argc)
		return command;
	json_decref(command);
	return NULL;
}

/* ---- told ------------------------------------------------------------ */

/* "[-n LIMIT]", "[--pulse=yes|no]" */
static json_t *
filter_usage(const struct field *argument)
{
	const struct filter *filter = filter_find(argument);
	const char *word = filter != NULL ? filter->word : "N";

	if (argument->type == FIELD_BOOLEAN)
		word = "yes|no";
	else if (argument->choices != NULL)
		word = argument->choices;
	else if (filter == NULL && argument->type == FIELD_TEXT)
		word = "TEXT";
	return filter != NULL ? json_sprintf("[-%c %s]", filter->letter, word)
			      : json_sprintf("[--%s=%s]", argument->name, word);
}

void
filters_usage(enum command_id id, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (const struct field *argument = command_rows[id].arguments; argument->name != NULL;
	     argument++) {
		json_t *usage = filter_usage(argument);

		if (used < size)
			used += (size_t)snprintf(text + used, size - used, "%s%s",
			    used > 0 ? " " : "", json_string_value(usage));
		json_decref(usage);
	}
}
