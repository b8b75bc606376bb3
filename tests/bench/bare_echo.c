/* SPDX-License-Identifier: ISC */
/* bare_echo: wslay and epoll alone: the cost of an echo of a WebSocket message without limits,
 * timeouts, checks of the handshake, or care for slow readers. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <wslay/wslay.h>

struct peer {
	int fd;
	wslay_event_context_ptr wslay; /* NULL: still in the handshake */
};

static ssize_t
on_recv(wslay_event_context_ptr wslay, uint8_t *buffer, size_t length, int flags, void *arg)
{
	ssize_t got = recv(((struct peer *)arg)->fd, buffer, length, MSG_DONTWAIT);

	(void)flags;
	if (got > 0)
		return got;
	wslay_event_set_error(wslay,
	    got == -1 && errno == EAGAIN ? WSLAY_ERR_WOULDBLOCK : WSLAY_ERR_CALLBACK_FAILURE);
	return -1;
}

static ssize_t
on_send(wslay_event_context_ptr wslay, const uint8_t *data, size_t length, int flags, void *arg)
{
	ssize_t sent = send(((struct peer *)arg)->fd, data, length, MSG_NOSIGNAL);

	(void)flags;
	if (sent == -1)
		wslay_event_set_error(wslay, WSLAY_ERR_CALLBACK_FAILURE);
	return sent;
}

static void
on_message(wslay_event_context_ptr wslay, const struct wslay_event_on_msg_recv_arg *in, void *arg)
{
	struct wslay_event_msg out = { in->opcode, in->msg, in->msg_length };

	(void)arg;
	if (!wslay_is_ctrl_frame(in->opcode))
		wslay_event_queue_msg(wslay, &out);
}

static const struct wslay_event_callbacks callbacks = {
	.recv_callback = on_recv,
	.send_callback = on_send,
	.on_msg_recv_callback = on_message,
};

/* The answer to the key of RFC 6455 section 1.3, which talk.c always sends. */
static const char welcome[] =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

static void
peer_read(struct peer *peer)
{
	char head[1024];

	if (peer->wslay == NULL) {
		if (recv(peer->fd, head, sizeof head, 0) > 0 &&
		    send(peer->fd, welcome, sizeof welcome - 1, MSG_NOSIGNAL) > 0 &&
		    wslay_event_context_server_init(&peer->wslay, &callbacks, peer) == 0)
			return;
	} else if (wslay_event_recv(peer->wslay) == 0 && wslay_event_send(peer->wslay) == 0) {
		return;
	}
	close(peer->fd);
	wslay_event_context_free(peer->wslay);
	free(peer);
}

static void
accept_one(int loop, int listener)
{
	struct peer *peer = calloc(1, sizeof *peer);
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = peer };

	if (peer == NULL || (peer->fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) == -1) {
		free(peer);
		return;
	}
	epoll_ctl(loop, EPOLL_CTL_ADD, peer->fd, &event);
}

int
main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0),
	    loop = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event events[256] = { { .events = EPOLLIN } };

	if (argc != 2)
		return 2;
	snprintf(address.sun_path, sizeof address.sun_path, "%s", argv[1]);
	unlink(argv[1]);
	if (bind(listener, (struct sockaddr *)&address, sizeof address) == -1 ||
	    listen(listener, 4096) == -1)
		return 1;
	epoll_ctl(loop, EPOLL_CTL_ADD, listener, &events[0]);
	for (;;) {
		int ready = epoll_wait(loop, events, 256, -1);

		for (int i = 0; i < ready; i++) {
			if (events[i].data.ptr == NULL)
				accept_one(loop, listener);
			else
				peer_read(events[i].data.ptr);
		}
	}
}
