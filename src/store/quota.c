/* SPDX-License-Identifier: ISC */
/* quota: room for one more picture; the oldest go first. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

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

static int
evict_oldest(struct store *store, uint64_t *freed, struct cause *why)
{
	struct sql_statement *say = store->say[STORE_PICTURE_OLDEST];
	char name[STORE_NAME_SIZE];
	int result = sql_step(say, why);

	if (result > 0) {
		snprintf(name, sizeof name, "%s", sql_text(say, 0));
		*freed += (uint64_t)sql_number(say, 1);
	}
	sql_done(say);
	if (result <= 0)
		return result == 0 ? STORE_MISSING : result;
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

int
store_evict(struct store *store, uint64_t bytes, struct cause *why)
{
	uint64_t freed = 0;
	int result;

	do
		result = evict_oldest(store, &freed, why);
	while (result == STORE_OK && freed < bytes);
	return result == STORE_MISSING && freed > 0 ? STORE_OK : result;
}

static int
quota_make_room(
    struct store *store, uint32_t length, const struct store_limits *limits, struct cause *why)
{
	int result = STORE_OK;
	const struct store_pinned *kept = &store->pinned;

	if (length > limits->quota_bytes) {
		cause_detail(why, &reason_over_quota,
		    "quota: the picture has %s, all pictures together may have %s",
		    bytes_text(length).text, bytes_text(limits->quota_bytes).text);
		return STORE_FULL;
	}
	while (result == STORE_OK && store->count > kept->pictures &&
	    (store->count - kept->pictures + 1 > limits->quota_files ||
		store->bytes - kept->picture_bytes + length > limits->quota_bytes))
		result = store_evict(store, 1, why);
	return result;
}

/* If even removing all pictures would not be enough, none is removed: something else fills the
 * disk, and losing our pictures would not help. */
static int
disk_make_room(
    struct store *store, uint32_t length, const struct store_limits *limits, struct cause *why)
{
	uint64_t size, available, wanted;
	struct statvfs disk;

	if (fstatvfs(store->snaps, &disk) == -1) {
		cause_errno(why, "%s/snaps", store->folder);
		return STORE_FAILED;
	}
	size = (uint64_t)disk.f_blocks * disk.f_frsize;
	available = (uint64_t)disk.f_bavail * disk.f_frsize;
	wanted = size / 100 * limits->keep_free + length;
	if (available >= wanted)
		return STORE_OK;
	if (store->bytes - store->pinned.picture_bytes < wanted - available) {
		cause_set(why,
		    "disk full: %s free, to be kept free: %u %% of %s; all saved pictures have %s",
		    bytes_text(available).text, limits->keep_free, bytes_text(size).text,
		    bytes_text(store->bytes).text);
		return STORE_FULL;
	}
	return store_evict(store, wanted - available, why);
}

int
store_make_room(
    struct store *store, uint32_t length, const struct store_limits *limits, struct cause *why)
{
	int result = quota_make_room(store, length, limits, why);

	return result == STORE_OK ? disk_make_room(store, length, limits, why) : result;
}
