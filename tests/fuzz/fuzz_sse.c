/* SPDX-License-Identifier: ISC */
/* A Last-Event-ID against a log of events: a client that comes back gets each event after that
 * number that is there, once and in order. The first byte says how many there have been, the
 * second how far apart their numbers are. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#include "fanout/sse.h"

static void
follow(const struct sse_log *log, uint64_t id)
{
	uint64_t serial = sse_log_find(log, id), last = id;
	unsigned count = 0, expected = 0;

	for (uint64_t one = 1; one < log->next; one++) {
		const struct sse_message *message = sse_log_get(log, one);

		expected += message != NULL && message->id > id;
	}
	for (; serial < log->next; serial++) {
		const struct sse_message *message = sse_log_get(log, serial);

		insist(message != NULL);
		if (message->id == 0)
			continue;
		insist(message->id > last);
		last = message->id;
		count++;
	}
	insist(count == expected);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct sse_log log;
	uint64_t id = 0, number = 0;
	char *text;

	if (size < 2)
		return 0;
	sse_log_init(&log);
	sse_log_restart(&log, number = data[1]);
	for (unsigned i = 0; i < 2u * data[0]; i++) {
		struct sse_message *message = sse_raw(": x\n\n");

		insist(message != NULL);
		if (i % 3 != 0)
			message->id = number += data[1] % 7 + 1;
		sse_log_push(&log, message);
	}
	text = strndup((const char *)data + 2, size - 2);
	switch (sse_resume_parse(text, &id)) {
	case SSE_AFTER:
		insist(id <= INT64_MAX && text[strspn(text, "0123456789")] == '\0');
		follow(&log, id);
		break;
	case SSE_FRESH: insist(text[0] == '\0'); break;
	case SSE_UNKNOWN: break;
	}
	free(text);
	sse_log_deinit(&log);
	return 0;
}
