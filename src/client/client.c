/* SPDX-License-Identifier: ISC */
#include "client/client.h"

#include <errno.h>
#include <event2/buffer.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/unixsock.h"
#include "base/vocabulary.h"

enum {
	RETRY_FIRST_MS = 50, RETRY_LAST_MS = 1000,
	OUTPUT_MAX = 1 << 20,		/* bytes waiting for orield to read them */
	READS_PER_WAKE = 16,		/* then others have their turn */
};

/* A command on its way. The order of the list is the order of the replies. */
struct pending {
	TAILQ_ENTRY(pending) next;
	unsigned long token;
	uint64_t deadline_ns;
	bool takes_fds;
	client_reply_fn *done;		/* NULL once forgotten */
	void *arg;
};
TAILQ_HEAD(pending_list, pending);

struct client {
	struct event_base *base;
	const struct client_hooks *hooks;
	void *arg;
	char *path;
	int fd;				/* -1 while down */
	struct event *readable, *writable, *retry, *deadline, *failing;
	struct evbuffer *output;
	struct pending_list pending;
	struct pending_list lost;	/* to be answered with NULL from the loop */
	unsigned pending_count;
	unsigned long last_token;
	unsigned retry_ms;
	bool outage_said;
	bool tried;			/* commands given before wait for the first try to connect */
	unsigned depth;			/* callbacks of ours on the stack */
	bool freed;			/* client_free was called from one of them */
	int fds[CLIENT_FDS_MAX];	/* came in, not yet given to a reply */
	size_t used;			/* bytes of an unfinished line in `input` */
	char input[LINE_MAX_SIZE];
};

static void client_lose(struct client *client, const char *reason);
static void client_destroy(struct client *client);

static void
timer_in(struct event *timer, unsigned ms)
{
	struct timeval wait = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	event_add(timer, &wait);
}

/* Callbacks may free the client: what they were called from calls leave last. */
static void
client_enter(struct client *client)
{
	client->depth++;
}

static void
client_leave(struct client *client)
{
	if (--client->depth == 0 && client->freed)
		client_destroy(client);
}

/* ---- replies --------------------------------------------------------------- */

static void
fds_reset(int fds[CLIENT_FDS_MAX])
{
	for (int i = 0; i < CLIENT_FDS_MAX; i++)
		fds[i] = -1;
}

static void
fds_close(int fds[CLIENT_FDS_MAX])
{
	for (int i = 0; i < CLIENT_FDS_MAX; i++)
		if (fds[i] != -1)
			close(fds[i]);
	fds_reset(fds);
}

static void
pending_answer(struct pending *pending, struct client_reply *reply)
{
	if (pending->done != NULL)
		pending->done(pending->arg, reply);
	fds_close(reply->fds);
	free(pending);
}

/* Answer all of `list` with "no answer". */
static void
pending_fail(struct pending_list *list)
{
	struct pending *pending;

	while ((pending = TAILQ_FIRST(list)) != NULL) {
		struct client_reply none = { .line = NULL };

		fds_reset(none.fds);
		TAILQ_REMOVE(list, pending, next);
		pending_answer(pending, &none);
	}
}

/* The timer always stands for the oldest command. */
static void
client_arm_deadline(struct client *client)
{
	struct pending *oldest = TAILQ_FIRST(&client->pending);
	uint64_t now = clock_mono_ns();

	if (oldest == NULL)
		event_del(client->deadline);
	else
		timer_in(client->deadline, oldest->deadline_ns <= now ? 0 :
		    (unsigned)((oldest->deadline_ns - now) / CLOCK_MS) + 1);
}

static void
client_take_reply(struct client *client, const char *line, size_t length)
{
	struct pending *pending = TAILQ_FIRST(&client->pending);
	struct client_reply reply = { .line = line, .length = length };

	if (pending == NULL) {
		log_debug("client", "%s: a reply nobody waits for", client->path);
		return;
	}
	fds_reset(reply.fds);
	if (pending->takes_fds) {
		memcpy(reply.fds, client->fds, sizeof reply.fds);
		fds_reset(client->fds);
	}
	TAILQ_REMOVE(&client->pending, pending, next);
	client->pending_count--;
	pending_answer(pending, &reply);
}

static void
client_take_line(struct client *client, const char *line, size_t length)
{
	static const char event[] = "{\"event\"";

	if (length >= sizeof event - 1 && memcmp(line, event, sizeof event - 1) == 0)
		client->hooks->event(client->arg, line, length);
	else
		client_take_reply(client, line, length);
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
	fds_close(client->fds);
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
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1,
		.msg_control = control.bytes, .msg_controllen = sizeof control.bytes };
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
			client_lose(client, got == 0 ? "has closed the connection" : strerror(errno));
			break;
		}
		client->used += (size_t)got;
		client_take_lines(client);
	}
	client_leave(client);
}

static void
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
	timer_in(client->retry, client->retry_ms);
	client->retry_ms = client->retry_ms * 2 > RETRY_LAST_MS ? RETRY_LAST_MS : client->retry_ms * 2;
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
	fds_close(client->fds);
	event_del(client->deadline);
}

/* Back to nothing, in a while to try again; who waited is in `lost`. */
static void
client_give_up(struct client *client, const char *reason)
{
	client_say_outage(client, reason);
	client_close(client);
	TAILQ_CONCAT(&client->lost, &client->pending, next);
	client->pending_count = 0;
	client_retry_later(client);
}

/* The connection is gone: tell all that wait, try again soon. */
static void
client_lose(struct client *client, const char *reason)
{
	client_enter(client);
	client_give_up(client, reason);
	client->hooks->down(client->arg);
	pending_fail(&client->lost);
	client_leave(client);
}

static void
client_fail_lost(evutil_socket_t unused, short what, void *arg)
{
	struct client *client = arg;

	(void)unused, (void)what;
	client_enter(client);
	pending_fail(&client->lost);
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
	client->readable = event_new(client->base, client->fd, EV_READ | EV_PERSIST, client_read, client);
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

static void
client_deadline(evutil_socket_t unused, short what, void *arg)
{
	(void)unused, (void)what;
	client_lose(arg, "does not answer");
}

/* ---- for the users ----------------------------------------------------------- */

struct client *
client_new(struct event_base *base, const char *path, const struct client_hooks *hooks, void *arg)
{
	struct client *client = calloc(1, sizeof *client);

	if (client == NULL)
		return NULL;
	*client = (struct client){ .base = base, .hooks = hooks, .arg = arg, .fd = -1,
		.retry_ms = RETRY_FIRST_MS };
	fds_reset(client->fds);
	TAILQ_INIT(&client->pending);
	TAILQ_INIT(&client->lost);
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
	timer_in(client->retry, 0);
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
	TAILQ_CONCAT(&gone->lost, &gone->pending, next);
	pending_fail(&gone->lost);
	event_del(gone->retry);
	gone->freed = true;
	client_leave(gone);
}

bool
client_connected(const struct client *client)
{
	return client->fd != -1;
}

static unsigned long
client_enqueue(struct client *client, const char *line, size_t length, bool takes_fds,
    client_reply_fn *done, void *arg)
{
	struct pending *pending = calloc(1, sizeof *pending);

	if (pending == NULL)
		return 0;
	*pending = (struct pending){ .token = ++client->last_token, .takes_fds = takes_fds,
		.deadline_ns = clock_mono_ns() + CLIENT_REPLY_SECONDS * CLOCK_S,
		.done = done, .arg = arg };
	if ((client->fd == -1 && client->tried) || client->pending_count == CLIENT_PENDING_MAX ||
	    evbuffer_get_length(client->output) + length > OUTPUT_MAX ||
	    evbuffer_expand(client->output, length + 1) == -1) {
		TAILQ_INSERT_TAIL(&client->lost, pending, next);
		timer_in(client->failing, 0);
		return pending->token;
	}
	evbuffer_add(client->output, line, length);
	evbuffer_add(client->output, "\n", 1);
	TAILQ_INSERT_TAIL(&client->pending, pending, next);
	if (client->pending_count++ == 0)
		client_arm_deadline(client);
	if (client->fd != -1)
		client_write(client);
	return pending->token;
}

unsigned long
client_send(struct client *client, const char *line, size_t length, client_reply_fn *done, void *arg)
{
	return client_enqueue(client, line, length, false, done, arg);
}

unsigned long
client_attach(struct client *client, client_reply_fn *done, void *arg)
{
	static const char line[] = "{\"cmd\":\"attach\"}";

	return client_enqueue(client, line, sizeof line - 1, true, done, arg);
}

static void
pending_forget(struct pending_list *list, unsigned long token)
{
	struct pending *pending;

	TAILQ_FOREACH(pending, list, next)
		if (pending->token == token)
			pending->done = NULL;
}

void
client_forget(struct client *client, unsigned long token)
{
	pending_forget(&client->pending, token);
	pending_forget(&client->lost, token);
}
