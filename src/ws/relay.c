/* SPDX-License-Identifier: ISC */
#include "ws/relay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "protocol/commands.h"
#include "protocol/limits.h"
#include "protocol/reasons.h"

enum { ID_MAX = 64 }; /* bytes of an "id" that is a string: docs/protocol.md */

/* One message and its reply to come. */
struct slot {
	struct relay *relay;
	bool waiting;		    /* for orield */
	bool changes;		    /* it changes something, if it was done */
	unsigned long token;	    /* for client_forget() */
	struct limiter_user *place; /* among the commands under way; NULL: none */
	json_t *id;		    /* of the message; NULL without */
	char *reply;		    /* kept while an earlier reply is waiting */
	size_t length;
};

struct relay {
	struct session *session;
	struct camera *camera;
	enum role role;
	char who[LIMITER_WHO_SIZE];
	struct limiter *commands;
	struct grant_hold hold;
	struct limiter_user *place; /* NULL: none yet */
	size_t first, count;	    /* of the slots in use, a ring */
	struct slot slots[RELAY_SLOTS];
};

/* ---- replies, in order ----------------------------------------------- */

static struct slot *
relay_push(struct relay *relay)
{
	struct slot *slot = &relay->slots[(relay->first + relay->count++) % RELAY_SLOTS];

	*slot = (struct slot){ .relay = relay };
	return slot;
}

/* It is no longer under way. */
static void
slot_leave(struct slot *slot)
{
	if (slot->place != NULL)
		limiter_leave(slot->place);
	slot->place = NULL;
}

static void
relay_pop(struct relay *relay)
{
	struct slot *slot = &relay->slots[relay->first];

	slot_leave(slot);
	json_decref(slot->id);
	free(slot->reply);
	relay->first = (relay->first + 1) % RELAY_SLOTS;
	relay->count--;
}

/* The reply to `slot` is `line`. Send it, and those that waited for it; or keep it until its
 * turn. */
static void
slot_answer(struct slot *slot, const char *line, size_t length)
{
	struct relay *relay = slot->relay;
	struct slot *first = &relay->slots[relay->first];

	slot->waiting = false;
	slot_leave(slot);
	if (slot != first) {
		slot->reply = malloc(length);
		slot->length = length;
		if (slot->reply == NULL)
			session_close(relay->session, FRAMING_INTERNAL_ERROR, "out of memory");
		else
			memcpy(slot->reply, line, length);
		return;
	}
	session_send(relay->session, line, length, true);
	relay_pop(relay);
	while (relay->count > 0 && !relay->slots[relay->first].waiting) {
		first = &relay->slots[relay->first];
		if (first->reply != NULL)
			session_send(relay->session, first->reply, first->length, true);
		relay_pop(relay);
	}
}

/* A reply of our own; takes the reference to it. */
static void
slot_answer_json(struct slot *slot, json_t *reply)
{
	char *line;

	if (slot->id != NULL)
		json_object_set(reply, "id", slot->id);
	line = json_line(reply);
	json_decref(reply);
	if (line != NULL)
		slot_answer(slot, line, strlen(line));
	else
		session_close(slot->relay->session, FRAMING_INTERNAL_ERROR, "out of memory");
	free(line);
}

static void
slot_refuse(struct slot *slot, const struct reason *reason)
{
	struct cause why;

	cause_reason(&why, reason);
	slot_answer_json(slot, reason_refusal(&why));
}

static void
slot_error(struct slot *slot, const struct reason *reason)
{
	struct cause why;

	cause_reason(&why, reason);
	slot_answer_json(slot, reason_error(&why));
}

static void
relay_replied(void *arg, struct client_reply *reply)
{
	struct slot *slot = arg;

	if (reply->line != NULL)
		slot_answer(slot, reply->line, reply->length);
	else if (reply->failure != CLIENT_UNKNOWN)
		slot_refuse(slot, reply->failure == CLIENT_BUSY ? &reason_busy : &reason_no_daemon);
	else
		slot_refuse(slot, slot->changes ? &reason_unknown_outcome : &reason_daemon_silent);
}

/* ---- messages -------------------------------------------------------- */

/* A line must not have a line feed inside. In JSON it can only be white space. */
static void
relay_forward(struct relay *relay, struct slot *slot, enum command_id command, const char *data,
    size_t length)
{
	char line[MESSAGE_MAX];

	if (memchr(data, '\n', length) != NULL) {
		for (size_t i = 0; i < length; i++)
			line[i] = data[i] == '\n' ? ' ' : data[i];
		data = line;
	}
	slot->waiting = true;
	slot->changes = command_rows[command].role == COMMAND_OPERATOR;
	slot->token = client_send(relay->camera->client, client_way(command, relay->role), data,
	    length, relay_replied, slot);
	if (slot->token == 0)
		session_close(relay->session, FRAMING_INTERNAL_ERROR, "out of memory");
}

/* Take a place among the commands under way. False: it has been refused. */
static bool
slot_takes_place(struct slot *slot)
{
	const struct relay *relay = slot->relay;
	struct cause why;

	switch (limiter_take(relay->commands, relay->who, relay->role, &slot->place)) {
	case LIMITER_OK: return true;
	case LIMITER_FULL:
		cause_detail(&why, &reason_too_many, "too many requests at a time");
		break;
	case LIMITER_SHARE:
		cause_detail(&why, &reason_too_many_from_one,
		    "too many requests at a time from one account or address");
		break;
	case LIMITER_NO_MEMORY: cause_reason(&why, &reason_out_of_memory); break;
	}
	slot->place = NULL;
	slot_answer_json(slot, reason_refusal(&why));
	return false;
}

static bool
id_valid(const json_t *id)
{
	return json_is_integer(id) || (json_is_string(id) && json_string_length(id) <= ID_MAX);
}

static enum role
command_needs(enum command_id id)
{
	return command_rows[id].role == COMMAND_VIEWER ? ROLE_VIEWER : ROLE_OPERATOR;
}

static void
relay_message(void *state, const void *data, size_t length, bool text)
{
	struct relay *relay = state;
	struct slot *slot = relay_push(relay);
	json_t *message = json_parse_object(data != NULL ? data : "", length);
	const char *name = json_get_text(message, "cmd");
	enum command_id command = name != NULL ? command_find(name) : COMMAND_COUNT;

	(void)text;
	if (id_valid(json_object_get(message, "id")))
		slot->id = json_incref(json_object_get(message, "id"));
	if (message == NULL)
		slot_error(slot, &reason_bad_json);
	else if (!command_is_remote(command))
		slot_error(slot, &reason_unknown_command);
	else if (relay->role < command_needs(command))
		slot_refuse(slot, &reason_operators_only);
	else if (slot_takes_place(slot))
		relay_forward(relay, slot, command, data, length);
	json_decref(message);
}

/* ---- the session's service ------------------------------------------- */

static void
relay_refuse(struct handshake *handshake, const struct cameras *there)
{
	json_t *names = json_array(), *body;
	struct cause why;

	for (size_t i = 0; i < there->count; i++)
		json_array_append_new(names, json_words(there->name[i]));
	if (handshake->camera[0] != '\0')
		cause_reason(&why, &reason_unknown_camera);
	else
		cause_detail(&why, &reason_which_camera,
		    "which camera? say /cam/NAME/…, or set default_camera");
	body = reason_error(&why);
	json_object_set_new(body, "cameras", names);
	handshake_refuse_json(handshake, 404, body);
}

static void
relay_grant_ended(void *arg)
{
	struct relay *relay = arg;

	session_close(relay->session, FRAMING_LOGGED_OUT, "logged out");
}

static void
relay_free(struct relay *relay)
{
	grant_hold_end(&relay->hold);
	if (relay->place != NULL)
		limiter_leave(relay->place);
	free(relay);
}

/* False: no place is left for this client. */
static bool
relay_takes_place(struct relay *relay, struct limiter *limiter, struct handshake *handshake)
{
	struct cause why;

	switch (limiter_take(limiter, handshake->who, handshake->role, &relay->place)) {
	case LIMITER_OK: return true;
	case LIMITER_FULL:
		cause_detail(&why, &reason_too_many, "too many clients");
		handshake_refuse_why(handshake, 503, &why);
		break;
	case LIMITER_SHARE:
		cause_detail(&why, &reason_too_many_from_one,
		    "too many clients from one account or address");
		handshake_refuse_why(handshake, 429, &why);
		break;
	case LIMITER_NO_MEMORY: handshake_refuse(handshake, 503, &reason_out_of_memory); break;
	}
	relay->place = NULL;
	return false;
}

static void *
relay_open(void *arg, struct session *session, struct handshake *handshake)
{
	struct relay *relay = calloc(1, sizeof *relay);
	struct relay_world *world = arg;
	struct cameras there;

	if (relay == NULL) {
		handshake_refuse(handshake, 503, &reason_out_of_memory);
		return NULL;
	}
	relay->session = session;
	relay->role = handshake->role;
	relay->commands = &world->commands;
	strcpy(relay->who, handshake->who);
	if (world->holds != NULL &&
	    !grant_hold_begin(
		&relay->hold, world->holds, handshake->grant, relay_grant_ended, relay)) {
		handshake_refuse(handshake, 401, &reason_not_logged_in);
		relay_free(relay);
		return NULL;
	}
	if (!relay_takes_place(relay, &world->limiter, handshake)) {
		relay_free(relay);
		return NULL;
	}
	relay->camera = camera_join(&world->set, handshake->camera, &there);
	if (relay->camera != NULL)
		return relay;
	if (errno == ENOENT)
		relay_refuse(handshake, &there);
	else
		handshake_refuse(handshake, 503, &reason_out_of_memory);
	relay_free(relay);
	return NULL;
}

static bool
relay_ready(void *state)
{
	const struct relay *relay = state;

	return relay->count < RELAY_BUSY;
}

/* Commands that were sent to orield are done all the same; nobody gets their replies. */
static void
relay_close(void *state)
{
	struct relay *relay = state;

	while (relay->count > 0) {
		const struct slot *slot = &relay->slots[relay->first];

		if (slot->waiting)
			client_forget(relay->camera->client, slot->token);
		relay_pop(relay);
	}
	camera_leave(relay->camera);
	relay_free(relay);
}

const struct session_service relay_service = {
	.message_max = MESSAGE_MAX,
	.open = relay_open,
	.ready = relay_ready,
	.message = relay_message,
	.close = relay_close,
};
