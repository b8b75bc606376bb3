/* SPDX-License-Identifier: ISC */
#include "client/client_internal.h"

#include <errno.h>
#include <event2/buffer.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/unixsock.h"
#include "loop/timer.h"

enum {
	RETRY_FIRST_MS = 50,
	RETRY_LAST_MS = 1000,
	READS_PER_WAKE = 16, /* then others have their turn */
};

static void client_lose(struct client *client, const char *reason);
static void client_destroy(struct client *client);

void
client_enter(struct client *client)
{
	client->depth++;
}

void
client_leave(struct client *client)
{
	if (--client->depth == 0 && client->freed)
		client_destroy(client);
}

/* ---- lines in -------------------------------------------------------------- */

static void
client_take_line(struct client *client, const char *line, size_t length)
{
	static const char event[] = "{\"event\"";

	if (length >= sizeof event - 1 && memcmp(line, event, sizeof event - 1) == 0)
		client->hooks->event(client->arg, line, length);
	else
		client_take_answer(client, line, length);
}

/* Hand out every whole line of the input; keep the rest. */
static void
client_take_lines(struct client *client)
{
	char *start = client->input, *end = client->input + client->used, *newline;

	while (client->fd != -1 && !client->freed &&
	    (newline = memchr(start, '\n', (size_t)(end - start))) != NULL) {
		client_take_line(client, start, (size_t)(newline - start));
		start = newline + 1;
	}
	if (client->fd == -1 || client->freed)
		return;
	client->used = (size_t)(end - start);
	memmove(client->input, start, client->used);
	client_arm_deadline(client);
}

/* ---- the connection --------------------------------------------------------- */

static void
client_keep_fds(struct client *client, struct msghdr *message)
{
	struct cmsghdr *part = CMSG_FIRSTHDR(message);
	size_t bytes;

	if (part == NULL || part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
		return;
	bytes = part->cmsg_len - CMSG_LEN(0);
	if (bytes > sizeof client->fds)
		bytes = sizeof client->fds;
	client_close_fds(client->fds);
	memcpy(client->fds, CMSG_DATA(part), bytes);
}

/* One recvmsg: bytes read, 0 at the end, -1 as errno says. */
static ssize_t
client_receive(struct client *client)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof client->fds)];
	} control;
	struct iovec part = { .iov_base = client->input + client->used,
		.iov_len = sizeof client->input - client->used };
	struct msghdr message = { .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof control.bytes };
	ssize_t got = recvmsg(client->fd, &message, MSG_CMSG_CLOEXEC);

	if (got > 0)
		client_keep_fds(client, &message);
	return got;
}

static void
client_read(evutil_socket_t fd, short what, void *arg)
{
	struct client *client = arg;

	(void)fd, (void)what;
	client_enter(client);
	for (int i = 0; i < READS_PER_WAKE && client->fd != -1 && !client->freed; i++) {
		ssize_t got;

		if (client->used == sizeof client->input) {
			client_lose(client, "sent a line longer than the protocol allows");
			break;
		}
		got = client_receive(client);
		if (got == -1 && (errno == EAGAIN || errno == EINTR))
			break;
		if (got <= 0) {
			client_lose(
			    client, got == 0 ? "has closed the connection" : strerror(errno));
			break;
		}
		client->used += (size_t)got;
		client_take_lines(client);
	}
	client_leave(client);
}

void
client_write(struct client *client)
{
	while (evbuffer_get_length(client->output) > 0) {
		if (evbuffer_write(client->output, client->fd) > 0)
			continue;
		if (errno == EAGAIN || errno == EINTR) {
			event_add(client->writable, NULL);
			return;
		}
		/* The reading side learns of the end as well, and there it is said. */
		evbuffer_drain(client->output, evbuffer_get_length(client->output));
	}
}

static void
client_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	client_write(arg);
}

static void
client_say_outage(struct client *client, const char *reason)
{
	if (client->outage_said)
		return;
	client->outage_said = true;
	log_warning("client", "%s: %s", client->path, reason);
}

static void
client_retry_later(struct client *client)
{
	timer_start(client->retry, client->retry_ms * CLOCK_MS);
	client->retry_ms = client->retry_ms * 2 > RETRY_LAST_MS ? RETRY_LAST_MS
								: client->retry_ms * 2;
}

static void
client_close(struct client *client)
{
	if (client->readable != NULL)
		event_free(client->readable);
	if (client->writable != NULL)
		event_free(client->writable);
	client->readable = client->writable = NULL;
	if (client->fd != -1)
		close(client->fd);
	client->fd = -1;
	client->used = 0;
	evbuffer_drain(client->output, evbuffer_get_length(client->output));
	client_close_fds(client->fds);
	event_del(client->deadline);
}

/* Back to nothing, in a while to try again; who waited is in `lost`. */
static void
client_give_up(struct client *client, const char *reason)
{
	client_say_outage(client, reason);
	client_fail_pending(client, client->fd != -1 ? CLIENT_UNKNOWN : CLIENT_DOWN);
	client_close(client);
	client_retry_later(client);
}

/* The connection is gone: tell all that wait, try again soon. */
static void
client_lose(struct client *client, const char *reason)
{
	client_enter(client);
	client_give_up(client, reason);
	client->hooks->down(client->arg);
	client_tell_lost(client);
	client_leave(client);
}

static void
client_fail_lost(evutil_socket_t unused, short what, void *arg)
{
	struct client *client = arg;

	(void)unused, (void)what;
	client_enter(client);
	client_tell_lost(client);
	client_leave(client);
}

static void
client_connect(evutil_socket_t unused, short what, void *arg)
{
	struct client *client = arg;

	(void)unused, (void)what;
	client->tried = true;
	client->fd = unixsock_connect(client->path);
	if (client->fd == -1) {
		client_give_up(client, strerror(errno));
		client_fail_lost(-1, 0, client);
		return;
	}
	client->readable = event_new(
	    client->base, client->fd, EV_READ | EV_PERSIST, client_read, client);
	client->writable = event_new(client->base, client->fd, EV_WRITE, client_writable, client);
	if (client->readable == NULL || client->writable == NULL) {
		client_give_up(client, "out of memory");
		client_fail_lost(-1, 0, client);
		return;
	}
	event_add(client->readable, NULL);
	client_write(client);
	client->retry_ms = RETRY_FIRST_MS;
	if (client->outage_said)
		log_notice("client", "%s: connected again", client->path);
	client->outage_said = false;
	client_enter(client);
	client->hooks->up(client->arg);
	client_leave(client);
}

/* ---- for the users ----------------------------------------------------------- */

struct client *
client_new(struct event_base *base, const char *path, const struct client_hooks *hooks, void *arg)
{
	struct client *client = calloc(1, sizeof *client);

	if (client == NULL)
		return NULL;
	*client = (struct client){
		.base = base, .hooks = hooks, .arg = arg, .fd = -1, .retry_ms = RETRY_FIRST_MS
	};
	client_init_pending(client);
	client->path = strdup(path);
	client->output = evbuffer_new();
	client->retry = evtimer_new(base, client_connect, client);
	client->deadline = evtimer_new(base, client_deadline, client);
	client->failing = evtimer_new(base, client_fail_lost, client);
	if (client->path == NULL || client->output == NULL || client->retry == NULL ||
	    client->deadline == NULL || client->failing == NULL) {
		client_destroy(client);
		return NULL;
	}
	timer_start(client->retry, 0);
	return client;
}

static void
client_destroy(struct client *client)
{
	if (client->output != NULL && client->deadline != NULL)
		client_close(client);
	if (client->retry != NULL)
		event_free(client->retry);
	if (client->deadline != NULL)
		event_free(client->deadline);
	if (client->failing != NULL)
		event_free(client->failing);
	if (client->output != NULL)
		evbuffer_free(client->output);
	free(client->path);
	free(client);
}

void
client_free(struct client **client)
{
	struct client *gone = *client;

	if (gone == NULL)
		return;
	*client = NULL;
	client_enter(gone);
	client_fail_pending(gone, CLIENT_UNKNOWN);
	client_tell_lost(gone);
	event_del(gone->retry);
	gone->freed = true;
	client_leave(gone);
}

bool
client_connected(const struct client *client)
{
	return client->fd != -1;
}
