/* SPDX-License-Identifier: ISC */
#include "ctl/control_client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/json.h"
#include "base/unixsock.h"

int
control_client_open(struct control_client *call, const char *path)
{
	call->used = 0;
	for (int i = 0; i < CONTROL_CLIENT_FDS; i++)
		call->fds[i] = -1;
	call->fd = unixsock_connect(path);
	return call->fd == -1 ? -1 : 0;
}

static void
call_drop_fds(struct control_client *call)
{
	for (int i = 0; i < CONTROL_CLIENT_FDS; i++) {
		if (call->fds[i] != -1)
			close(call->fds[i]);
		call->fds[i] = -1;
	}
}

void
control_client_close(struct control_client *call)
{
	if (call->fd == -1)
		return;
	call_drop_fds(call);
	close(call->fd);
	call->fd = -1;
}

/* ---- one line in ----------------------------------------------------------------- */

static int
call_wait(struct control_client *call, short events, int seconds, struct cause *why)
{
	struct pollfd ready = { .fd = call->fd, .events = events };
	int result;

	do
		result = poll(&ready, 1, seconds < 0 ? -1 : seconds * 1000);
	while (result == -1 && errno == EINTR);
	if (result == 0)
		return cause_set(why, "the camera daemon does not answer");
	return result == -1 ? cause_errno(why, "poll") : 0;
}

static void
call_keep_fds(struct control_client *call, struct msghdr *message)
{
	struct cmsghdr *part = CMSG_FIRSTHDR(message);

	if (part == NULL || part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
		return;
	call_drop_fds(call);
	memcpy(call->fds, CMSG_DATA(part), part->cmsg_len - CMSG_LEN(0));
}

static int
call_fill(struct control_client *call, int seconds, struct cause *why)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof call->fds)];
	} control;
	struct iovec part = { call->buffer + call->used, sizeof call->buffer - call->used };
	struct msghdr message = { .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof control.bytes };
	ssize_t got;

	if (part.iov_len == 0)
		return cause_set(why, "the camera daemon sent too long a line");
	do {
		if (call_wait(call, POLLIN, seconds, why) == -1)
			return -1;
		got = recvmsg(call->fd, &message, MSG_CMSG_CLOEXEC);
	} while (got == -1 && (errno == EAGAIN || errno == EINTR));
	if (got <= 0)
		return cause_set(why, "the camera daemon has closed the connection");
	call_keep_fds(call, &message);
	call->used += (size_t)got;
	return 0;
}

json_t *
control_client_line(struct control_client *call, int seconds, struct cause *why)
{
	char *end;
	json_t *line;
	size_t length;

	while ((end = memchr(call->buffer, '\n', call->used)) == NULL)
		if (call_fill(call, seconds, why) == -1)
			return NULL;
	length = (size_t)(end - call->buffer);
	line = json_parse_object(call->buffer, length);
	call->used -= length + 1;
	memmove(call->buffer, end + 1, call->used);
	if (line == NULL)
		cause_set(why, "the camera daemon sent what is no JSON");
	return line;
}

/* ---- a command out ----------------------------------------------------------------- */

static int
call_send(struct control_client *call, const char *bytes, size_t length, struct cause *why)
{
	while (length > 0) {
		ssize_t sent = send(call->fd, bytes, length, MSG_NOSIGNAL);

		if (sent >= 0) {
			bytes += sent;
			length -= (size_t)sent;
		} else if (errno == EAGAIN) {
			if (call_wait(call, POLLOUT, CONTROL_CLIENT_SECONDS, why) == -1)
				return -1;
		} else if (errno != EINTR) {
			return cause_errno(why, "camera daemon");
		}
	}
	return 0;
}

static int
call_send_line(struct control_client *call, json_t *command, struct cause *why)
{
	char *line = json_line(command);
	int result;

	if (line == NULL)
		return cause_set(why, "out of memory");
	result = call_send(call, line, strlen(line), why);
	if (result == 0)
		result = call_send(call, "\n", 1, why);
	free(line);
	return result;
}

json_t *
control_client_ask(struct control_client *call, json_t *command, struct cause *why)
{
	int sent = call_send_line(call, command, why);
	json_t *reply;

	json_decref(command);
	if (sent == -1)
		return NULL;
	while ((reply = control_client_line(call, CONTROL_CLIENT_SECONDS, why)) != NULL) {
		if (json_get_text(reply, "event") == NULL)
			return reply;
		json_decref(reply);
	}
	return NULL;
}
