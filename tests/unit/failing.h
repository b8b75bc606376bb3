/* SPDX-License-Identifier: ISC */
/* failing: repeats a piece of work, and each time one call of the C library fails
 * (preload/faults.h): the first, the second and so on, once, and then from there on. */
#ifndef ORIEL_TESTS_FAILING_H
#define ORIEL_TESTS_FAILING_H

#include <stddef.h>
#include <stdint.h>

#include "preload/faults.h"

struct failing {
	void (*begin)(void); /* everything anew */
	void (*work)(void);
	void (*check)(void); /* once it is over: what was promised is there */
	char *when;	     /* is told what is being tried */
	size_t when_size;
};

/* Every step-th of these calls. */
void failing_each(const struct failing *failing, enum fault_call call, int error, int64_t step);

/* Nothing fails any more. */
void failing_end(void);

#endif
