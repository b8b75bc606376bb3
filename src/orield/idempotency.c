/* SPDX-License-Identifier: ISC */
#include "orield/idempotency.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "protocol/reasons.h"

/* A repetition that came while the first was under way. */
struct joined {
	STAILQ_ENTRY(joined) next;
	struct call *call;
};

struct idempotent {
	TAILQ_ENTRY(idempotent) next;
	struct idempotency *idempotency;
	char *key;   /* the command with its id, as JSON */
	char *reply; /* NULL: under way */
	size_t bytes;
	bool sure;	  /* nobody else has that id */
	uint64_t mono_ns; /* when it came; after the answer: when it was answered */
	STAILQ_HEAD(, joined) joined;
};

struct idempotency {
	TAILQ_HEAD(idempotent_list, idempotent) list; /* the newest last */
	size_t bytes;
};

struct idempotency *
idempotency_new(void)
{
	struct idempotency *idempotency = calloc(1, sizeof *idempotency);

	if (idempotency != NULL)
		TAILQ_INIT(&idempotency->list);
	return idempotency;
}

static void
idempotent_free(struct idempotent *known)
{
	TAILQ_REMOVE(&known->idempotency->list, known, next);
	known->idempotency->bytes -= known->bytes;
	free(known->key);
	free(known->reply);
	free(known);
}

void
idempotency_free(struct idempotency **idempotency)
{
	struct idempotency *gone = *idempotency;

	if (gone == NULL)
		return;
	while (!TAILQ_EMPTY(&gone->list))
		idempotent_free(TAILQ_FIRST(&gone->list));
	free(gone);
	*idempotency = NULL;
}

/* ---- what was answered ----------------------------------------------- */

static void
idempotent_answer_joined(struct idempotent *known, const json_t *reply)
{
	struct joined *joined;

	while ((joined = STAILQ_FIRST(&known->joined)) != NULL) {
		STAILQ_REMOVE_HEAD(&known->joined, next);
		call_reply(joined->call, json_copy((json_t *)reply));
		free(joined);
	}
}

/* Drop what is too old, and the oldest if there are too many bytes. Commands under way stay. */
static void
idempotency_prune(struct idempotency *idempotency)
{
	uint64_t now = clock_mono_ns();
	struct idempotent *known, *next;

	for (known = TAILQ_FIRST(&idempotency->list); known != NULL; known = next) {
		next = TAILQ_NEXT(known, next);
		if (known->reply != NULL &&
		    (idempotency->bytes > IDEMPOTENCY_BYTES ||
			now - known->mono_ns > IDEMPOTENCY_SECONDS * CLOCK_S))
			idempotent_free(known);
	}
}

/* The first command was answered. */
static void
idempotent_answered(void *arg, const json_t *reply, bool heard)
{
	struct idempotent *known = arg;
	struct idempotency *idempotency = known->idempotency;
	uint64_t now = clock_mono_ns();
	bool late = !heard || now - known->mono_ns > IDEMPOTENCY_LATE_MS * CLOCK_MS;
	bool done = json_is_true(json_object_get(reply, "ok"));

	idempotent_answer_joined(known, reply);
	known->reply = done && (known->sure || late) ? json_line(reply) : NULL;
	if (known->reply == NULL) {
		idempotent_free(known);
		return;
	}
	known->mono_ns = now;
	known->bytes += strlen(known->reply);
	idempotency->bytes += strlen(known->reply);
	idempotency_prune(idempotency);
}

/* ---- asking ---------------------------------------------------------- */

static char *
idempotent_key(const struct call *call, const json_t *command)
{
	json_t *both = json_pack("[O, O]", call_id(call), command);
	char *key = json_dumps(both, JSON_COMPACT | JSON_SORT_KEYS);

	json_decref(both);
	return key;
}

static void
idempotent_join(struct idempotent *known, struct call *call)
{
	struct joined *joined = malloc(sizeof *joined);

	if (joined == NULL) {
		call_refuse(call, &reason_out_of_memory);
		return;
	}
	joined->call = call;
	STAILQ_INSERT_TAIL(&known->joined, joined, next);
}

static struct idempotent *
idempotency_find(struct idempotency *idempotency, const char *key)
{
	struct idempotent *known;

	idempotency_prune(idempotency);
	TAILQ_FOREACH(known, &idempotency->list, next)
		if (strcmp(known->key, key) == 0)
			break;
	return known;
}

/* Takes over `key`. Without memory, the command is only not remembered. */
static void
idempotency_add(struct idempotency *idempotency, struct call *call, char *key)
{
	struct idempotent *known = calloc(1, sizeof *known);

	if (known == NULL) {
		free(key);
		return;
	}
	*known = (struct idempotent){ .idempotency = idempotency,
		.key = key,
		.bytes = sizeof *known + strlen(key),
		.sure = json_string_length(call_id(call)) >= IDEMPOTENCY_ID_SURE,
		.mono_ns = clock_mono_ns() };
	STAILQ_INIT(&known->joined);
	idempotency->bytes += known->bytes;
	TAILQ_INSERT_TAIL(&idempotency->list, known, next);
	call_show(call, idempotent_answered, known);
}

bool
idempotency_take(struct idempotency *idempotency, struct call *call, const json_t *command)
{
	char *key = call_id(call) != NULL ? idempotent_key(call, command) : NULL;
	struct idempotent *known = key != NULL ? idempotency_find(idempotency, key) : NULL;

	if (known == NULL && key != NULL)
		idempotency_add(idempotency, call, key);
	if (known == NULL)
		return false;
	free(key);
	if (known->reply == NULL)
		idempotent_join(known, call);
	else
		call_reply(call, json_loads(known->reply, 0, NULL));
	return true;
}
