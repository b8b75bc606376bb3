/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "load.h"

enum { SAMPLES_MAX = 1 << 20 };

void
samples_add(struct samples *samples, uint64_t value)
{
	if (samples->value == NULL) {
		samples->value = malloc(SAMPLES_MAX * sizeof value);
		if (samples->value == NULL)
			abort();
		samples->stride = 1;
	}
	if (++samples->skipped < samples->stride)
		return;
	samples->skipped = 0;
	if (samples->count == SAMPLES_MAX) {
		for (size_t i = 0; i < SAMPLES_MAX / 2; i++)
			samples->value[i] = samples->value[2 * i];
		samples->count /= 2;
		samples->stride *= 2;
	}
	samples->value[samples->count++] = value;
}

static int
samples_compare(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

double
samples_percentile(struct samples *samples, double p)
{
	size_t at;

	if (samples->count == 0)
		return 0;
	qsort(samples->value, samples->count, sizeof samples->value[0], samples_compare);
	at = (size_t)(p / 100 * (double)(samples->count - 1) + 0.5);
	return (double)samples->value[at] / 1e6;
}
