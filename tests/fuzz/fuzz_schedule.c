/* SPDX-License-Identifier: ISC */
/* Any text as a schedule: if it is accepted, the state differs after each change. */
#include "fuzz.h"

#include "base/schedule.h"

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static struct schedule schedule;
	time_t now = 1774656000; /* the day before summer time begins */
	char *text = fuzz_text(data, size);
	int taken = schedule_parse(&schedule, text, NULL);

	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	insist(schedule_check(text, NULL) == taken);
	free(text);
	for (int i = 0; taken == 0 && now != -1 && i < 4; i++) {
		time_t next = schedule_next_change(&schedule, now);

		insist(next == -1 ||
		    (next > now &&
			schedule_active(&schedule, next) != schedule_active(&schedule, next - 1)));
		now = next;
	}
	return 0;
}
