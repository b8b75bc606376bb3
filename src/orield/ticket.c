/* SPDX-License-Identifier: ISC */
/* ticket: a command that waits for its reply, and how that goes out. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "base/vocabulary.h"
#include "orield/peer_inside.h"

enum { ID_SIZE = 64 };

/* ---- life ------------------------------------------------------------------------------ */

struct ticket *
ticket_new(struct peer *peer)
{
	struct ticket *ticket = calloc(1, sizeof *ticket);

	if (ticket == NULL)
		return NULL;
	ticket->peer = peer;
	ticket->fds[0] = ticket->fds[1] = -1;
	TAILQ_INSERT_TAIL(&peer->wire->tickets, ticket, next);
	peer->wire->pending++;
	return ticket;
}

void
ticket_free(struct ticket *ticket)
{
	json_decref(ticket->id);
	for (int i = 0; i < 2; i++)
		if (ticket->fds[i] != -1)
			close(ticket->fds[i]);
	free(ticket->line);
	free(ticket);
}

/* It has been answered, or cannot be. */
static void
ticket_end(struct ticket *ticket)
{
	struct peer *peer = ticket->peer;

	TAILQ_REMOVE(&peer->wire->tickets, ticket, next);
	peer->wire->pending--;
	ticket_free(ticket);
	peer_go_on(peer);
}

/* ---- what came with the command ---------------------------------------------------------- */

size_t
ticket_tag_length(const char *line, size_t length)
{
	size_t at = 1;

	if (length == 0 || line[0] != '#')
		return 0;
	while (at < length && at < TICKET_TAG_SIZE - 2 && line[at] >= '0' && line[at] <= '9')
		at++;
	return at > 1 && at < length && line[at] == ' ' ? at + 1 : 0;
}

bool
ticket_take_id(struct ticket *ticket, json_t *command)
{
	json_t *id = json_object_get(command, "id");

	if (id == NULL)
		return true;
	if (!json_is_integer(id) && (!json_is_string(id) || json_string_length(id) > ID_SIZE))
		return false;
	ticket->id = json_incref(id);
	json_object_del(command, "id");
	return true;
}

struct peer *
ticket_peer(const struct ticket *ticket)
{
	return ticket->peer;
}

const json_t *
ticket_id(const struct ticket *ticket)
{
	return ticket->id;
}

void
ticket_keep_room(struct ticket *ticket, size_t bytes)
{
	if (ticket->peer == NULL)
		return;
	ticket->room += bytes;
	ticket->peer->wire->room += bytes;
}

void
ticket_show(struct ticket *ticket, ticket_witness *witness, void *arg)
{
	ticket->witness = witness;
	ticket->witness_arg = arg;
}

/* ---- replies ------------------------------------------------------------------------------- */

void
ticket_hold(struct ticket *ticket, const char *line, size_t length)
{
	char *longer = realloc(ticket->line, ticket->length + length + 2);

	if (longer == NULL) {
		peer_kill(ticket->peer);
		return;
	}
	longer[ticket->length] = '\n';
	memcpy(longer + ticket->length + 1, line, length + 1);
	ticket->line = longer;
	ticket->length += length + 1;
	ticket->peer->wire->held += length + 1;
}

/* The descriptors go with the next byte of output. */
static void
ticket_post_fds(struct ticket *ticket)
{
	struct peer_wire *wire = ticket->peer->wire;
	struct parcel *parcel;

	if (ticket->fds[0] == -1)
		return;
	parcel = calloc(1, sizeof *parcel);
	if (parcel == NULL) {
		peer_kill(ticket->peer);
		return;
	}
	parcel->at = wire->sent + evbuffer_get_length(wire->out);
	for (int i = 0; i < 2; i++) {
		parcel->fds[i] = ticket->fds[i];
		ticket->fds[i] = -1;
	}
	STAILQ_INSERT_TAIL(&wire->parcels, parcel, next);
}

static void
ticket_post(struct ticket *ticket)
{
	ticket_post_fds(ticket);
	ticket->peer->wire->held -= ticket->length;
	peer_put(ticket->peer, ticket->tag, ticket->line, ticket->length);
	ticket_end(ticket);
}

/* Send the replies that are known, as far as all before them are. One with a tag
 * neither waits nor is waited for. */
static void
tickets_post(struct peer *peer)
{
	struct ticket *ticket, *next;

	for (ticket = TAILQ_FIRST(&peer->wire->tickets); ticket != NULL; ticket = next) {
		next = TAILQ_NEXT(ticket, next);
		if (ticket->tag[0] != '\0')
			continue;
		if (ticket->line == NULL)
			return;
		ticket_post(ticket);
	}
}

static void
ticket_ready(struct ticket *ticket)
{
	struct peer *peer = ticket->peer;

	peer->wire->room -= ticket->room;
	ticket->room = 0;
	/* No reader takes a longer line (the controls of an odd camera may be one). */
	if (ticket->line != NULL && strlen(ticket->line) + strlen(ticket->tag) >= LINE_MAX_SIZE)
		strcpy(ticket->line, "{\"error\":\"the answer is longer than a line may be\"}");
	if (ticket->line == NULL) {
		log_error("control", "out of memory for a reply; the peer is dropped");
		peer_kill(peer);
		ticket_end(ticket);
		return;
	}
	ticket->length = strlen(ticket->line);
	peer->wire->held += ticket->length;
	if (ticket->tag[0] != '\0')
		ticket_post(ticket);
	else
		tickets_post(peer);
}

void
ticket_reply_fds(struct ticket *ticket, json_t *reply, const int fds[2])
{
	if (ticket->witness != NULL)
		ticket->witness(ticket->witness_arg, reply, ticket->peer != NULL);
	if (ticket->id != NULL)
		json_object_set(reply, "id", ticket->id);
	if (ticket->peer != NULL)
		ticket->line = json_line(reply);
	json_decref(reply);
	ticket->fds[0] = fds[0];
	ticket->fds[1] = fds[1];
	if (ticket->peer == NULL)
		ticket_free(ticket);
	else
		ticket_ready(ticket);
}

void
ticket_reply(struct ticket *ticket, json_t *reply)
{
	ticket_reply_fds(ticket, reply, (const int[2]){ -1, -1 });
}

void
ticket_error(struct ticket *ticket, const char *error)
{
	ticket_reply(ticket, json_pack("{so}", "error", json_words(error)));
}

void
ticket_refuse(struct ticket *ticket, const char *reason)
{
	ticket_reply(ticket, json_pack("{sb so}", "ok", 0, "reason", json_words(reason)));
}
