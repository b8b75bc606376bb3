/* SPDX-License-Identifier: ISC */
#include "base/word_list.h"

#include <string.h>

bool
word_list_has(const char *list, const char *word, size_t length)
{
	size_t span;

	for (; length > 0 && *list != '\0'; list += span) {
		list += strspn(list, " ");
		span = strcspn(list, " ");
		if (span == length && memcmp(list, word, length) == 0)
			return true;
	}
	return false;
}
