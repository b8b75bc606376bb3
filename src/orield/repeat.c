/* SPDX-License-Identifier: ISC */
#include "orield/repeat.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"

/* Somebody who asked again while the first was under way. */
struct joined {
	STAILQ_ENTRY(joined) next;
	struct ticket *ticket;
};

struct repeat {
	TAILQ_ENTRY(repeat) next;
	struct repeats *repeats;
	char *key;   /* the command with its id, as JSON */
	char *reply; /* NULL: under way */
	size_t bytes;
	bool sure;	  /* nobody else has that id */
	uint64_t mono_ns; /* when it was asked, and then when it was answered */
	STAILQ_HEAD(, joined) joined;
};

struct repeats {
	TAILQ_HEAD(repeat_list, repeat) list; /* the newest last */
	size_t bytes;
};

struct repeats *
repeats_new(void)
{
	struct repeats *repeats = calloc(1, sizeof *repeats);

	if (repeats != NULL)
		TAILQ_INIT(&repeats->list);
	return repeats;
}

static void
repeat_free(struct repeat *repeat)
{
	TAILQ_REMOVE(&repeat->repeats->list, repeat, next);
	repeat->repeats->bytes -= repeat->bytes;
	free(repeat->key);
	free(repeat->reply);
	free(repeat);
}

void
repeats_free(struct repeats **repeats)
{
	struct repeats *gone = *repeats;

	if (gone == NULL)
		return;
	while (!TAILQ_EMPTY(&gone->list))
		repeat_free(TAILQ_FIRST(&gone->list));
	free(gone);
	*repeats = NULL;
}

/* ---- what was answered ------------------------------------------------------------------- */

static void
repeat_answer_joined(struct repeat *repeat, const json_t *reply)
{
	struct joined *joined;

	while ((joined = STAILQ_FIRST(&repeat->joined)) != NULL) {
		STAILQ_REMOVE_HEAD(&repeat->joined, next);
		ticket_reply(joined->ticket, json_copy((json_t *)reply));
		free(joined);
	}
}

/* What is old goes, and the oldest when it is too much; what is under way stays. */
static void
repeats_prune(struct repeats *repeats)
{
	uint64_t now = clock_mono_ns();
	struct repeat *repeat, *next;

	for (repeat = TAILQ_FIRST(&repeats->list); repeat != NULL; repeat = next) {
		next = TAILQ_NEXT(repeat, next);
		if (repeat->reply != NULL &&
		    (repeats->bytes > REPEAT_BYTES ||
			now - repeat->mono_ns > REPEAT_SECONDS * CLOCK_S))
			repeat_free(repeat);
	}
}

/* The first one's reply. */
static void
repeat_answered(void *arg, const json_t *reply, bool heard)
{
	struct repeat *repeat = arg;
	struct repeats *repeats = repeat->repeats;
	uint64_t now = clock_mono_ns();
	bool late = !heard || now - repeat->mono_ns > REPEAT_LATE_MS * CLOCK_MS;
	bool done = json_is_true(json_object_get(reply, "ok"));

	repeat_answer_joined(repeat, reply);
	repeat->reply = done && (repeat->sure || late) ? json_line(reply) : NULL;
	if (repeat->reply == NULL) {
		repeat_free(repeat);
		return;
	}
	repeat->mono_ns = now;
	repeat->bytes += strlen(repeat->reply);
	repeats->bytes += strlen(repeat->reply);
	repeats_prune(repeats);
}

/* ---- asking -------------------------------------------------------------------------------- */

static char *
repeat_key(const struct ticket *ticket, const json_t *command)
{
	json_t *both = json_pack("[OO]", ticket_id(ticket), command);
	char *key = json_dumps(both, JSON_COMPACT | JSON_SORT_KEYS);

	json_decref(both);
	return key;
}

static void
repeat_join(struct repeat *repeat, struct ticket *ticket)
{
	struct joined *joined = malloc(sizeof *joined);

	if (joined == NULL) {
		ticket_refuse(ticket, "out of memory");
		return;
	}
	joined->ticket = ticket;
	STAILQ_INSERT_TAIL(&repeat->joined, joined, next);
}

static struct repeat *
repeats_find(struct repeats *repeats, const char *key)
{
	struct repeat *repeat;

	repeats_prune(repeats);
	TAILQ_FOREACH(repeat, &repeats->list, next)
	if (strcmp(repeat->key, key) == 0)
		break;
	return repeat;
}

/* Takes `key`. Without memory it is only not remembered. */
static void
repeats_add(struct repeats *repeats, struct ticket *ticket, char *key)
{
	struct repeat *repeat = calloc(1, sizeof *repeat);

	if (repeat == NULL) {
		free(key);
		return;
	}
	*repeat = (struct repeat){ .repeats = repeats,
		.key = key,
		.bytes = sizeof *repeat + strlen(key),
		.sure = json_string_length(ticket_id(ticket)) >= REPEAT_ID_SURE,
		.mono_ns = clock_mono_ns() };
	STAILQ_INIT(&repeat->joined);
	repeats->bytes += repeat->bytes;
	TAILQ_INSERT_TAIL(&repeats->list, repeat, next);
	ticket_show(ticket, repeat_answered, repeat);
}

bool
repeats_take(struct repeats *repeats, struct ticket *ticket, const json_t *command)
{
	char *key = ticket_id(ticket) != NULL ? repeat_key(ticket, command) : NULL;
	struct repeat *repeat = key != NULL ? repeats_find(repeats, key) : NULL;

	if (repeat == NULL && key != NULL)
		repeats_add(repeats, ticket, key);
	if (repeat == NULL)
		return false;
	free(key);
	if (repeat->reply == NULL)
		repeat_join(repeat, ticket);
	else
		ticket_reply(ticket, json_loads(repeat->reply, 0, NULL));
	return true;
}
