/* SPDX-License-Identifier: ISC */
#include "orield/peer_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "protocol/limits.h"
#include "protocol/reasons.h"

void
peer_kill(struct peer *peer)
{
	if (!peer->wire->dead)
		event_active(peer->wire->closing, EV_TIMEOUT, 0);
	peer->wire->dead = true;
}

/* ---- output ---------------------------------------------------------- */

static void
peer_write(evutil_socket_t fd, short what, void *arg)
{
	struct peer *peer = arg;
	struct peer_wire *wire = peer->wire;

	(void)fd, (void)what;
	switch (wire->dead ? 0 : lines_write(wire->lines)) {
	case 1:
		event_add(wire->writable, NULL);
		peer_go_on(peer);
		return;
	case -1: peer_kill(peer); break;
	}
	if (wire->ended && wire->pending == 0)
		peer_kill(peer);
	peer_go_on(peer);
	if (!wire->dead)
		wire->hooks->drained(wire->arg, peer);
}

/* Write at the end of this turn of the loop, together with what comes until then. */
static void
peer_schedule_write(struct peer *peer)
{
	if (!event_pending(peer->wire->writable, EV_WRITE, NULL))
		event_active(peer->wire->writable, EV_WRITE, 0);
}

void
peer_put(struct peer *peer, const char *tag, const char *line, size_t length)
{
	struct peer_wire *wire = peer->wire;

	if (wire->dead)
		return;
	if (lines_put(wire->lines, tag, line, length) == -1)
		peer_kill(peer);
	else
		peer_schedule_write(peer);
}

/* Commands bound the replies, but nothing bounds the events: drop a peer that does not read. */
static bool
peer_has_room(struct peer *peer, size_t length)
{
	if (lines_unsent(peer->wire->lines) + peer->wire->held + length + 1 <= PEER_OUTPUT_MAX)
		return true;
	if (!peer->wire->dead)
		log_warning("control", "a subscriber does not read what it asked for; dropped");
	peer_kill(peer);
	return false;
}

/* An event does not overtake a reply that was made before it. */
void
peer_send(struct peer *peer, const char *line, size_t length)
{
	struct call *call = TAILQ_LAST(&peer->wire->calls, call_list);

	/* A refused peer gets no later events: it would never ask for those that it missed. */
	if (peer->wire->refused || peer->wire->dead || !peer_has_room(peer, length))
		return;
	while (call != NULL && call->line == NULL)
		call = TAILQ_PREV(call, call_list, next);
	if (call == NULL)
		peer_put(peer, "", line, length);
	else
		call_hold(call, line, length);
}

bool
peer_has_output(const struct peer *peer)
{
	return lines_unsent(peer->wire->lines) > 0;
}

/* ---- commands -------------------------------------------------------- */

static void
peer_take_line(struct peer *peer, const char *line, size_t length)
{
	struct call *call = call_new(peer);
	size_t tag = call_tag_length(line, length);
	struct cause why;
	json_t *command;

	if (call == NULL) {
		peer_kill(peer);
		return;
	}
	memcpy(call->tag, line, tag);
	command = json_parse_object(line + tag, length - tag);
	if (command == NULL)
		call_error(call, &reason_bad_json);
	else if (call_take_id(call, command, &why) == -1)
		call_error_why(call, &why);
	else
		peer->wire->hooks->command(peer->wire->arg, call, command);
	json_decref(command);
}

void
peer_refuse_why(struct peer *peer, const struct cause *why)
{
	struct call *call = call_new(peer);

	peer->wire->ended = peer->wire->refused = true;
	event_del(peer->wire->readable);
	if (call != NULL)
		call_error_why(call, why);
	else
		peer_kill(peer);
}

void
peer_refuse(struct peer *peer, const struct reason *reason)
{
	struct cause why;

	cause_reason(&why, reason);
	peer_refuse_why(peer, &why);
}

/* False while too much is unread, or would be: more commands stay in the socket. */
static bool
peer_may_ask(const struct peer_wire *wire)
{
	return !wire->dead && !wire->ended && wire->pending < PEER_PENDING_MAX &&
	    lines_unsent(wire->lines) + wire->held + wire->room < PEER_OUTPUT_PAUSE;
}

void
peer_go_on(struct peer *peer)
{
	struct peer_wire *wire = peer->wire;

	if (!wire->full || !peer_may_ask(wire))
		return;
	wire->full = false;
	event_active(wire->readable, EV_READ, 0);
}

/* Take the complete lines; false: the rest needs another turn. */
static bool
peer_take_lines(struct peer *peer)
{
	struct peer_wire *wire = peer->wire;
	size_t length;
	char *line;

	for (int turn = 0; peer_may_ask(wire); turn++) {
		if (turn == PEER_TURN)
			return false;
		line = lines_next(wire->lines, &length);
		if (line == NULL)
			break;
		peer_take_line(peer, line, length);
	}
	if (peer_may_ask(wire) && lines_is_full(wire->lines))
		peer_refuse(peer, &reason_line_too_long);
	return true;
}

static void
peer_read(evutil_socket_t fd, short what, void *arg)
{
	struct peer *peer = arg;
	struct peer_wire *wire = peer->wire;
	ssize_t got = -1;

	(void)fd, (void)what;
	if (wire->dead || wire->ended)
		return;
	if (!lines_is_full(wire->lines)) {
		got = lines_read(wire->lines);
		if (got == -1 && errno != EAGAIN && errno != EINTR) {
			peer_kill(peer);
			return;
		}
	}
	if (!peer_take_lines(peer)) {
		event_active(wire->readable, EV_READ, 0);
		return;
	}
	wire->full = !wire->ended && !peer_may_ask(wire);
	if (wire->full || wire->ended) {
		event_del(wire->readable);
	} else if (got == 0) {
		wire->ended = true;
		event_del(wire->readable);
		peer_schedule_write(peer);
	} else {
		event_add(wire->readable, NULL);
	}
}

/* ---- life ------------------------------------------------------------ */

static void
peer_close(evutil_socket_t fd, short what, void *arg)
{
	struct peer *peer = arg;

	(void)fd, (void)what;
	peer_free(&peer);
}

static bool
wire_init(struct peer *peer, struct event_base *base)
{
	struct peer_wire *wire = peer->wire;
	int fd = lines_fd(wire->lines);

	TAILQ_INIT(&wire->calls);
	wire->readable = event_new(base, fd, EV_READ | EV_PERSIST, peer_read, peer);
	wire->writable = event_new(base, fd, EV_WRITE, peer_write, peer);
	wire->closing = evtimer_new(base, peer_close, peer);
	return wire->readable != NULL && wire->writable != NULL && wire->closing != NULL &&
	    event_add(wire->readable, NULL) == 0;
}

static void
wire_free(struct peer_wire *wire)
{
	struct call *call;

	/* Calls that are not answered yet are freed when they are. */
	while ((call = TAILQ_FIRST(&wire->calls)) != NULL) {
		TAILQ_REMOVE(&wire->calls, call, next);
		call->peer = NULL;
		if (call->line != NULL)
			call_free(call);
	}
	for (size_t i = 0; i < 3; i++) {
		struct event *event = ((struct event *[]){
		    wire->readable, wire->writable, wire->closing })[i];

		if (event != NULL)
			event_free(event);
	}
	lines_free(&wire->lines);
	free(wire);
}

struct peer *
peer_new(struct event_base *base, int fd, const struct peer_hooks *hooks, void *arg)
{
	struct peer *peer = calloc(1, sizeof *peer);

	if (peer != NULL)
		peer->wire = calloc(1, sizeof *peer->wire);
	if (peer != NULL && peer->wire != NULL)
		peer->wire->lines = lines_new(false);
	if (peer == NULL || peer->wire == NULL || peer->wire->lines == NULL) {
		if (peer != NULL)
			free(peer->wire);
		free(peer);
		close(fd);
		return NULL;
	}
	peer->bell = -1;
	lines_open(peer->wire->lines, fd);
	peer->wire->hooks = hooks;
	peer->wire->arg = arg;
	if (wire_init(peer, base))
		return peer;
	wire_free(peer->wire);
	free(peer);
	return NULL;
}

void
peer_free(struct peer **peer)
{
	struct peer *gone = *peer;

	if (gone == NULL)
		return;
	gone->wire->hooks->gone(gone->wire->arg, gone);
	wire_free(gone->wire);
	free(gone);
	*peer = NULL;
}
