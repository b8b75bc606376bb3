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
json_get_integer(
    const json_t *object, const char *key, long long min, long long max, long long *number)
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

/* Bytes of the UTF-8 sequence that begins here (RFC 3629, section 4); 0: it is none. */
static size_t
utf8_sequence(const unsigned char *c)
{
	size_t length = *c < 0x80 ? 1
	    : *c < 0xc2		  ? 0
	    : *c < 0xe0		  ? 2
	    : *c < 0xf0		  ? 3
	    : *c < 0xf5		  ? 4
				  : 0;

	if ((*c == 0xe0 && c[1] < 0xa0) || (*c == 0xed && c[1] > 0x9f) ||
	    (*c == 0xf0 && c[1] < 0x90) || (*c == 0xf4 && c[1] > 0x8f))
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((c[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

json_t *
json_words(const char *text)
{
	json_t *words = json_string(text);
	char *copy;

	if (words != NULL || text == NULL || (copy = strdup(text)) == NULL)
		return words;
	for (char *c = copy; *c != '\0';) {
		size_t length = utf8_sequence((unsigned char *)c);

		if (length == 0)
			*c = '?';
		c += length != 0 ? length : 1;
	}
	words = json_string(copy);
	free(copy);
	return words;
}

json_t *
json_choices(const char *choices)
{
	json_t *out = json_array();
	size_t length;

	for (;; choices += length + 1) {
		length = strcspn(choices, "|");
		json_array_append_new(out, json_stringn(choices, length));
		if (choices[length] == '\0')
			return out;
	}
}
