/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

static uint64_t
clock_of(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t
load_now(void)
{
	return clock_of(CLOCK_MONOTONIC);
}

uint64_t
load_wall(void)
{
	return clock_of(CLOCK_REALTIME);
}

static bool
is_mode(const struct load *load, const char *mode)
{
	return strcmp(load->wanted->mode, mode) == 0;
}

bool
load_request(struct load *load, struct client *client)
{
	char text[1024];
	/* HTTP/1.0 for streams: no chunks to pick apart. */
	int length = snprintf(text, sizeof text, "GET %s HTTP/1.%d\r\nHost: %s\r\n%s%s\r\n",
	    load->wanted->path, is_mode(load, "get") ? 1 : 0, load->wanted->host,
	    load->wanted->header, load->wanted->header[0] != '\0' ? "\r\n" : "");

	client->started_ns = load_now();
	return send(client->fd, text, (size_t)length, MSG_NOSIGNAL) == length;
}

static bool
client_open(struct load *load, struct client *client)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)load->wanted->port) };
	struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP, .data.ptr = client };
	int one = 1;

	inet_pton(AF_INET, load->wanted->host, &address.sin_addr);
	client->in_head = true;
	client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (client->fd == -1 ||
	    connect(client->fd, (struct sockaddr *)&address, sizeof address) == -1)
		return false;
	setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (client->slow) {
		int small = 16384;

		setsockopt(client->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
	}
	/* A slow client reads by the clock, not when there is something. */
	if (!client->slow && epoll_ctl(load->epoll, EPOLL_CTL_ADD, client->fd, &event) == -1)
		return false;
	return load_request(load, client);
}

static void
client_end(struct load *load, struct client *client)
{
	close(client->fd);
	client->fd = -1;
	load->errors++;
}

static bool
client_take(struct load *load, struct client *client)
{
	if (is_mode(load, "get"))
		return load_take_response(load, client);
	if (is_mode(load, "mjpeg"))
		return load_take_part(load, client);
	return load_take_event(load, client);
}

/* One recv: into the head, or of a body into nothing. Returns bytes, 0 at the end, -1. */
static ssize_t
client_recv(struct client *client, size_t most)
{
	size_t room = sizeof client->head - client->used;

	if (client->body > 0)
		return recv(client->fd, NULL, client->body < most ? (size_t)client->body : most,
		    MSG_TRUNC | MSG_DONTWAIT);
	return recv(
	    client->fd, client->head + client->used, room < most ? room : most, MSG_DONTWAIT);
}

static void
client_read(struct load *load, struct client *client)
{
	for (int turns = 0; turns < 64; turns++) {
		size_t most = client->slow ? (size_t)client->budget : 1u << 20;
		bool in_body = client->body > 0;
		ssize_t got;

		if (most == 0)
			return;
		got = client_recv(client, most);
		if (got == -1 && (errno == EAGAIN || errno == EINTR))
			return;
		if (got <= 0) {
			client_end(load, client);
			return;
		}
		client->budget -= (double)got;
		if (load->measuring)
			client->bytes += (uint64_t)got;
		if (!in_body) {
			client->used += (size_t)got;
		} else {
			client->body -= (uint64_t)got;
			if (client->body > 0)
				continue;
			/* Age at the last byte, not at the first. */
			client->last_age_ns = load_now() - client->started_ns;
		}
		if (!client_take(load, client)) {
			client_end(load, client);
			return;
		}
	}
}

/* Slow readers are given their bytes a hundred times a second. */
static void
load_feed_slow(struct load *load, double seconds)
{
	for (int i = 0; i < load->wanted->clients; i++) {
		struct client *client = &load->clients[i];

		if (!client->slow || client->fd == -1)
			continue;
		client->budget += client->rate * seconds;
		if (client->budget > client->rate)
			client->budget = client->rate;
		client_read(load, client);
	}
}

static void
load_run(struct load *load, double seconds)
{
	uint64_t end = load_now() + (uint64_t)(seconds * 1e9), fed = load_now();
	struct epoll_event events[256];

	while (load_now() < end) {
		int count = epoll_wait(load->epoll, events, 256, 10);

		for (int i = 0; i < count; i++) {
			struct client *client = events[i].data.ptr;

			if (client->fd != -1)
				client_read(load, client);
		}
		if (load->wanted->rate > 0 && load_now() - fed > 10000000) {
			load_feed_slow(load, (double)(load_now() - fed) / 1e9);
			fed = load_now();
		}
	}
}

static void
load_report(struct load *load)
{
	uint64_t total = 0, bytes = 0, least = UINT64_MAX, most = 0, slow_age = 0, slow_count = 0,
		 slow_least = UINT64_MAX;
	int alive = 0;

	for (int i = 0; i < load->wanted->clients; i++) {
		const struct client *client = &load->clients[i];

		alive += client->fd != -1;
		bytes += client->bytes;
		total += client->count;
		if (client->slow) {
			slow_count += client->count;
			slow_least = client->count < slow_least ? client->count : slow_least;
			slow_age = client->last_age_ns > slow_age ? client->last_age_ns : slow_age;
			continue;
		}
		least = client->count < least ? client->count : least;
		most = client->count > most ? client->count : most;
	}
	printf(
	    "{\"mode\": \"%s\", \"clients\": %d, \"alive\": %d, \"seconds\": %.3f, \"count\": %llu, "
	    "\"bytes\": %llu, \"least\": %llu, \"most\": %llu, \"errors\": %llu, "
	    "\"p50_ms\": %.3f, \"p90_ms\": %.3f, \"p99_ms\": %.3f, \"max_ms\": %.3f, "
	    "\"slow_count\": %llu, \"slow_least\": %llu, \"slow_age_ms\": %.1f, \"slow_p50_ms\": %.3f, \"slow_max_ms\": %.3f, "
	    "\"statuses\": {\"2xx\": %llu, \"3xx\": %llu, \"4xx\": %llu, \"5xx\": %llu}}\n",
	    load->wanted->mode, load->wanted->clients, alive, load->wanted->seconds,
	    (unsigned long long)total, (unsigned long long)bytes,
	    (unsigned long long)(least == UINT64_MAX ? 0 : least), (unsigned long long)most,
	    (unsigned long long)load->errors, samples_percentile(&load->samples, 50),
	    samples_percentile(&load->samples, 90), samples_percentile(&load->samples, 99),
	    samples_percentile(&load->samples, 100), (unsigned long long)slow_count,
	    (unsigned long long)(slow_least == UINT64_MAX ? 0 : slow_least), (double)slow_age / 1e6,
	    samples_percentile(&load->slow_samples, 50),
	    samples_percentile(&load->slow_samples, 100), (unsigned long long)load->statuses[2],
	    (unsigned long long)load->statuses[3], (unsigned long long)load->statuses[4],
	    (unsigned long long)load->statuses[5]);
}

static int
usage(void)
{
	fprintf(stderr,
	    "usage: bench-load get|mjpeg|sse HOST PORT PATH CLIENTS SECONDS "
	    "[WARM [RATE[-RATE] SLOW [HEADER]]]\n");
	return 2;
}

static bool
wanted_read(struct load_wish *wanted, int argc, char **argv)
{
	if (argc < 7)
		return false;
	*wanted = (struct load_wish){ .mode = argv[1],
		.host = argv[2],
		.port = atoi(argv[3]),
		.path = argv[4],
		.clients = atoi(argv[5]),
		.seconds = atof(argv[6]),
		.warm = argc > 7 ? atof(argv[7]) : 0.5,
		.rate = argc > 8 ? atol(argv[8]) : 0,
		.slow = argc > 9 ? atoi(argv[9]) : 0,
		.header = argc > 10 ? argv[10] : "" };
	wanted->rate_most = argc > 8 && strchr(argv[8], '-') != NULL
	    ? atol(strchr(argv[8], '-') + 1)
	    : wanted->rate;
	return (strcmp(wanted->mode, "get") == 0 || strcmp(wanted->mode, "mjpeg") == 0 ||
		   strcmp(wanted->mode, "sse") == 0) &&
	    wanted->clients >= 1 && wanted->clients <= 20000 && wanted->seconds >= 0.1 &&
	    wanted->seconds <= 600 && wanted->warm >= 0 && wanted->warm <= 60;
}

/* If all clients with a rate began at once, they would read in phase and share every frame. */
static void
load_set_rate(struct load *load, int number)
{
	const struct load_wish *wanted = load->wanted;
	int slow = wanted->slow == 0 ? wanted->clients : wanted->slow;
	struct client *client = &load->clients[number];

	if (wanted->rate == 0 || number >= slow)
		return;
	if (number > 0)
		load_run(load, 0.09);
	client->slow = true;
	client->rate = (double)wanted->rate;
	if (slow > 1)
		client->rate += (double)(wanted->rate_most - wanted->rate) * number / (slow - 1);
}

static bool
load_open(struct load *load)
{
	for (int i = 0; i < load->wanted->clients; i++) {
		load_set_rate(load, i);
		if (!client_open(load, &load->clients[i])) {
			fprintf(stderr, "bench-load: client %d: %s\n", i, strerror(errno));
			return false;
		}
		/* Thousands at once would only measure the backlog of a Unix socket. */
		if (i % 256 == 255)
			load_run(load, 0.03);
	}
	return true;
}

int
main(int argc, char **argv)
{
	struct rlimit files;
	struct load_wish wanted;
	struct load load = { .wanted = &wanted };

	if (!wanted_read(&wanted, argc, argv))
		return usage();
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	load.epoll = epoll_create1(EPOLL_CLOEXEC);
	load.clients = calloc((size_t)wanted.clients, sizeof load.clients[0]);
	if (load.epoll == -1 || load.clients == NULL)
		return 1;
	if (!load_open(&load))
		return 1;
	/* The caller reads CPU figures between these two lines. */
	load_run(&load, wanted.warm);
	load.measuring = true;
	printf("measuring\n");
	fflush(stdout);
	load_run(&load, wanted.seconds);
	load.measuring = false;
	load_report(&load);
	return 0;
}
