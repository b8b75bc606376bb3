/* SPDX-License-Identifier: ISC */
/* talk: WebSocket clients on a Unix socket. IDLE of them only hold a connection. BUSY send
 * MESSAGE and wait for one message back, over and over, RATE a second in all (0: as fast as
 * possible). An answer has less than 64 KiB and one frame. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "load.h"

enum { FRAME_MAX = 65536 + 4 };

struct talker {
	int fd;
	bool waiting; /* for an answer */
	uint64_t asked_ns, due_ns;
	size_t used;
	unsigned char *in;
};

static struct samples samples;
static unsigned char question[256];
static size_t question_length;
static uint64_t count, interval_ns;

/* RFC 6455 section 5.2, masked with zeros, which leaves the text as it is. */
static void
question_make(const char *message)
{
	size_t length = strlen(message);

	if (length > 125)
		exit(2);
	question[0] = 0x81;
	question[1] = (unsigned char)(0x80 | length);
	memcpy(question + 6, message, length);
	question_length = 6 + length;
}

static void
talker_ask(struct talker *talker)
{
	talker->asked_ns = clock_mono_ns();
	talker->waiting = true;
	if (send(talker->fd, question, question_length, MSG_NOSIGNAL) != (ssize_t)question_length) {
		perror("talk: send");
		exit(1);
	}
}

/* Bytes of the first frame in `in`, 0 when it is not whole. */
static size_t
frame_length(const struct talker *talker)
{
	size_t head = 2, length;

	if (talker->used < 4)
		return 0;
	length = talker->in[1] & 0x7f;
	if (length == 126) {
		head = 4;
		length = (size_t)talker->in[2] << 8 | talker->in[3];
	}
	return talker->used >= head + length ? head + length : 0;
}

static void
talker_read(struct talker *talker, bool measuring)
{
	ssize_t got = recv(
	    talker->fd, talker->in + talker->used, FRAME_MAX - talker->used, MSG_DONTWAIT);
	size_t length;

	if (got == -1 && errno == EAGAIN)
		return;
	if (got <= 0) {
		fprintf(stderr, "talk: a connection ended\n");
		exit(1);
	}
	talker->used += (size_t)got;
	while ((length = frame_length(talker)) > 0) {
		bool text = talker->in[0] == 0x81;

		memmove(talker->in, talker->in + length, talker->used -= length);
		if (!text || !talker->waiting)
			continue;
		talker->waiting = false;
		if (measuring) {
			count++;
			samples_add(&samples, clock_mono_ns() - talker->asked_ns);
		}
		talker->due_ns += interval_ns;
		if (interval_ns == 0)
			talker_ask(talker);
	}
}

static void
talker_open(struct talker *talker, const char *path, int loop)
{
	static const char request[] =
	    "GET /control HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\n"
	    "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = talker };
	char answer[1024] = "";
	size_t used = 0;

	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	talker->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(talker->fd, (struct sockaddr *)&address, sizeof address) == -1 ||
	    send(talker->fd, request, sizeof request - 1, MSG_NOSIGNAL) == -1) {
		perror(path);
		exit(1);
	}
	/* Byte by byte: what follows the head is a frame already. */
	while (strstr(answer, "\r\n\r\n") == NULL && used < sizeof answer - 1)
		if (recv(talker->fd, answer + used++, 1, 0) != 1)
			exit(1);
	if (strncmp(answer, "HTTP/1.1 101", 12) != 0) {
		fprintf(stderr, "talk: %s\n", answer);
		exit(1);
	}
	talker->in = malloc(FRAME_MAX);
	epoll_ctl(loop, EPOLL_CTL_ADD, talker->fd, &event);
}

static void
talk(struct talker *talkers, int busy, int loop, double seconds, bool measuring)
{
	uint64_t end = clock_mono_ns() + (uint64_t)(seconds * 1e9), now;
	struct epoll_event events[256];

	while ((now = clock_mono_ns()) < end) {
		int ready = epoll_wait(loop, events, 256, 1);

		for (int i = 0; i < ready; i++)
			talker_read(events[i].data.ptr, measuring);
		for (int i = 0; i < busy && interval_ns > 0; i++)
			if (!talkers[i].waiting && talkers[i].due_ns <= now)
				talker_ask(&talkers[i]);
	}
}

int
main(int argc, char **argv)
{
	int idle = argc == 7 ? atoi(argv[2]) : -1, busy = argc == 7 ? atoi(argv[3]) : -1;
	double rate = argc == 7 ? atof(argv[5]) : 0;
	struct talker *talkers;
	int loop = epoll_create1(EPOLL_CLOEXEC);

	if (idle < 0 || busy < 1 || idle + busy > 20000) {
		fprintf(stderr, "usage: talk SOCKET IDLE BUSY SECONDS RATE MESSAGE\n");
		return 2;
	}
	talkers = calloc((size_t)(idle + busy), sizeof *talkers);
	question_make(argv[6]);
	interval_ns = rate > 0 ? (uint64_t)(1e9 * busy / rate) : 0;
	for (int i = 0; i < idle + busy; i++)
		talker_open(&talkers[i], argv[1], loop);
	for (int i = 0; i < busy; i++) {
		talkers[i].due_ns = clock_mono_ns() + interval_ns * (uint64_t)i / (uint64_t)busy;
		if (interval_ns == 0)
			talker_ask(&talkers[i]);
	}
	talk(talkers, busy, loop, 0.5, false);
	printf("measuring\n");
	fflush(stdout);
	talk(talkers, busy, loop, atof(argv[4]), true);
	printf("{\"count\": %llu, \"p50_ms\": %.3f, \"p99_ms\": %.3f}\n", (unsigned long long)count,
	    samples_percentile(&samples, 50), samples_percentile(&samples, 99));
	return 0;
}
