/* SPDX-License-Identifier: ISC */
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

json_t *
json_parse_object(const char *text, size_t length)
{
	json_t *value = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);

	if (json_is_object(value))
		return value;
	json_decref(value);
	return NULL;
}

char *
json_line(const json_t *value)
{
	/* 15 digits give every decimal back as it was written (IEEE 754 double). */
	return json_dumps(value, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(15));
}

bool
json_get_integer(const json_t *object, const char *key, long long min, long long max,
    long long *number)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_integer(value) || json_integer_value(value) < min ||
	    json_integer_value(value) > max)
		return false;
	*number = json_integer_value(value);
	return true;
}

const char *
json_get_text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

json_t *
json_words(const char *text)
{
	json_t *words = json_string(text);
	char *copy;

	if (words != NULL || (copy = strdup(text)) == NULL)
		return words;
	for (char *c = copy; *c != '\0'; c++)
		if ((unsigned char)*c > 0x7e)
			*c = '?';
	words = json_string(copy);
	free(copy);
	return words;
}
