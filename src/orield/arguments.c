/* SPDX-License-Identifier: ISC */
#include "orield/arguments.h"

#include <stdlib.h>
#include <string.h>

static int
argument_check(const struct argument *argument, const json_t *value, struct cause *why)
{
	switch (argument->type) {
	case ARGUMENT_INTEGER:
		if (!json_is_integer(value))
			return cause_set(why, "%s must be an integer", argument->name);
		if (json_integer_value(value) < argument->min ||
		    json_integer_value(value) > argument->max)
			return cause_set(why, "%s out of range", argument->name);
		return 0;
	case ARGUMENT_BOOLEAN:
		return json_is_boolean(value)
		    ? 0
		    : cause_set(why, "%s must be true or false", argument->name);
	case ARGUMENT_TEXT:
		if (json_is_string(value) && (long long)json_string_length(value) <= argument->max)
			return 0;
		return cause_set(why, "%s must be a string of at most %lld bytes", argument->name,
		    argument->max);
	}
	abort();
}

int
arguments_check(const struct argument *arguments, const json_t *command, struct cause *why)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)command, key, value)
	{
		const struct argument *argument = arguments;

		if (strcmp(key, "cmd") == 0)
			continue;
		while (argument->name != NULL && strcmp(argument->name, key) != 0)
			argument++;
		if (argument->name == NULL)
			return cause_set(why, "unknown argument %.64s", key);
		if (argument_check(argument, value, why) == -1)
			return -1;
	}
	return 0;
}

int64_t
argument_integer(const json_t *command, const char *name, int64_t otherwise)
{
	const json_t *value = json_object_get(command, name);

	return value != NULL ? json_integer_value(value) : otherwise;
}
