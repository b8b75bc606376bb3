/* SPDX-License-Identifier: ISC */
/* quota: room for more, pictures and clips together. The oldest of either that is not kept goes
 * first. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "protocol/reasons.h"
#include "store/store_internal.h"

struct bytes_text {
	char text[32];
};

/* "12.3 MiB", for people. */
static struct bytes_text
bytes_text(uint64_t bytes)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB" };
	struct bytes_text out;
	double amount = (double)bytes;
	size_t unit = 0;

	for (; amount >= 1024 && unit < sizeof units / sizeof units[0] - 1; unit++)
		amount /= 1024;
	snprintf(out.text, sizeof out.text, "%.*f %s", unit == 0 ? 0 : 1, amount, units[unit]);
	return out;
}

/* ---- one goes ---------------------------------------------------------- */

struct oldest {
	char url[STORE_URL_SIZE];
	uint64_t bytes, wall_ns;
};

/* Of the names that match; STORE_MISSING when all that are left are kept. */
static int
oldest_find(struct store *store, enum store_sentence sentence, const char *names,
    struct oldest *oldest, struct cause *why)
{
	struct sql_statement *say = store->say[sentence];
	int result;

	sql_bind(say, "t", names);
	result = sql_step(say, why);
	if (result > 0) {
		snprintf(oldest->url, sizeof oldest->url, "%s", sql_text(say, 0));
		oldest->bytes = (uint64_t)sql_number(say, 1);
		oldest->wall_ns = (uint64_t)sql_number(say, 2);
	}
	sql_done(say);
	return result > 0 ? STORE_OK : result == 0 ? STORE_MISSING : result;
}

static int
evict_picture(struct store *store, const char *name, struct cause *why)
{
	if (store_note(store, name, false) == -1) {
		cause_reason(why, &reason_out_of_memory);
		return STORE_FAILED;
	}
	if (unlinkat(store->snaps, name, 0) == -1 && errno != ENOENT) {
		cause_errno(why, "%s/snaps/%s cannot be removed", store->folder, name);
		return STORE_FAILED;
	}
	return store_picture_drop_row(store, name, why);
}

static int
evict(struct store *store, const struct oldest *oldest, struct cause *why)
{
	const char *name = strchr(oldest->url, '/') + 1;

	return oldest->url[0] == 'c' ? store_clip_evict(store, name, why)
				     : evict_picture(store, name, why);
}

static int
evict_oldest(struct store *store, enum store_sentence sentence, uint64_t *freed, struct cause *why)
{
	struct oldest oldest;
	int result = oldest_find(store, sentence, "*", &oldest, why);

	if (result == STORE_OK)
		result = evict(store, &oldest, why);
	if (result == STORE_OK) {
		store->deleted.quota++;
		*freed += oldest.bytes;
	}
	return result;
}

int
store_evict(struct store *store, uint64_t bytes, struct cause *why)
{
	uint64_t freed = 0;
	int result;

	do
		result = evict_oldest(store, STORE_OLDEST, &freed, why);
	while (result == STORE_OK && freed < bytes);
	return result == STORE_MISSING && freed > 0 ? STORE_OK : result;
}

/* ---- by age ------------------------------------------------------------ */

/* The names say what they were saved for. */
static const char *const cause_names[STORE_CAUSES] = { [STORE_CAUSE_MOTION] = "motion-*",
	[STORE_CAUSE_MANUAL] = "manual-*",
	[STORE_CAUSE_ALWAYS] = "always-*" };

/* The oldest of that cause, if it was before that time; else STORE_MISSING. */
static int
expire_one(struct store *store, enum store_cause cause, uint64_t before_ns, struct cause *why)
{
	struct oldest oldest;
	int result = oldest_find(store, STORE_OLDEST, cause_names[cause], &oldest, why);

	if (result == STORE_OK && oldest.wall_ns >= before_ns)
		return STORE_MISSING;
	if (result == STORE_OK)
		result = evict(store, &oldest, why);
	store->deleted.age += result == STORE_OK;
	return result;
}

int
store_expire(
    struct store *store, const struct store_limits *limits, unsigned *count, struct cause *why)
{
	uint64_t now = clock_wall_ns(), day = 86400 * CLOCK_S;
	int result = STORE_OK;

	*count = 0;
	for (int cause = 0; result == STORE_OK && cause < STORE_CAUSES; cause++) {
		uint64_t age = limits->keep_days[cause] * day;

		if (age == 0 || age >= now)
			continue;
		while (result == STORE_OK && *count < STORE_EXPIRE_MAX) {
			result = expire_one(store, (enum store_cause)cause, now - age, why);
			*count += result == STORE_OK;
		}
		if (result == STORE_MISSING)
			result = STORE_OK;
	}
	return result;
}

const struct store_deleted *
store_deleted(const struct store *store)
{
	return &store->deleted;
}

/* ---- room for more ------------------------------------------------------ */

/* All that may go. */
static uint64_t
quota_loose(const struct store *store)
{
	return store->bytes + store->clip_bytes - store->pinned.bytes;
}

static bool
quota_pictures_over(const struct store *store, const struct store_limits *limits)
{
	return store->count > store->pinned.pictures &&
	    store->count - store->pinned.pictures + 1 > limits->quota_files;
}

/* Clips under way stay: if those leave no room, nothing else goes for it. */
static int
quota_check(const struct store_room *room, uint64_t unfinished, const struct store_limits *limits,
    struct cause *why)
{
	if (room->bytes > limits->quota_bytes)
		cause_detail(why, &reason_over_quota,
		    "quota: the %s has %s, all %s together may have %s",
		    room->clip ? "clip" : "picture", bytes_text(room->bytes).text,
		    room->clip ? "pictures and clips" : "pictures",
		    bytes_text(limits->quota_bytes).text);
	else if (room->bytes + unfinished > limits->quota_bytes)
		cause_detail(why, &reason_over_quota,
		    "quota: clips that are not finished have %s, all pictures and clips together may have %s",
		    bytes_text(unfinished).text, bytes_text(limits->quota_bytes).text);
	else
		return STORE_OK;
	return STORE_FULL;
}

static int
quota_make_room(struct store *store, const struct store_room *room,
    const struct store_limits *limits, struct cause *why)
{
	uint64_t unfinished = store_clips_unfinished(store, room->clip ? room->stem : NULL),
		 freed = 0;
	int result = quota_check(room, unfinished, limits, why);

	while (result == STORE_OK && !room->clip && quota_pictures_over(store, limits))
		result = evict_oldest(store, STORE_PICTURE_OLDEST, &freed, why);
	while (result == STORE_OK &&
	    quota_loose(store) + unfinished + room->bytes > limits->quota_bytes)
		result = evict_oldest(store, STORE_OLDEST, &freed, why);
	return result;
}

/* If even removing all that may go would not be enough, none is removed: something else fills the
 * disk, and losing what we have would not help. */
static int
disk_make_room(
    struct store *store, uint64_t bytes, const struct store_limits *limits, struct cause *why)
{
	uint64_t size, available, wanted;
	struct statvfs disk;

	if (fstatvfs(store->snaps, &disk) == -1) {
		cause_errno(why, "%s/snaps", store->folder);
		return STORE_FAILED;
	}
	size = (uint64_t)disk.f_blocks * disk.f_frsize;
	available = (uint64_t)disk.f_bavail * disk.f_frsize;
	wanted = size / 100 * limits->keep_free + bytes;
	if (available >= wanted)
		return STORE_OK;
	if (quota_loose(store) < wanted - available) {
		cause_detail(why, &reason_disk_full,
		    "disk full: %s free, to be kept free: %u %% of %s; what may go has %s",
		    bytes_text(available).text, limits->keep_free, bytes_text(size).text,
		    bytes_text(quota_loose(store)).text);
		return STORE_FULL;
	}
	return store_evict(store, wanted - available, why);
}

/* What is too old goes first. If it cannot, there may be room all the same. */
int
store_make_room(struct store *store, const struct store_room *room,
    const struct store_limits *limits, struct cause *why)
{
	unsigned count;
	int result = store_expire(store, limits, &count, NULL);

	if (result != STORE_DAMAGED)
		result = quota_make_room(store, room, limits, why);
	return result == STORE_OK ? disk_make_room(store, room->bytes, limits, why) : result;
}
