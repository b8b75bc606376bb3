/* SPDX-License-Identifier: ISC */
#include "ws/session.h"

#include <errno.h>
#include <event2/buffer.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loop/timer.h"
#include "protocol/reasons.h"
#include "ws/framing.h"

enum session_phase {
	PHASE_HEAD, /* reading the handshake */
	PHASE_OPEN,
	PHASE_FAREWELL, /* our Close, or a refusal, is being sent */
	PHASE_LINGER,	/* all is sent: waiting for the client's end */
	PHASE_GONE,
};

struct session {
	LIST_ENTRY(session) next;
	struct session_host *host;
	enum session_phase phase;
	int fd;
	struct event *readable, *writable, *deadline;
	struct evbuffer *in; /* the head; later the bytes that the framing did not take yet */
	struct evbuffer *out;
	struct framing *framing; /* from PHASE_OPEN on */
	void *state;		 /* the service's, while PHASE_OPEN */
	unsigned pings;		 /* sent since the client last sent anything */
};

/* ---- phases ---------------------------------------------------------- */

/* The service's part ends here, whatever the connection still does. */
static void
session_leave_service(struct session *session)
{
	if (session->state == NULL)
		return;
	session->host->open--;
	session->host->service->close(session->state);
	session->state = NULL;
}

static void
session_say_farewell(struct session *session)
{
	session_leave_service(session);
	session->phase = PHASE_FAREWELL;
	evbuffer_drain(session->in, evbuffer_get_length(session->in));
	timer_start(session->deadline, SESSION_LINGER_SECONDS * CLOCK_S);
}

/* close(2) with unread bytes resets the peer, and nginx then drops our Close. So stop sending,
 * and read until the peer has ended (RFC 6455 section 7.1.1). */
static void
session_linger(struct session *session)
{
	session->phase = PHASE_LINGER;
	shutdown(session->fd, SHUT_WR);
}

/* ---- bytes in -------------------------------------------------------- */

static bool
framing_ready(void *arg)
{
	struct session *session = arg;

	return session->host->service->ready(session->state);
}

static void
framing_message(void *arg, const void *data, size_t length, bool text)
{
	struct session *session = arg;

	if (session->state != NULL)
		session->host->service->message(session->state, data, length, text);
}

static const struct framing_hooks framing_hooks = { .message = framing_message,
	.ready = framing_ready };

static void
session_enter_service(struct session *session, struct handshake *handshake)
{
	struct session_host *host = session->host;
	struct cause why;

	if (host->open >= host->open_max) {
		cause_detail(&why, &reason_too_many, "too many clients");
		handshake_refuse_why(handshake, 503, &why);
		return;
	}
	session->framing = framing_new(
	    &framing_hooks, session, host->service->message_max, session->out);
	if (session->framing == NULL) {
		handshake_refuse(handshake, 503, &reason_out_of_memory);
		return;
	}
	session->state = host->service->open(host->world, session, handshake);
	if (session->state != NULL)
		host->open++;
}

static void
session_read_head(struct session *session)
{
	size_t length = evbuffer_get_length(session->in);
	struct handshake handshake;

	handshake_read(
	    session->host->policy, (char *)evbuffer_pullup(session->in, -1), length, &handshake);
	if (handshake.status == 0)
		return;
	if (handshake.status == 101)
		session_enter_service(session, &handshake);
	evbuffer_add(session->out, handshake.response, handshake.response_length);
	if (session->state == NULL) {
		session_say_farewell(session);
		return;
	}
	evbuffer_drain(session->in, handshake.head_length);
	event_del(session->deadline);
	timer_start(session->readable, SESSION_PING_SECONDS * CLOCK_S);
	session->phase = PHASE_OPEN;
}

/* Offer the framing what it would not take before. False when it took nothing. */
static bool
session_feed(struct session *session)
{
	size_t length = evbuffer_get_contiguous_space(session->in), used;

	if (length == 0 || session->phase != PHASE_OPEN)
		return false;
	used = framing_feed(
	    session->framing, evbuffer_pullup(session->in, (ev_ssize_t)length), length);
	evbuffer_drain(session->in, used);
	return used > 0;
}

static void
session_take(struct session *session, const unsigned char *bytes, size_t length)
{
	size_t used = 0;

	session->pings = 0;
	if (session->phase >= PHASE_FAREWELL)
		return;
	if (session->phase == PHASE_OPEN && evbuffer_get_length(session->in) == 0)
		used = framing_feed(session->framing, bytes, length);
	if (used < length && evbuffer_add(session->in, bytes + used, length - used) == -1)
		session->phase = PHASE_GONE;
	else if (session->phase == PHASE_HEAD)
		session_read_head(session);
}

/* ---- bytes out, and what follows from them --------------------------- */

static void
session_write(struct session *session)
{
	if (evbuffer_get_length(session->out) > 0 &&
	    evbuffer_write(session->out, session->fd) == -1 && errno != EAGAIN && errno != EINTR)
		session->phase = PHASE_GONE;
}

/* An open one that is silent for so long gets a ping. */
static void
session_await_bytes(struct session *session)
{
	if (session->phase == PHASE_OPEN)
		timer_start(session->readable, SESSION_PING_SECONDS * CLOCK_S);
	else
		event_add(session->readable, NULL);
}

/* Wait for the next event. A stalled client is not read from: its time limit is on the writing
 * side. */
static void
session_arm(struct session *session)
{
	bool out = evbuffer_get_length(session->out) > 0;

	if (session->phase == PHASE_OPEN && evbuffer_get_length(session->in) > 0)
		event_del(session->readable);
	else if (!event_pending(session->readable, EV_READ, NULL))
		session_await_bytes(session);
	if (!out)
		event_del(session->writable);
	else if (!event_pending(session->writable, EV_WRITE, NULL))
		timer_start(session->writable, SESSION_STALL_SECONDS * CLOCK_S);
}

/* The last call of each callback of the loop; frees a session that is over. */
static void
session_settle(struct session *session)
{
	do
		session_write(session);
	while (session_feed(session));
	if (session->phase == PHASE_OPEN && framing_closed(session->framing))
		session_say_farewell(session);
	if (session->phase == PHASE_FAREWELL && evbuffer_get_length(session->out) == 0)
		session_linger(session);
	if (session->phase == PHASE_GONE)
		session_free(session);
	else
		session_arm(session);
}

/* ---- the loop's callbacks -------------------------------------------- */

static void
session_ping(struct session *session)
{
	if (session->phase != PHASE_OPEN)
		return;
	if (session->pings++ < SESSION_PINGS_MAX)
		framing_ping(session->framing);
	else
		framing_close(session->framing, FRAMING_GOING_AWAY, "pings unanswered");
}

static void
session_readable(evutil_socket_t fd, short what, void *arg)
{
	struct session *session = arg;
	unsigned char *buffer = session->host->buffer;
	ssize_t length;

	if (what & EV_READ) {
		length = recv(fd, buffer, SESSION_READ_MAX, 0);
		if (length > 0)
			session_take(session, buffer, (size_t)length);
		else if (length == 0 || (errno != EAGAIN && errno != EINTR))
			session->phase = PHASE_GONE;
	} else {
		session_ping(session);
	}
	session_settle(session);
}

static void
session_writable(evutil_socket_t fd, short what, void *arg)
{
	struct session *session = arg;

	(void)fd;
	if (!(what & EV_WRITE))
		session->phase = PHASE_GONE;
	session_settle(session);
}

static void
session_deadline(evutil_socket_t unused, short what, void *arg)
{
	struct session *session = arg;

	(void)unused, (void)what;
	session->phase = PHASE_GONE;
	session_settle(session);
}

/* ---- for the others -------------------------------------------------- */

int
session_new(struct session_host *host, int fd)
{
	struct session *session = calloc(1, sizeof *session);

	if (session == NULL) {
		close(fd);
		return -1;
	}
	*session = (struct session){ .host = host, .fd = fd };
	LIST_INSERT_HEAD(&host->sessions, session, next);
	host->count++;
	session->in = evbuffer_new();
	session->out = evbuffer_new();
	session->readable = event_new(
	    host->base, fd, EV_READ | EV_PERSIST, session_readable, session);
	session->writable = event_new(
	    host->base, fd, EV_WRITE | EV_PERSIST, session_writable, session);
	session->deadline = evtimer_new(host->base, session_deadline, session);
	if (session->in == NULL || session->out == NULL || session->readable == NULL ||
	    session->writable == NULL || event_add(session->readable, NULL) == -1 ||
	    timer_start(session->deadline, SESSION_HEAD_SECONDS * CLOCK_S) == -1) {
		session_free(session);
		return -1;
	}
	return 0;
}

void
session_free(struct session *session)
{
	struct session_host *host = session->host;

	session_leave_service(session);
	if (session->readable != NULL)
		event_free(session->readable);
	if (session->writable != NULL)
		event_free(session->writable);
	if (session->deadline != NULL)
		event_free(session->deadline);
	framing_free(&session->framing);
	if (session->in != NULL)
		evbuffer_free(session->in);
	if (session->out != NULL)
		evbuffer_free(session->out);
	close(session->fd);
	LIST_REMOVE(session, next);
	free(session);
	host->count--;
	host->gone(host);
}

void
session_send(struct session *session, const void *data, size_t length, bool text)
{
	framing_send(session->framing, data, length, text);
	session_resume(session);
}

void
session_resume(struct session *session)
{
	event_active(session->writable, EV_WRITE, 0);
}

bool
session_close(struct session *session, unsigned code, const char *reason)
{
	if (session->phase == PHASE_OPEN && !framing_closed(session->framing))
		framing_close(session->framing, code, reason);
	else if (session->phase == PHASE_HEAD)
		session->phase = PHASE_GONE;
	else
		return false;
	session_resume(session);
	return true;
}

struct session *
session_next(const struct session *session)
{
	return LIST_NEXT(session, next);
}
