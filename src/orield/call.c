/* SPDX-License-Identifier: ISC */
/* call: a command that waits for its reply, and how the reply goes out. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "protocol/limits.h"
#include "protocol/reasons.h"
#include "orield/peer_internal.h"

enum { ID_SIZE = 64 };

/* ---- life ------------------------------------------------------------ */

static void
call_forget_fds(struct call *call)
{
	for (int i = 0; i < LINES_FDS; i++)
		call->fds[i] = -1;
}

struct call *
call_new(struct peer *peer)
{
	struct call *call = calloc(1, sizeof *call);

	if (call == NULL)
		return NULL;
	call->peer = peer;
	call_forget_fds(call);
	TAILQ_INSERT_TAIL(&peer->wire->calls, call, next);
	peer->wire->pending++;
	return call;
}

void
call_free(struct call *call)
{
	json_decref(call->id);
	for (int i = 0; i < LINES_FDS; i++)
		if (call->fds[i] != -1)
			close(call->fds[i]);
	free(call->line);
	free(call);
}

/* The call is answered, or cannot be. */
static void
call_end(struct call *call)
{
	struct peer *peer = call->peer;

	TAILQ_REMOVE(&peer->wire->calls, call, next);
	peer->wire->pending--;
	call_free(call);
	peer_go_on(peer);
}

/* ---- what came with the command -------------------------------------- */

size_t
call_tag_length(const char *line, size_t length)
{
	size_t at = 1;

	if (length == 0 || line[0] != '#')
		return 0;
	while (at < length && at < CALL_TAG_SIZE - 2 && line[at] >= '0' && line[at] <= '9')
		at++;
	return at > 1 && at < length && line[at] == ' ' ? at + 1 : 0;
}

int
call_take_id(struct call *call, json_t *command, struct cause *why)
{
	json_t *id = json_object_get(command, "id");

	if (id == NULL)
		return 0;
	if (!json_is_integer(id) && (!json_is_string(id) || json_string_length(id) > ID_SIZE))
		return cause_set(
		    why, "id must be an integer or a string of at most %d bytes", ID_SIZE);
	call->id = json_incref(id);
	json_object_del(command, "id");
	return 0;
}

struct peer *
call_peer(const struct call *call)
{
	return call->peer;
}

const json_t *
call_id(const struct call *call)
{
	return call->id;
}

void
call_keep_room(struct call *call, size_t bytes)
{
	if (call->peer == NULL)
		return;
	call->room += bytes;
	call->peer->wire->room += bytes;
}

void
call_show(struct call *call, call_witness *witness, void *arg)
{
	call->witness = witness;
	call->witness_arg = arg;
}

/* ---- replies --------------------------------------------------------- */

void
call_hold(struct call *call, const char *line, size_t length)
{
	char *longer = realloc(call->line, call->length + length + 2);

	if (longer == NULL) {
		peer_kill(call->peer);
		return;
	}
	longer[call->length] = '\n';
	memcpy(longer + call->length + 1, line, length + 1);
	call->line = longer;
	call->length += length + 1;
	call->peer->wire->held += length + 1;
}

/* The descriptors go with the next byte of output. */
static void
call_post_fds(struct call *call)
{
	if (call->fds[0] == -1)
		return;
	if (lines_put_fds(call->peer->wire->lines, call->fds) == -1)
		peer_kill(call->peer);
	else
		call_forget_fds(call);
}

static void
call_post(struct call *call)
{
	call_post_fds(call);
	call->peer->wire->held -= call->length;
	peer_put(call->peer, call->tag, call->line, call->length);
	call_end(call);
}

/* Send the replies that are ready, in order, up to the first that is not. A reply with a
 * tag does not wait, and no other waits for it. */
static void
tickets_post(struct peer *peer)
{
	struct call *call, *next;

	for (call = TAILQ_FIRST(&peer->wire->calls); call != NULL; call = next) {
		next = TAILQ_NEXT(call, next);
		if (call->tag[0] != '\0')
			continue;
		if (call->line == NULL)
			return;
		call_post(call);
	}
}

static void
call_ready(struct call *call)
{
	struct peer *peer = call->peer;

	peer->wire->room -= call->room;
	call->room = 0;
	/* Readers refuse a longer line. (The controls of an odd camera may be that long.) */
	if (call->line != NULL && strlen(call->line) + strlen(call->tag) >= LINE_MAX_SIZE)
		reason_line(&reason_answer_too_long, call->line);
	if (call->line == NULL) {
		log_error("control", "out of memory for a reply; the peer is dropped");
		peer_kill(peer);
		call_end(call);
		return;
	}
	call->length = strlen(call->line);
	peer->wire->held += call->length;
	if (call->tag[0] != '\0')
		call_post(call);
	else
		tickets_post(peer);
}

void
call_reply_fds(struct call *call, json_t *reply, const int fds[LINES_FDS])
{
	if (call->witness != NULL)
		call->witness(call->witness_arg, reply, call->peer != NULL);
	if (call->id != NULL)
		json_object_set(reply, "id", call->id);
	if (call->peer != NULL)
		call->line = json_line(reply);
	json_decref(reply);
	memcpy(call->fds, fds, sizeof call->fds);
	if (call->peer == NULL)
		call_free(call);
	else
		call_ready(call);
}

void
call_reply(struct call *call, json_t *reply)
{
	call_reply_fds(call, reply, (const int[LINES_FDS]){ -1, -1, -1 });
}

void
call_error_why(struct call *call, const struct cause *why)
{
	struct cause said = *why;

	cause_default(&said, &reason_bad_argument);
	call_reply(call, reason_error(&said));
}

void
call_refuse_why(struct call *call, const struct cause *why)
{
	struct cause said = *why;

	cause_default(&said, &reason_refused);
	call_reply(call, reason_refusal(&said));
}

void
call_error(struct call *call, const struct reason *reason)
{
	struct cause why;

	cause_reason(&why, reason);
	call_error_why(call, &why);
}

void
call_refuse(struct call *call, const struct reason *reason)
{
	struct cause why;

	cause_reason(&why, reason);
	call_refuse_why(call, &why);
}
