/* SPDX-License-Identifier: ISC */
#include "line.h"

#include <string.h>

static const uint64_t second_ns = 1000000000;

/* xorshift32: Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8(14), 2003. */
static uint32_t
line_roll(struct line *line)
{
	line->dice ^= line->dice << 13;
	line->dice ^= line->dice >> 17;
	line->dice ^= line->dice << 5;
	return line->dice;
}

void
line_bend(struct line *line, const struct line_shape *shape)
{
	line->shape = *shape;
	line->dice = shape->seed != 0 ? shape->seed : 1; /* 0 would stay 0 */
	line->passed = line->lost = line->dropped = 0;
	for (int i = 0; i < 16; i++) /* small seeds are alike at first */
		line_roll(line);
}

/* Bytes that wait for the transmitter, the one under way included. */
static uint64_t
line_waiting(const struct line *line, uint64_t now_ns)
{
	if (line->shape.rate == 0 || line->free_ns <= now_ns)
		return 0;
	return (line->free_ns - now_ns) * line->shape.rate / second_ns;
}

static uint64_t
line_transmit(struct line *line, size_t length, uint64_t now_ns)
{
	if (line->free_ns < now_ns)
		line->free_ns = now_ns;
	if (line->shape.rate > 0)
		line->free_ns += length * second_ns / line->shape.rate;
	return line->free_ns + line->shape.delay_us * 1000;
}

void
line_offer(struct line *line, const void *bytes, size_t length, uint64_t now_ns)
{
	const struct line_packet *last;
	struct line_packet *packet;

	if (line_roll(line) % 1000000 < line->shape.loss_ppm) {
		line->lost++;
		return;
	}
	if (length > LINE_MTU || line->count == LINE_PACKETS ||
	    (line->shape.queue > 0 && line_waiting(line, now_ns) + length > line->shape.queue)) {
		line->dropped++;
		return;
	}
	last = line->count > 0 ? &line->packets[(line->head + line->count - 1) % LINE_PACKETS]
			       : NULL;
	packet = &line->packets[(line->head + line->count++) % LINE_PACKETS];
	packet->due_ns = line_transmit(line, length, now_ns);
	if (last != NULL && packet->due_ns < last->due_ns)
		packet->due_ns = last->due_ns; /* none overtakes where the delay has shrunk */
	packet->length = (uint16_t)length;
	memcpy(packet->bytes, bytes, length);
	line->passed++;
}

const struct line_packet *
line_peek(const struct line *line)
{
	return line->count > 0 ? &line->packets[line->head] : NULL;
}

void
line_pop(struct line *line)
{
	line->head = (line->head + 1) % LINE_PACKETS;
	line->count--;
}
