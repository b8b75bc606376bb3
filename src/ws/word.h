/* SPDX-License-Identifier: ISC */
/* word: a part of a text that lies in somebody else's buffer. */
#ifndef ORIEL_WS_WORD_H
#define ORIEL_WS_WORD_H

#include <stdbool.h>
#include <stddef.h>

struct word {
	const char *at;
	size_t length;
};

bool word_is(struct word word, const char *text);
bool word_is_nocase(struct word word, const char *text);

/* Cut off the first part, up to `end`; the rest begins after it. False when there is no `end`. */
bool word_cut(struct word *rest, const char *end, struct word *part);

/* Without spaces and tabs at its ends. */
struct word word_trim(struct word word);

/* Is `token` in a comma-separated list (RFC 9110 section 5.6.1)? */
bool word_lists(
    struct word list, const char *token, bool (*is)(struct word word, const char *text));

/* Copy as a string, cut where it does not fit. */
void word_copy(struct word word, char *text, size_t size);

/* RFC 9110 section 5.6.2 */
bool word_is_token(struct word word);

/* No control characters but the tab: neither NUL nor a lone CR or LF. */
bool word_is_text(struct word word);

#endif
