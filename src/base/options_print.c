/* SPDX-License-Identifier: ISC */
/* What people read: --help, --dump-config, the manual. */
#include <string.h>

#include "base/options_internal.h"

enum { USAGE_SIZE = 128 };

/* "--name=FILE", "--name=0..100 ms", with dashes in the name. */
static void
usage_text(const struct option_row *row, char *text, size_t size)
{
	char least[OPTION_NUMBER_SIZE], most[OPTION_NUMBER_SIZE];
	size_t used;

	option_row_number(row, row->min, least);
	option_row_number(row, row->max, most);
	snprintf(text, size, "--%s%s", row->type == OPTION_BOOLEAN ? "[no-]" : "", row->name);
	for (char *c = text; *c != '\0'; c++)
		if (*c == '_')
			*c = '-';
	used = strlen(text);
	if (row->type == OPTION_CHOICE)
		snprintf(text + used, size - used, "=%s", row->choices);
	else if (row->type == OPTION_INTEGER || row->type == OPTION_TENTHS)
		snprintf(text + used, size - used, "=%s..%s%s%s", least, most,
		    row->unit != NULL ? " " : "", row->unit != NULL ? row->unit : "");
	else if (row->type == OPTION_TEXT)
		snprintf(text + used, size - used, "=%s",
		    row->argument != NULL ? row->argument : "TEXT");
}

/* The group that begins with this row; NULL if none does. */
static const char *
group_begins(const struct options *options, size_t at)
{
	const char *group = options_row(options, at)->group;
	const char *before = at > 0 ? options_row(options, at - 1)->group : NULL;

	return group == NULL || (before != NULL && strcmp(group, before) == 0) ? NULL : group;
}

void
options_help(const struct options *options, FILE *out)
{
	fprintf(out, "usage: %s [--config=FILE] [options]\n%s\n\n", options->program->name,
	    options->program->summary);
	for (size_t at = 0; at < options->program->count; at++) {
		const struct option_row *row = options_row(options, at);
		const char *group = group_begins(options, at);
		char usage[USAGE_SIZE];

		if (group != NULL)
			fprintf(out, "%s%s\n", at > 0 ? "\n" : "", group);
		usage_text(row, usage, sizeof usage);
		fprintf(out, "  %s\n        %s", usage, row->help);
		if (row->initial[0] != '\0')
			fprintf(out, " (default %s)", row->initial);
		fprintf(out, "\n");
	}
	fprintf(out,
	    "\n  --config=FILE    read the same options as \"name = value\" lines\n"
	    "  --dump-config    print the configuration these arguments give\n"
	    "  --version, --help\n");
}

void
options_dump(const struct options *options, FILE *out)
{
	for (size_t at = 0; at < options->program->count; at++) {
		const struct option_row *row = options_row(options, at);

		fprintf(out, "# %s\n%s = %s\n", row->help, row->name, options_text(options, at));
	}
}

/* Roff would interpret a leading dot or a backslash. */
static void
print_roff(const char *text, FILE *out)
{
	for (; *text != '\0'; text++) {
		if (*text == '\\' || *text == '-')
			fputc('\\', out);
		fputc(*text, out);
	}
}

void
options_man(const struct options *options, FILE *out)
{
	for (size_t at = 0; at < options->program->count; at++) {
		const struct option_row *row = options_row(options, at);
		const char *group = group_begins(options, at);
		char usage[USAGE_SIZE];

		if (group != NULL)
			fprintf(out, ".SS %s\n", group);
		usage_text(row, usage, sizeof usage);
		fprintf(out, ".TP\n.B ");
		print_roff(usage, out);
		fprintf(out, "\n");
		print_roff(row->help, out);
		if (row->initial[0] != '\0') {
			fprintf(out, " Default: ");
			print_roff(row->initial, out);
			fprintf(out, ".");
		}
		fprintf(
		    out, "%s\n", (row->flags & OPTION_LIVE) ? " May be set while running." : "");
	}
}
