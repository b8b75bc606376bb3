/* SPDX-License-Identifier: ISC */
/* load: the clients of the benchmark. One thread, one epoll. Bodies are thrown away in the
 * kernel (recv with MSG_TRUNC, tcp(7)), so the client costs little compared to what it measures.
 * Clients and seconds are always bounded. */
#ifndef ORIEL_TESTS_BENCH_LOAD_H
#define ORIEL_TESTS_BENCH_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct load_wish {
	const char *mode;		  /* "get", "mjpeg", "sse" */
	const char *host, *path, *header; /* header: an extra request line, "" = none */
	int port;
	int clients;	      /* 1..20000 */
	double seconds;	      /* of measuring, 0.1..600 */
	double warm;	      /* seconds before that are not counted */
	long rate, rate_most; /* bytes a second the slow ones read: the first, … the last; 0 = all
				 they can */
	int slow;	      /* so many of the clients, which begin one after the other; 0 = all */
};

/* Samples in nanoseconds, kept whole up to a bound, then every second one, … */
struct samples {
	uint64_t *value;
	size_t count, stride, skipped;
};
void samples_add(struct samples *samples, uint64_t value);
/* The p-th percentile (0..100) in milliseconds, 0 when empty. Sorts. */
double samples_percentile(struct samples *samples, double p);

struct client {
	int fd;
	uint64_t id, started_ns; /* of the request under way */
	uint64_t count, bytes;	 /* answers, parts or events while measuring */
	uint64_t last_age_ns;	 /* of the newest frame or event */
	uint64_t body;		 /* bytes of the body still to be thrown away */
	bool in_head, slow;
	double rate, budget; /* bytes a second, bytes it may read now, when it is slow */
	size_t used;
	char head[2048];
};

struct load {
	const struct load_wish *wanted;
	struct client *clients;
	struct samples samples, slow_samples;
	uint64_t statuses[6]; /* by hundred; [0] = unreadable */
	uint64_t errors;      /* connections that ended or failed */
	bool measuring;
	int epoll;
};

/* What a mode does with bytes that arrived in client->head[0..used): consume
 * what it can, set client->body for bytes to discard. false = give up. */
bool load_take_response(struct load *load, struct client *client);
bool load_take_part(struct load *load, struct client *client);
bool load_take_event(struct load *load, struct client *client);

bool load_request(struct load *load, struct client *client);
uint64_t load_now(void);  /* CLOCK_MONOTONIC */
uint64_t load_wall(void); /* CLOCK_REALTIME */

#endif
