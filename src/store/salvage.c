/* SPDX-License-Identifier: ISC */
/* salvage: what a damaged database still gives. A walk ends where a page cannot be read. Events
 * are walked from both ends, so that those behind such a page are found as well. Tables may lead
 * in circles: so numbers must grow (or fall), and a time limit ends everything. */
#include <string.h>

#include "base/clock.h"
#include "store/store_internal.h"

struct salvage {
	struct sql *damaged, *sound;
	struct sql_statement *value, *event, *pin; /* to put one */
	int64_t most, first, last;		   /* the numbers read by the first walk */
	struct store_repaired *repaired;
	struct cause *why;
};

/* With sums, else for layout 1, which had none. */
static struct sql_statement *
salvage_ask(struct salvage *salvage, const char *with_sums, const char *without)
{
	struct sql_statement *say = sql_prepare(salvage->damaged, with_sums, NULL);

	return say != NULL ? say : sql_prepare(salvage->damaged, without, NULL);
}

static int
salvage_values(struct salvage *salvage)
{
	struct sql_statement *say = salvage_ask(salvage,
	    "SELECT name, text FROM value WHERE sum = row_sum(name, text)",
	    "SELECT name, text FROM value");
	int result = STORE_OK;

	while (say != NULL && result == STORE_OK && sql_step(say, NULL) > 0) {
		result = sql_do(
		    salvage->value, salvage->why, "tt", sql_text(say, 0), sql_text(say, 1));
		salvage->repaired->values += result == STORE_OK;
	}
	return result;
}

/* Older layouts have none. */
static int
salvage_pins(struct salvage *salvage)
{
	struct sql_statement *say = sql_prepare(
	    salvage->damaged, "SELECT url FROM pinned WHERE sum = row_sum(url)", NULL);
	int result = STORE_OK;

	while (say != NULL && result == STORE_OK && sql_step(say, NULL) > 0)
		result = sql_do(salvage->pin, salvage->why, "t", sql_text(say, 0));
	return result;
}

static int
salvage_walk(struct salvage *salvage, struct sql_statement *say, bool up)
{
	int64_t before = up ? 0 : salvage->most + 1;
	int result = STORE_OK;

	while (say != NULL && result == STORE_OK && sql_step(say, NULL) > 0) {
		int64_t id = sql_number(say, 0);

		if (up ? id <= before || id > salvage->most : id >= before || id <= salvage->last)
			break;
		before = id;
		result = sql_do(salvage->event, salvage->why, "itit", id, sql_text(say, 1),
		    sql_number(say, 2), sql_text(say, 3));
		salvage->repaired->events += result == STORE_OK;
	}
	if (up)
		salvage->last = before;
	return result;
}

#define EVENTS "SELECT id, type, wall_ns, data FROM event NOT INDEXED"
#define RIGHT " WHERE sum = row_sum(id, type, wall_ns, data)"
#define WORDS " WHERE type NOT GLOB '*[^a-z]*'"
static int
salvage_events(struct salvage *salvage)
{
	int result = salvage_walk(salvage,
	    salvage_ask(salvage, EVENTS RIGHT " ORDER BY id", EVENTS WORDS " ORDER BY id"), true);

	if (result == STORE_OK)
		result = salvage_walk(salvage,
		    salvage_ask(salvage, EVENTS RIGHT " ORDER BY id DESC",
			EVENTS WORDS " ORDER BY id DESC"),
		    false);
	return result;
}

int
salvage(struct sql *damaged, struct sql *sound, int64_t most, struct store_repaired *repaired,
    struct cause *why)
{
	struct salvage salvage = {
		.damaged = damaged, .sound = sound, .most = most, .repaired = repaired, .why = why
	};
	int result;

	salvage.value = sql_prepare(
	    sound, "INSERT OR REPLACE INTO value VALUES (?1, ?2, row_sum(?1, ?2))", why);
	salvage.event = sql_prepare(sound,
	    "INSERT OR IGNORE INTO event VALUES (?1, ?2, ?3, ?4, row_sum(?1, ?2, ?3, ?4))", why);
	salvage.pin = sql_prepare(
	    sound, "INSERT OR REPLACE INTO pinned VALUES (?1, row_sum(?1))", why);
	if (salvage.value == NULL || salvage.event == NULL || salvage.pin == NULL)
		return sql_last_failure(sound, why);
	sql_limit(damaged, STORE_SALVAGE_S * CLOCK_S);
	result = sql_exec(sound, "BEGIN IMMEDIATE", why);
	if (result == STORE_OK)
		result = salvage_values(&salvage);
	if (result == STORE_OK)
		result = salvage_pins(&salvage);
	if (result == STORE_OK)
		result = salvage_events(&salvage);
	if (result == STORE_OK)
		return sql_exec(sound, "COMMIT", why);
	if (sql_in_transaction(sound))
		sql_exec(sound, "ROLLBACK", NULL);
	return result;
}
