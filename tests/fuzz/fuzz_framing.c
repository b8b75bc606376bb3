/* SPDX-License-Identifier: ISC */
/* framing: whatever a client sends once the handshake is done. The first byte says
 * how it is cut, the second how often the echoes are read. */
#include <event2/buffer.h>
#include <stdint.h>
#include <stdlib.h>

#include "ws/framing.h"

enum { MESSAGE_LIMIT = 300 };

struct stage {
	struct evbuffer *out;
	struct framing *framing;
	unsigned messages;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
on_message(void *arg, const void *data, size_t length, bool text)
{
	struct stage *stage = arg;

	if (length > MESSAGE_LIMIT || framing_closed(stage->framing))
		abort();
	stage->messages++;
	framing_send(stage->framing, data, length, text);
}

static bool
on_ready(void *arg)
{
	const struct stage *stage = arg;

	return stage->messages % 50 != 49;
}

static const struct framing_hooks hooks = { .message = on_message, .ready = on_ready };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stage stage = { .out = evbuffer_new() };
	size_t cut, drain;

	if (size < 2 || stage.out == NULL)
		goto done;
	cut = data[0] + 1u;
	drain = data[1];
	stage.framing = framing_new(&hooks, &stage, MESSAGE_LIMIT, stage.out);
	for (size_t at = 2; at < size && stage.framing != NULL;) {
		size_t part = size - at < cut ? size - at : cut, used;

		used = framing_feed(stage.framing, data + at, part);
		if (used > part ||
		    evbuffer_get_length(stage.out) >
			FRAMING_OUT_MAX + FRAMING_BURST * (MESSAGE_LIMIT + 4))
			abort();
		if (used == 0)
			stage.messages++; /* ready again */
		at += used;
		evbuffer_drain(stage.out, drain);
	}
	framing_free(&stage.framing);
done:
	if (stage.out != NULL)
		evbuffer_free(stage.out);
	return 0;
}
