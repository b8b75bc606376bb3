/* SPDX-License-Identifier: ISC */
/* word_list: a text that is a list of words, separated by spaces. */
#ifndef ORIEL_BASE_WORD_LIST_H
#define ORIEL_BASE_WORD_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* Is the word of `length` bytes at `word` in the list, exactly? The empty word never is. */
bool word_list_has(const char *list, const char *word, size_t length);

#endif
