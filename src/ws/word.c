/* SPDX-License-Identifier: ISC */
#include "ws/word.h"

#include <string.h>
#include <strings.h>

bool
word_is(struct word word, const char *text)
{
	return word.length == strlen(text) && memcmp(word.at, text, word.length) == 0;
}

bool
word_is_nocase(struct word word, const char *text)
{
	return word.length == strlen(text) && strncasecmp(word.at, text, word.length) == 0;
}

bool
word_cut(struct word *rest, const char *end, struct word *part)
{
	const char *found = memmem(rest->at, rest->length, end, strlen(end));

	if (found == NULL)
		return false;
	*part = (struct word){ rest->at, (size_t)(found - rest->at) };
	rest->length -= part->length + strlen(end);
	rest->at = found + strlen(end);
	return true;
}

struct word
word_trim(struct word word)
{
	while (word.length > 0 && (*word.at == ' ' || *word.at == '\t'))
		word.at++, word.length--;
	while (word.length > 0 && strchr(" \t", word.at[word.length - 1]) != NULL)
		word.length--;
	return word;
}

bool
word_lists(struct word list, const char *token, bool (*is)(struct word word, const char *text))
{
	struct word item;

	while (word_cut(&list, ",", &item))
		if (is(word_trim(item), token))
			return true;
	return is(word_trim(list), token);
}

void
word_copy(struct word word, char *text, size_t size)
{
	size_t length = word.length < size ? word.length : size - 1;

	memcpy(text, word.at, length);
	text[length] = '\0';
}

bool
word_is_token(struct word word)
{
	static const char others[] = "!#$%&'*+-.^_`|~";

	for (size_t i = 0; i < word.length; i++) {
		unsigned char c = (unsigned char)word.at[i];

		if (!(c >= '0' && c <= '9') && !((c | 0x20) >= 'a' && (c | 0x20) <= 'z') &&
		    (c == '\0' || strchr(others, c) == NULL))
			return false;
	}
	return word.length > 0;
}

bool
word_is_text(struct word word)
{
	for (size_t i = 0; i < word.length; i++) {
		unsigned char c = (unsigned char)word.at[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}
