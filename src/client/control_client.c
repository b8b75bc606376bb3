/* SPDX-License-Identifier: ISC */
#include "client/control_client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/unixsock.h"
#include "protocol/reasons.h"

int
control_client_open(struct control_client *call, const char *path)
{
	int fd = unixsock_connect(path);

	for (int i = 0; i < LINES_FDS; i++)
		call->fds[i] = -1;
	call->lines = fd != -1 ? lines_new(true) : NULL;
	if (call->lines != NULL) {
		lines_open(call->lines, fd);
		return 0;
	}
	if (fd != -1)
		close(fd);
	return -1;
}

static void
call_drop_fds(struct control_client *call)
{
	for (int i = 0; i < LINES_FDS; i++) {
		if (call->fds[i] != -1)
			close(call->fds[i]);
		call->fds[i] = -1;
	}
}

void
control_client_close(struct control_client *call)
{
	if (call->lines == NULL)
		return;
	call_drop_fds(call);
	lines_free(&call->lines);
}

/* ---- one line in ----------------------------------------------------- */

static int
call_wait(struct control_client *call, short events, int seconds, struct cause *why)
{
	struct pollfd ready = { .fd = lines_fd(call->lines), .events = events };
	int result;

	do
		result = poll(&ready, 1, seconds < 0 ? -1 : seconds * 1000);
	while (result == -1 && errno == EINTR);
	if (result == 0)
		return cause_reason(why, &reason_daemon_silent);
	return result == -1 ? cause_errno(why, "poll") : 0;
}

static int
call_fill(struct control_client *call, int seconds, struct cause *why)
{
	ssize_t got;

	if (lines_is_full(call->lines))
		return cause_detail(
		    why, &reason_bad_answer, "the camera daemon sent too long a line");
	do {
		if (call_wait(call, POLLIN, seconds, why) == -1)
			return -1;
		got = lines_read(call->lines);
	} while (got == -1 && (errno == EAGAIN || errno == EINTR));
	return got > 0
	    ? 0
	    : cause_detail(why, &reason_no_daemon, "the camera daemon has closed the connection");
}

static void
call_keep_fds(struct control_client *call)
{
	int fds[LINES_FDS];

	lines_take_fds(call->lines, fds);
	if (fds[0] == -1)
		return;
	call_drop_fds(call);
	memcpy(call->fds, fds, sizeof call->fds);
}

json_t *
control_client_line(struct control_client *call, int seconds, struct cause *why)
{
	const char *text;
	json_t *line;
	size_t length;

	while ((text = lines_next(call->lines, &length)) == NULL)
		if (call_fill(call, seconds, why) == -1)
			return NULL;
	call_keep_fds(call);
	line = json_parse_object(text, length);
	if (line == NULL)
		cause_detail(why, &reason_bad_answer, "the camera daemon sent what is no JSON");
	return line;
}

int
control_client_take_fd(struct control_client *call)
{
	int fd = call->fds[0];

	call->fds[0] = -1;
	return fd;
}

/* ---- a command out --------------------------------------------------- */

static int
call_send_line(struct control_client *call, json_t *command, struct cause *why)
{
	char *line = json_line(command);
	int left = line != NULL ? lines_put(call->lines, "", line, strlen(line)) : -1;

	free(line);
	if (left == -1)
		return cause_reason(why, &reason_out_of_memory);
	while ((left = lines_write(call->lines)) == 1)
		if (call_wait(call, POLLOUT, CONTROL_CLIENT_SECONDS, why) == -1)
			return -1;
	return left == 0 ? 0 : cause_errno(why, "camera daemon");
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
