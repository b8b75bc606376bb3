/* SPDX-License-Identifier: ISC */
/* cause: why something failed, in words for the person who has to mend it.
 *
 * A function that can fail in ways worth explaining takes a `struct cause *`
 * as its last argument, fills it only on failure and returns -1 (or NULL).
 * The caller owns the storage; it may be NULL when nobody will read it.
 *
 * Words are for people. A failure that a program tells from others has a reason as well, a row of
 * protocol/reasons.h: compare `why.reason`, never `why.text`. */
#ifndef ORIEL_BASE_CAUSE_H
#define ORIEL_BASE_CAUSE_H

struct reason {
	const char *code; /* lower_snake: what programs know it by, for good */
	const char *text; /* the sentence for people */
};

struct cause {
	const struct reason *reason; /* NULL: none in particular */
	char text[256];
};

/* Write the words, cut at 255 bytes, for no reason in particular; what is not plain text is
 * replaced (base/text.h). Returns -1 so that `return cause_set(why, …)` reads well. errno is
 * preserved. */
int cause_set(struct cause *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same, followed by ": strerror(errno)". */
int cause_errno(struct cause *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* That reason, with its own sentence. */
int cause_reason(struct cause *why, const struct reason *reason);

/* That reason, in words that say more. */
int cause_detail(struct cause *why, const struct reason *reason, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* That reason for what was said, unless it has one. */
void cause_default(struct cause *why, const struct reason *reason);

/* What another call found. */
int cause_copy(struct cause *why, const struct cause *found);

/* Nothing is wrong: no words, no reason. */
void cause_clear(struct cause *why);

/* Its reason's code; NULL: it has none, or no words either. */
const char *cause_code(const struct cause *why);

#endif
