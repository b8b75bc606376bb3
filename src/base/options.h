/* SPDX-License-Identifier: ISC */
/* options: one table per program. It feeds the command line, the configuration file, --help,
 * --dump-config, the manual page, and what may be changed while running.
 *
 * The sources of a value are ranked default < file < stored < command line. A value that is read
 * from a lower rank never replaces one of a higher rank (options_set). A change that a person
 * makes at run time always takes effect (options_change). */
#ifndef ORIEL_BASE_OPTIONS_H
#define ORIEL_BASE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/cause.h"
#include "base/option_row.h"

enum option_source { OPTION_DEFAULT, OPTION_FILE, OPTION_STORED, OPTION_COMMAND_LINE };

struct option_program { /* what --help and the manual say around the table */
	const char *name, *summary, *version;
	const struct option_row *table;
	size_t count;
};

struct options;

/* All values at their defaults. NULL when out of memory. Aborts on a table whose
 * own default is out of range: a programming error. */
struct options *options_new(const struct option_program *program);
void options_free(struct options **options);

enum options_verdict { OPTIONS_RUN, OPTIONS_DONE, OPTIONS_WRONG };

/* Read argv[1..], then the file of --config FILE. Takes --name=value, --name value, --flag,
 * --no-flag; `--` ends them; anything else is refused. --help, --version, --dump-config,
 * --dump-man print to stdout: OPTIONS_DONE. OPTIONS_WRONG: *why names the option, or file, line
 * and key; exit status 2. */
enum options_verdict options_read(
    struct options *options, int argc, char **argv, struct cause *why);

/* "key = value" lines, '#' comments, at most 64 KiB. -1: *why names file, line, key. */
int options_read_file(struct options *options, const char *path, struct cause *why);

/* The row of `name`, -1 when there is none. */
int options_find(const struct options *options, const char *name);

/* Set row `row` from text, unless its present source ranks higher (0 then, too). -1 with "<name>
 * …" in *why when the text does not fit the type or range. */
int options_set(struct options *options, size_t row, const char *text, enum option_source source,
    struct cause *why);

/* The same, whatever the present source; the source becomes OPTION_STORED. */
int options_change(struct options *options, size_t row, const char *text, struct cause *why);

/* Would `text` do? Changes nothing. */
int options_check(const struct options *options, size_t row, const char *text, struct cause *why);

long options_number(const struct options *options, size_t row);
const char *options_text(const struct options *options, size_t row); /* borrowed, as written */
enum option_source options_source(const struct options *options, size_t row);
const char *options_source_word(
    enum option_source source); /* "default", "file", "set", "command line" */
const struct option_row *options_row(const struct options *options, size_t row);
size_t options_count(const struct options *options);

void options_help(const struct options *options, FILE *out);
void options_dump(
    const struct options *options, FILE *out); /* a config file that gives the same values */
void options_man(
    const struct options *options, FILE *out); /* roff: one .SS per group, one .TP per row */

#endif
