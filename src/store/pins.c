/* SPDX-License-Identifier: ISC */
/* pins: which saved pictures and clips are kept, by the address that lists give them. So a pin
 * survives when the rows are lost with their database and made again from the files. */
#include <stdio.h>
#include <string.h>

#include "protocol/reasons.h"
#include "store/store_internal.h"

/* Of those whose picture or clip is there. */
#define PINNED_PICTURES \
	" FROM pinned CROSS JOIN picture ON name = substr(url, 7) WHERE url GLOB 'snaps/*'"
#define PINNED_CLIPS \
	" FROM pinned CROSS JOIN clip ON name = substr(url, 7) WHERE url GLOB 'clips/*'"

int
store_pins_count(struct store *store, struct cause *why)
{
	static const char *const questions[] = {
		"SELECT count(*)" PINNED_PICTURES,
		"SELECT total(bytes)" PINNED_PICTURES,
		"SELECT count(*)" PINNED_CLIPS,
		"SELECT total(bytes)" PINNED_CLIPS,
	};
	int64_t answers[4] = { 0 };
	int result = STORE_OK;

	for (size_t i = 0; result == STORE_OK && i < 4; i++)
		result = sql_ask(store->sql, questions[i], &answers[i], why);
	if (result == STORE_OK)
		store->pinned = (struct store_pinned){ .count = (uint64_t)(answers[0] + answers[2]),
			.bytes = (uint64_t)(answers[1] + answers[3]),
			.pictures = (uint64_t)answers[0],
			.picture_bytes = (uint64_t)answers[1] };
	return result;
}

const struct store_pinned *
store_pinned(const struct store *store)
{
	return &store->pinned;
}

static bool
pin_is_clip(const char *name)
{
	char stem[STORE_NAME_SIZE];

	return store_clip_stem(name, stem);
}

static void
pin_url(const char *name, char url[STORE_URL_SIZE])
{
	snprintf(url, STORE_URL_SIZE, "%s/%s", pin_is_clip(name) ? "clips" : "snaps", name);
}

static int
pin_change(struct store *store, const char *name, bool keep, struct cause *why)
{
	char url[STORE_URL_SIZE];
	int result;

	pin_url(name, url);
	result = sql_do(store->say[keep ? STORE_PIN_ADD : STORE_PIN_DROP], why, "t", url);
	return result == STORE_OK ? store_pins_count(store, why) : result;
}

int
store_pin_drop(struct store *store, const char *name, struct cause *why)
{
	return store->pinned.count > 0 ? pin_change(store, name, false, why) : STORE_OK;
}

int
store_keep(struct store *store, const char *name, bool keep, struct cause *why)
{
	uint64_t bytes;
	int result = pin_is_clip(name) ? store_clip_find(store, name, why)
				       : store_picture_find(store, name, &bytes, why);

	return result == STORE_OK ? pin_change(store, name, keep, why) : result;
}
