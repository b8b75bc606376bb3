/* SPDX-License-Identifier: ISC */
/* fuzz: what the targets have in common. */
#ifndef ORIEL_TESTS_FUZZ_H
#define ORIEL_TESTS_FUZZ_H

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

/* What must hold for every input: else the fuzzer has found something. */
static inline void
insist(int truth)
{
	if (!truth)
		abort();
}

/* The input as a string, for free(3); NULL when out of memory. */
static inline char *
fuzz_text(const unsigned char *data, size_t size)
{
	char *text = malloc(size + 1);

	if (text != NULL) {
		memcpy(text, data, size);
		text[size] = '\0';
	}
	return text;
}

#endif
