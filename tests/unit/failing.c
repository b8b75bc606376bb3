/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "failing.h"

/* False when there were not so many. */
static bool
failing_turn(const struct failing *failing, enum fault_call call, int64_t turn, bool stays)
{
	bool came;

	snprintf(failing->when, failing->when_size, "%s: call %d fails at %lld%s",
	    strerror((int)faults->error), call, (long long)turn, stays ? " and on" : "");
	failing->begin();
	faults->stays = stays;
	faults->turn[call] = turn;
	failing->work();
	came = stays ? faults->turn[call] == 1 : faults->turn[call] == 0;
	faults->turn[call] = 0;
	return came;
}

void
failing_each(const struct failing *failing, enum fault_call call, int error, int64_t step)
{
	int64_t turn = 1;

	faults->error = error;
	for (; failing_turn(failing, call, turn, false); turn += step) {
		failing->check();
		failing_turn(failing, call, turn, true);
		failing->check();
	}
	assert_true(turn > 1);
}

void
failing_end(void)
{
	for (int call = 0; call < FAULT_CALLS; call++)
		faults->turn[call] = 0;
	faults->stays = 0;
}
