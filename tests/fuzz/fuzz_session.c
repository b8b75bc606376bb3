/* SPDX-License-Identifier: ISC */
/* A WebSocket connection from its first byte to its end, over a socket. The bytes come in pieces
 * (first byte); the client reads now and then (second byte); the service is busy now and then.
 * In any case the session ends with its client. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ws/session.h"
#include "ws/framing.h"

enum { MESSAGE_MOST = 300, TURNS_MOST = 1000, HEAD_MARK = 0x80 };

static const char head[] =
    "GET /control HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

struct stage {
	struct session *session;
	unsigned opened, closed, messages, gone;
};
static struct stage stage;

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void *
on_open(void *world, struct session *session, struct handshake *handshake)
{
	(void)world, (void)handshake;
	stage.session = session;
	stage.opened++;
	return &stage;
}

static bool
on_ready(void *state)
{
	(void)state;
	return stage.messages % 40 != 39;
}

static void
on_message(void *state, const void *data, size_t length, bool text)
{
	(void)state;
	if (length > MESSAGE_MOST || stage.closed > 0)
		abort();
	stage.messages++;
	session_send(stage.session, data, length, text);
	if (length == 7)
		session_close(stage.session, FRAMING_GOING_AWAY, "seven");
}

static void
on_close(void *state)
{
	(void)state;
	stage.closed++;
}

static void
on_gone(struct session_host *host)
{
	(void)host;
	stage.gone++;
}

static const struct session_service service = { .message_max = MESSAGE_MOST,
	.open = on_open,
	.ready = on_ready,
	.message = on_message,
	.close = on_close };
static const struct handshake_policy policy = { .origins = "https://a.example",
	.allow_no_origin = true };

static struct session_host *
host_get(void)
{
	static struct session_host host = {
		.policy = &policy, .service = &service, .open_max = 2, .gone = on_gone
	};

	if (host.base == NULL) {
		host.base = event_base_new();
		signal(SIGPIPE, SIG_IGN); /* as src/ws/server.c does */
	}
	return &host;
}

static void
drain(int fd)
{
	char bytes[4096];

	while (recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
		;
}

/* False when the session has hung up. */
static bool
say(struct session_host *host, int fd, const void *bytes, size_t length)
{
	for (size_t at = 0, tries = 0; at < length; tries++) {
		ssize_t sent = send(
		    fd, (const char *)bytes + at, length - at, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent == -1 && errno != EAGAIN)
			return false;
		at += sent > 0 ? (size_t)sent : 0;
		event_base_loop(host->base, EVLOOP_NONBLOCK);
		if (tries > 100) /* it does not read as long as we do not */
			drain(fd);
	}
	return true;
}

static void
play(struct session_host *host, int fd, const unsigned char *data, size_t size)
{
	size_t piece = (data[0] & ~HEAD_MARK) + 1u, part;

	if (!(data[0] & HEAD_MARK) && !say(host, fd, head, sizeof head - 1))
		return;
	for (size_t at = 2, turn = 0; at < size; at += part, turn++) {
		part = size - at < piece ? size - at : piece;
		if (!say(host, fd, data + at, part))
			return;
		if (turn % (data[1] + 1u) == data[1])
			drain(fd);
		if (!on_ready(NULL) && turn % 5 == 0) {
			stage.messages++;
			if (stage.session != NULL && stage.closed == 0)
				session_resume(stage.session);
		}
	}
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct session_host *host = host_get();
	int fds[2];

	if (size < 2)
		return 0;
	stage = (struct stage){ 0 };
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == -1 ||
	    session_new(host, fds[0]) == -1)
		abort();
	play(host, fds[1], data, size);
	drain(fds[1]);
	close(fds[1]);
	for (int turn = 0; host->count > 0; turn++) {
		if (turn == TURNS_MOST)
			abort();
		stage.messages += !on_ready(NULL);
		if (stage.session != NULL && stage.closed == 0)
			session_resume(stage.session);
		event_base_loop(host->base, EVLOOP_NONBLOCK);
	}
	if (stage.gone != 1 || stage.opened != stage.closed || host->open != 0)
		abort();
	return 0;
}
