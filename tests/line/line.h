/* SPDX-License-Identifier: ISC */
/* line: one direction of a line as a network has it: a queue of so many bytes that
 * drops what finds no room, a transmitter of so many bytes a second, and a way
 * of so many microseconds on which some packets are lost.
 *
 *   offered ──► loss ──► queue ──► transmitter ──────► delay ──► due
 *               seeded   drop-tail  length / rate
 *
 * The clock is whoever calls: all times are CLOCK_MONOTONIC's nanoseconds. */
#ifndef ORIEL_TESTS_LINE_H
#define ORIEL_TESTS_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	LINE_MTU = 1500,	/* bytes: the longest packet */
	LINE_PACKETS = 1 << 14, /* on their way at a time; one more is dropped */
};

struct line_shape {
	uint64_t delay_us; /* one way */
	uint64_t rate;	   /* bytes a second; 0: no limit */
	uint64_t queue;	   /* bytes that may wait for the transmitter; 0: no limit */
	uint32_t loss_ppm; /* of a million packets */
	uint32_t seed;	   /* which ones: the same for the same seed */
};

struct line_packet {
	uint64_t due_ns;
	uint16_t length;
	unsigned char bytes[LINE_MTU];
};

struct line {
	struct line_shape shape;
	uint64_t free_ns; /* when the transmitter is through with what it has */
	uint32_t dice;
	uint64_t passed, lost, dropped; /* packets */
	uint32_t head, count;
	struct line_packet packets[LINE_PACKETS];
};

/* Use `shape` from now on. Packets on their way go on as before; the random numbers start again. */
void line_bend(struct line *line, const struct line_shape *shape);

/* A packet comes in; it is copied, lost or dropped. */
void line_offer(struct line *line, const void *bytes, size_t length, uint64_t now_ns);

/* The next packet to come out, NULL when none is on its way; line_pop() once it is out. */
const struct line_packet *line_peek(const struct line *line);
void line_pop(struct line *line);

#endif
