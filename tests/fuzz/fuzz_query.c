/* SPDX-License-Identifier: ISC */
/* A query string, and as itself a Last-Event-ID, an If-None-Match and a path. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#include "http/query.h"
#include "site/route.h"
#include "fanout/etag.h"
#include "fanout/sse.h"

static void
judge(const char *text)
{
	static const char *const names[] = { "fps", "limit", "after", "wait", "last_event_id", "" };
	struct etag tag = { 0, 0 };
	struct route route;
	uint64_t number;
	char value[QUERY_VALUE_SIZE];

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct cause why;

		if (query_number(text, names[i], 3, 77, &number, &why) == 1 &&
		    (number < 3 || number > 77))
			abort();
		if (query_text(text, names[i], value, &why) == 1 && strlen(value) >= sizeof value)
			abort();
	}
	etag_matches(text, &tag);
	if (etag_parse(text, &tag) && etag_matches("", &tag))
		abort();
	if (sse_resume_parse(text, &number) == SSE_AFTER && number > INT64_MAX)
		abort();
	for (int id = 0; id < ROUTE_COUNT; id++)
		route_find(route_table[id].method, text, &route);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	char *text = fuzz_text(data, size);

	if (text == NULL)
		return 0;
	judge(text);
	free(text);
	return 0;
}
