/* SPDX-License-Identifier: ISC */
/* option_row: one option of a table: what its value may be, and how that is written. */
#ifndef ORIEL_BASE_OPTION_ROW_H
#define ORIEL_BASE_OPTION_ROW_H

#include "base/cause.h"

enum { OPTION_TEXT_SIZE = 256, OPTION_NUMBER_SIZE = 32 };

enum option_type {
	OPTION_INTEGER, /* min..max */
	OPTION_TENTHS,	/* one decimal at most: "0.6"; min, max and the number are tenths */
	OPTION_BOOLEAN, /* yes/no, true/false, on/off, 1/0; kept as 1 or 0 */
	OPTION_TEXT,	/* at most OPTION_TEXT_SIZE - 1 bytes, no control characters */
	OPTION_CHOICE,	/* one word of `choices` ("a|b|c"); number = its index */
};

enum { OPTION_LIVE = 1 }; /* flag: may be changed while running, by `set` */

/* A row of the table; all strings are static. NULL means: no label, group, unit or argument; no
 * choices (except with OPTION_CHOICE); any text will do (check). */
struct option_row {
	const char *name;  /* lower_case; on the command line also lower-case */
	const char *label; /* for people, beside a field of a form: "Noise floor" */
	const char *group; /* for people, above its rows, which stand together */
	enum option_type type;
	long min, max;	      /* OPTION_INTEGER, OPTION_TENTHS */
	const char *initial;  /* the default, as it is written in the file */
	const char *choices;  /* OPTION_CHOICE */
	const char *unit;     /* for people, after a number: "ms", "%" */
	const char *argument; /* OPTION_TEXT: the word for it in --help: "FILE" */
	int (*check)(const char *text, struct cause *why); /* OPTION_TEXT: -1: not such a text */
	unsigned flags;
	const char *help; /* one sentence */
};

/* The number that `text` stands for; 0 for a text. -1 with "<name> …" in *why when it does not fit
 * the type or range. */
int option_row_parse(
    const struct option_row *row, const char *text, long *number, struct cause *why);

/* A number of the row's type as people write it. */
void option_row_number(const struct option_row *row, long number, char text[OPTION_NUMBER_SIZE]);

/* A number of tenths, 0 or more, as one writes it: "12", "0.6". */
void option_row_tenths(long tenths, char text[OPTION_NUMBER_SIZE]);

#endif
