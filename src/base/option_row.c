/* SPDX-License-Identifier: ISC */
#include "base/option_row.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const yes_words[] = { "yes", "true", "on", "1" };
static const char *const no_words[] = { "no", "false", "off", "0" };

void
option_row_tenths(long tenths, char text[OPTION_NUMBER_SIZE])
{
	if (tenths % 10 == 0)
		snprintf(text, OPTION_NUMBER_SIZE, "%ld", tenths / 10);
	else
		snprintf(text, OPTION_NUMBER_SIZE, "%ld.%ld", tenths / 10, tenths % 10);
}

void
option_row_number(const struct option_row *row, long number, char text[OPTION_NUMBER_SIZE])
{
	if (row->type == OPTION_TENTHS)
		option_row_tenths(number, text);
	else
		snprintf(text, OPTION_NUMBER_SIZE, "%ld", number);
}

static int
check_range(const struct option_row *row, long number, struct cause *why)
{
	char least[OPTION_NUMBER_SIZE], most[OPTION_NUMBER_SIZE];

	if (number >= row->min && number <= row->max)
		return 0;
	option_row_number(row, row->min, least);
	option_row_number(row, row->max, most);
	return cause_set(why, "%s out of range (%s to %s)", row->name, least, most);
}

static int
parse_integer(const struct option_row *row, const char *text, long *number, struct cause *why)
{
	char *end;

	*number = strtol(text, &end, 10); /* too long: the least or the most of long */
	if (end == text || *end != '\0')
		return cause_set(why, "%s must be an integer", row->name);
	return check_range(row, *number, why);
}

/* Digits, and perhaps a point and one more. */
static int
parse_tenths(const struct option_row *row, const char *text, long *number, struct cause *why)
{
	enum { DIGITS_MAX = 9 };
	size_t whole = strspn(text, "0123456789");
	const char *rest = text + whole;
	bool decimal = rest[0] == '.' && rest[1] >= '0' && rest[1] <= '9';

	if (whole == 0 || whole > DIGITS_MAX || rest[decimal ? 2 : 0] != '\0')
		return cause_set(why, "%s must be a number with one decimal at most", row->name);
	*number = strtol(text, NULL, 10) * 10 + (decimal ? rest[1] - '0' : 0);
	return check_range(row, *number, why);
}

static int
parse_boolean(const struct option_row *row, const char *text, long *number, struct cause *why)
{
	for (size_t i = 0; i < sizeof yes_words / sizeof yes_words[0]; i++) {
		if (strcmp(text, yes_words[i]) == 0 || strcmp(text, no_words[i]) == 0) {
			*number = strcmp(text, yes_words[i]) == 0;
			return 0;
		}
	}
	return cause_set(why, "%s must be yes or no", row->name);
}

static int
parse_text(const struct option_row *row, const char *text, long *number, struct cause *why)
{
	struct cause reason;

	*number = 0;
	if (strlen(text) >= OPTION_TEXT_SIZE)
		return cause_set(
		    why, "%s is longer than %d bytes", row->name, OPTION_TEXT_SIZE - 1);
	for (const char *c = text; *c != '\0'; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return cause_set(why, "%s holds a control character", row->name);
	if (row->check != NULL && row->check(text, &reason) == -1)
		return cause_set(why, "%s, %s", row->name, reason.text);
	return 0;
}

static int
parse_choice(const struct option_row *row, const char *text, long *number, struct cause *why)
{
	const char *word = row->choices;

	for (*number = 0;; (*number)++) {
		size_t length = strcspn(word, "|");

		if (strlen(text) == length && strncmp(text, word, length) == 0)
			return 0;
		if (word[length] == '\0')
			return cause_set(why, "%s must be one of %s", row->name, row->choices);
		word += length + 1;
	}
}

int
option_row_parse(const struct option_row *row, const char *text, long *number, struct cause *why)
{
	switch (row->type) {
	case OPTION_INTEGER: return parse_integer(row, text, number, why);
	case OPTION_TENTHS: return parse_tenths(row, text, number, why);
	case OPTION_BOOLEAN: return parse_boolean(row, text, number, why);
	case OPTION_TEXT: return parse_text(row, text, number, why);
	case OPTION_CHOICE: return parse_choice(row, text, number, why);
	}
	abort();
}
