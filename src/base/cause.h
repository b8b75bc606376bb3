/* SPDX-License-Identifier: ISC */
/* cause: why something failed, in words for the person who has to mend it.
 *
 * A function that can fail in ways worth explaining takes a `struct cause *`
 * as its last argument, fills it only on failure and returns -1 (or NULL).
 * The caller owns the storage; it may be NULL when nobody will read it. */
#ifndef ORIEL_BASE_CAUSE_H
#define ORIEL_BASE_CAUSE_H

struct cause {
	char text[256];
};

/* Write the reason, cut at 255 bytes; what is not plain text is replaced (base/text.h). Returns
 * -1 so that `return cause_set(why, …)` reads well. errno is preserved. */
int cause_set(struct cause *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same, followed by ": strerror(errno)". */
int cause_errno(struct cause *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
