/* SPDX-License-Identifier: ISC */
#include "client/client_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/unixsock.h"
#include "loop/timer.h"

enum {
	RETRY_FIRST_MS = 50,
	RETRY_LAST_MS = 1000,
	READS_PER_WAKE = 16, /* then others have a turn */
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

/* ---- lines in -------------------------------------------------------- */

static void
client_take_line(struct client *client, const char *line, size_t length)
{
	static const char event[] = "{\"event\"";

	if (length >= sizeof event - 1 && memcmp(line, event, sizeof event - 1) == 0)
		client->hooks->event(client->arg, line, length);
	else
		client_take_answer(client, line, length);
}

static void
client_take_lines(struct client *client)
{
	const char *line;
	size_t length;

	while (client_connected(client) && !client->freed &&
	    (line = lines_next(client->lines, &length)) != NULL)
		client_take_line(client, line, length);
	if (client_connected(client) && !client->freed)
		client_arm_deadline(client);
}

/* ---- the connection -------------------------------------------------- */

static void
client_read(evutil_socket_t fd, short what, void *arg)
{
	struct client *client = arg;

	(void)fd, (void)what;
	client_enter(client);
	for (int i = 0; i < READS_PER_WAKE && client_connected(client) && !client->freed; i++) {
		ssize_t got;

		if (lines_is_full(client->lines)) {
			client_lose(client, "sent a line longer than the protocol allows");
			break;
		}
		got = lines_read(client->lines);
		if (got == -1 && (errno == EAGAIN || errno == EINTR))
			break;
		if (got <= 0) {
			client_lose(
			    client, got == 0 ? "has closed the connection" : strerror(errno));
			break;
		}
		client_take_lines(client);
	}
	client_leave(client);
}

void
client_write(struct client *client)
{
	switch (lines_write(client->lines)) {
	case 1: event_add(client->writable, NULL); break;
	/* The reading side also sees the end, and reports it. */
	case -1: lines_drop_unsent(client->lines); break;
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
	lines_close(client->lines);
	event_del(client->deadline);
}

/* Reset, to try again in a while; those who waited are in `lost`. */
static void
client_give_up(struct client *client, const char *reason)
{
	client_say_outage(client, reason);
	client_fail_pending(client, client_connected(client) ? CLIENT_UNKNOWN : CLIENT_DOWN);
	client_close(client);
	client_retry_later(client);
}

/* The connection is gone: tell all who wait, and try again soon. */
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
	int fd;

	(void)unused, (void)what;
	client->tried = true;
	fd = unixsock_connect(client->path);
	if (fd == -1) {
		client_give_up(client, strerror(errno));
		client_fail_lost(-1, 0, client);
		return;
	}
	lines_open(client->lines, fd);
	client->readable = event_new(client->base, fd, EV_READ | EV_PERSIST, client_read, client);
	client->writable = event_new(client->base, fd, EV_WRITE, client_writable, client);
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

/* ---- for the users --------------------------------------------------- */

struct client *
client_new(struct event_base *base, const char *path, const struct client_hooks *hooks, void *arg)
{
	struct client *client = calloc(1, sizeof *client);

	if (client == NULL)
		return NULL;
	*client = (struct client){
		.base = base, .hooks = hooks, .arg = arg, .retry_ms = RETRY_FIRST_MS
	};
	client_init_pending(client);
	client->path = strdup(path);
	client->lines = lines_new(true);
	client->retry = evtimer_new(base, client_connect, client);
	client->deadline = evtimer_new(base, client_deadline, client);
	client->failing = evtimer_new(base, client_fail_lost, client);
	if (client->path == NULL || client->lines == NULL || client->retry == NULL ||
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
	if (client->lines != NULL && client->deadline != NULL)
		client_close(client);
	if (client->retry != NULL)
		event_free(client->retry);
	if (client->deadline != NULL)
		event_free(client->deadline);
	if (client->failing != NULL)
		event_free(client->failing);
	lines_free(&client->lines);
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
	return lines_fd(client->lines) != -1;
}
