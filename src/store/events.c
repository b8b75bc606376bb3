/* SPDX-License-Identifier: ISC */
/* events: the numbered log. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "protocol/reasons.h"
#include "store/store_internal.h"

enum {
	PRUNED_AT_ONCE = 8,
	EVENT_AROUND = 128
}; /* the most bytes of an event's JSON besides its data and type */

static int
events_no_memory(struct cause *why)
{
	cause_reason(why, &reason_out_of_memory);
	return STORE_FAILED;
}

/* The number of the next event. */
static int
events_next(struct store *store, int64_t *id, struct cause *why)
{
	struct sql_statement *say = store->say[STORE_EVENT_LAST];
	int result = sql_step(say, why);
	int64_t last = result > 0 ? sql_number(say, 0) : 0;

	sql_done(say);
	*id = (last > store->floor ? last : store->floor) + 1;
	return result < 0 ? result : STORE_OK;
}

/* There is one more than may be kept: the oldest goes. Numbers have gaps, so they do not count
 * the events. */
static int
events_prune(struct store *store, struct cause *why)
{
	int64_t many;
	int result = STORE_OK;

	if (store->events == -1)
		result = sql_ask(store->sql, "SELECT count(*) FROM event", &store->events, why);
	else
		store->events++;
	many = store->events - STORE_EVENTS_KEPT;
	if (result != STORE_OK || many <= 0)
		return result;
	many = many < PRUNED_AT_ONCE ? many : PRUNED_AT_ONCE;
	store->events -= many;
	return sql_do(store->say[STORE_EVENT_PRUNE], why, "i", many);
}

int
store_add_event(struct store *store, const char *type, uint64_t wall_ns, const json_t *data,
    int64_t *id, struct cause *why)
{
	char *text = json_line(data);
	int result;

	if (text == NULL)
		return events_no_memory(why);
	result = events_next(store, id, why);
	if (result == STORE_OK)
		result = store_reserve(store, *id, why);
	if (result == STORE_OK)
		result = sql_do(
		    store->say[STORE_EVENT_ADD], why, "itit", *id, type, (int64_t)wall_ns, text);
	free(text);
	return result == STORE_OK ? events_prune(store, why) : result;
}

int
store_change_event(struct store *store, int64_t id, const json_t *data, struct cause *why)
{
	char *text = json_line(data);
	int result;

	if (text == NULL)
		return events_no_memory(why);
	result = sql_do(store->say[STORE_EVENT_CHANGE], why, "it", id, text);
	free(text);
	return result;
}

/* The number that a sentence of one row gives; STORE_MISSING: it gives none. */
static int
events_number(struct sql_statement *say, int64_t *number, struct cause *why)
{
	int result = sql_step(say, why);

	if (result > 0)
		*number = sql_number(say, 0);
	sql_done(say);
	return result > 0 ? STORE_OK : result == 0 ? STORE_MISSING : result;
}

int
store_acknowledge(
    struct store *store, const char *type, int64_t count, int64_t *seen, struct cause *why)
{
	struct sql_statement *counted = store->say[STORE_EVENT_COUNTED];
	char text[24];
	int64_t id;
	int result;

	sql_bind(counted, "ti", type, count);
	result = events_number(counted, &id, why);
	if (result == STORE_MISSING)
		cause_detail(why, &reason_no_such_event, "no %s event has this count", type);
	if (result == STORE_OK)
		result = events_number(store->say[STORE_EVENT_SEEN], seen, why);
	if (result != STORE_OK || id <= *seen)
		return result;
	*seen = id;
	snprintf(text, sizeof text, "%lld", (long long)id);
	return store_set_value(store, "seen", text, why);
}

static struct sql_statement *
events_sentence(struct store *store, const struct store_query *query)
{
	static const enum store_sentence which[2][2] = {
		{ STORE_EVENTS_BACK, STORE_EVENTS_BACK_TYPE },
		{ STORE_EVENTS_ON, STORE_EVENTS_ON_TYPE },
	};

	return store->say[which[query->after >= 0][query->type != NULL]];
}

static int
events_append_row(json_t *list, struct sql_statement *say)
{
	const char *text = sql_text(say, 3);
	json_t *data = json_parse_object(text, strlen(text));

	return json_array_append_new(list,
	    json_pack("{s:I, s:s, s:f, s:o, s:b}", "id", (json_int_t)sql_number(say, 0), "type",
		sql_text(say, 1), "ts", clock_seconds((uint64_t)sql_number(say, 2)), "data",
		data != NULL ? data : json_object(), "seen", sql_number(say, 5) != 0));
}

static int
events_collect(
    struct store *store, const struct store_query *query, json_t *list, struct cause *why)
{
	struct sql_statement *say = events_sentence(store, query);
	size_t room = query->most_bytes != 0 ? query->most_bytes : SIZE_MAX;
	int result;

	sql_bind(say, query->type != NULL ? "iiiiit" : "iiiii", query->after,
	    query->before > 0 ? query->before : INT64_MAX, (int64_t)query->limit, query->from_ns,
	    query->to_ns > 0 ? query->to_ns : INT64_MAX, query->type);
	while ((result = sql_step(say, why)) > 0) {
		size_t size = strlen(sql_text(say, 3)) + strlen(sql_text(say, 1)) + EVENT_AROUND;

		if (sql_number(say, 4) == 0) {
			result = store_bad_row(store, why);
			break;
		}
		if (size > room) {
			result = STORE_OK;
			break;
		}
		room -= size;
		if (events_append_row(list, say) == -1) {
			result = events_no_memory(why);
			break;
		}
	}
	sql_done(say);
	return result;
}

int
store_events(
    struct store *store, const struct store_query *query, json_t **answer, struct cause *why)
{
	json_t *list = json_array();
	int64_t first, last;
	int result = list != NULL ? STORE_OK : events_no_memory(why);

	if (result == STORE_OK)
		result = events_collect(store, query, list, why);
	if (result == STORE_OK)
		result = sql_ask(store->sql, "SELECT min(id) FROM event", &first, why);
	if (result == STORE_OK)
		result = sql_ask(
		    store->sql, "SELECT seq FROM sqlite_sequence WHERE name = 'event'", &last, why);
	if (result != STORE_OK) {
		json_decref(list);
		return result;
	}
	*answer = json_pack("{s:o, s:I, s:I}", "events", list, "first", (json_int_t)first, "last",
	    (json_int_t)last);
	return *answer != NULL ? STORE_OK : events_no_memory(why);
}
