/* SPDX-License-Identifier: ISC */
#include "http/query.h"

#include <string.h>

#include "http/percent.h"
#include "protocol/reasons.h"

/* One character of `*at`, which moves on; -1 for a broken escape or a control character. '+'
 * stays, because our values have no spaces. */
static int
query_character(const char **at, const char *end)
{
	int c = percent_decode(at, end);

	return c < 0x20 || c == 0x7f ? -1 : c;
}

static int
query_decode(const char *at, const char *end, const char *name, char value[QUERY_VALUE_SIZE],
    struct cause *why)
{
	size_t used = 0;
	int c;

	while (at < end) {
		c = query_character(&at, end);
		if (c == -1)
			return cause_detail(
			    why, &reason_bad_argument, "%s is not well-formed", name);
		if (used == QUERY_VALUE_SIZE - 1)
			return cause_detail(why, &reason_bad_argument, "%s is too long", name);
		value[used++] = (char)c;
	}
	value[used] = '\0';
	return 1;
}

int
query_text(const char *query, const char *name, char value[QUERY_VALUE_SIZE], struct cause *why)
{
	size_t length = strlen(name);
	int found = 0;

	for (const char *at = query; at != NULL && *at != '\0';) {
		const char *end = strchrnul(at, '&');
		bool named = strncmp(at, name, length) == 0 &&
		    (at[length] == '=' || at + length == end);

		if (named && found != 0)
			return cause_detail(why, &reason_bad_argument, "%s is given twice", name);
		if (named) {
			const char *from = at[length] == '=' ? at + length + 1 : end;

			found = query_decode(from, end, name, value, why);
		}
		if (found == -1)
			return -1;
		at = *end == '&' ? end + 1 : end;
	}
	return found;
}

bool
query_decimal(const char *text, uint64_t *number)
{
	uint64_t sum = 0;

	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9' || __builtin_mul_overflow(sum, (uint64_t)10, &sum) ||
		    __builtin_add_overflow(sum, (uint64_t)(*text - '0'), &sum))
			return false;
	}
	*number = sum;
	return true;
}

int
query_number(const char *query, const char *name, uint64_t min, uint64_t max, uint64_t *number,
    struct cause *why)
{
	char text[QUERY_VALUE_SIZE];
	uint64_t value;
	int found = query_text(query, name, text, why);

	if (found != 1)
		return found;
	if (!query_decimal(text, &value))
		return cause_detail(why, &reason_bad_argument, "%s must be a whole number", name);
	if (value < min || value > max)
		return cause_detail(why, &reason_bad_argument, "%s out of range (%llu to %llu)",
		    name, (unsigned long long)min, (unsigned long long)max);
	*number = value;
	return 1;
}
