/* SPDX-License-Identifier: ISC */
/* repair: a new database in the place of a damaged or removed one. It is made whole under
 * another name, with what the old one still gives. Then the old one is moved aside and the new
 * one renamed. If this is interrupted anywhere, the next opening finds the old one or the new
 * one. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "protocol/reasons.h"
#include "store/store_internal.h"

int
store_look(struct store *store, struct cause *why)
{
	int result;

	sql_forget(store->sql);
	sql_limit(store->sql, STORE_LOOK_S * CLOCK_S);
	result = sql_check(store->sql, why);
	if (result == STORE_OK)
		result = layout_check_rows(store->sql, why);
	sql_limit(store->sql, 0);
	return result == STORE_DAMAGED ? STORE_DAMAGED : STORE_OK;
}

enum repair_state {
	REPAIR_NOTHING,
	REPAIR_DAMAGED,
	REPAIR_REMOVED,
	REPAIR_REPLACED,
	REPAIR_PICTURES
};

static bool
repair_wants_pictures(const struct store *store)
{
	char path[STORE_PATH_SIZE];
	struct stat is, was;

	snprintf(path, sizeof path, "%s/snaps", store->folder);
	return store->snaps != -1 && fstat(store->snaps, &was) == 0 &&
	    (stat(path, &is) == -1 || is.st_ino != was.st_ino || is.st_dev != was.st_dev);
}

static enum repair_state
repair_state(struct store *store)
{
	char path[STORE_PATH_SIZE];
	struct stat st;

	if (store->sql == NULL || sql_is_damaged(store->sql))
		return REPAIR_DAMAGED;
	store_path(store, "", path);
	if (stat(path, &st) == -1)
		return errno == ENOENT ? REPAIR_REMOVED : REPAIR_NOTHING;
	if (st.st_dev != store->device || st.st_ino != store->inode)
		return REPAIR_REPLACED;
	/* Our file never gets shorter, and SQLite would only look at its cache. */
	if (st.st_size < store->size) {
		sql_found_damage(store->sql, NULL, "it was cut short while it was in use");
		return REPAIR_DAMAGED;
	}
	store->size = st.st_size;
	return repair_wants_pictures(store) ? REPAIR_PICTURES : REPAIR_NOTHING;
}

bool
store_is_damaged(struct store *store, struct cause *why)
{
	static const char *const words[] = {
		[REPAIR_REMOVED] = "it was removed while it was in use",
		[REPAIR_REPLACED] = "another file was put in its place",
		[REPAIR_PICTURES] = "the folder of pictures was removed while it was in use"
	};
	enum repair_state state = repair_state(store);

	if (state == REPAIR_DAMAGED)
		sql_last_failure(store->sql, why);
	else if (state != REPAIR_NOTHING)
		cause_set(why, "%s", words[state]);
	if (state != REPAIR_NOTHING)
		cause_default(why, &reason_store_damaged);
	return state != REPAIR_NOTHING;
}

const struct store_repaired *
store_repaired(const struct store *store)
{
	return &store->repaired;
}

/* ---- a new one ------------------------------------------------------- */

static void
repair_unlink(const struct store *store, const char *end)
{
	char path[STORE_PATH_SIZE];

	store_path(store, end, path);
	unlink(path);
}

static int64_t
repair_ask(struct sql *sql, const char *question)
{
	int64_t number;

	return sql != NULL && sql_ask(sql, question, &number, NULL) == STORE_OK &&
		number <= NUMBERS_MAX
	    ? number
	    : 0;
}

/* The highest number that can have been used. We know it when we have reserved it, or when
 * folder/numbers is ours. */
static int64_t
repair_most(const struct store *store, struct sql *damaged)
{
	int64_t seen = repair_ask(damaged, "SELECT seq FROM sqlite_sequence WHERE name = 'event'");
	int64_t newest = repair_ask(damaged, "SELECT max(id) FROM event");
	struct numbers numbers;

	numbers_read(store->folder, &numbers);
	if (store->reserved > numbers.most)
		numbers = (struct numbers){ .state = NUMBERS_OWN, .most = store->reserved };
	if (numbers.state == NUMBERS_OWN)
		return numbers.most;
	seen = seen > newest ? seen : newest;
	return store_far_above(store, seen > numbers.most ? seen : numbers.most);
}

/* Make state.db.new, whole and without a log. `damaged` may be NULL: nothing can be read from it
 * any more. */
static int
repair_make(struct store *store, struct sql *damaged, int64_t most, struct cause *why)
{
	char path[STORE_PATH_SIZE];
	struct sql *sound;
	int result;

	repair_unlink(store, ".new");
	repair_unlink(store, ".new-wal");
	store_path(store, ".new", path);
	result = sql_open(path, &sound, why);
	if (result == STORE_OK)
		result = sql_make_durable(sound, why);
	if (result == STORE_OK)
		result = layout_make(sound, why);
	if (result == STORE_OK && damaged != NULL)
		result = salvage(damaged, sound, most, &store->repaired, why);
	if (result == STORE_OK)
		result = sql_exec(sound, "PRAGMA wal_checkpoint(TRUNCATE)", why);
	sql_close(&sound);
	return result;
}

static int
repair_sync(const struct store *store, struct cause *why)
{
	int folder = open(store->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), result = STORE_OK;

	if (folder == -1 || fsync(folder) == -1) {
		cause_errno(why, "%s", store->folder);
		result = STORE_FAILED;
	}
	if (folder != -1)
		close(folder);
	return result;
}

/* Move the old one away, if there is one, and the new one into its place. */
static int
repair_put(struct store *store, bool removed, struct cause *why)
{
	char from[STORE_PATH_SIZE], to[STORE_PATH_SIZE];
	int result = removed ? STORE_OK : aside_move(store->folder, store->repaired.kept, why);

	if (result != STORE_OK)
		return result;
	repair_unlink(store, "-wal");
	repair_unlink(store, "-shm");
	store_path(store, ".new", from);
	store_path(store, "", to);
	if (rename(from, to) == 0)
		return repair_sync(store, why);
	cause_errno(why, "%s cannot be renamed", from);
	return STORE_FAILED;
}

static int
repair_from(struct store *store, struct sql *damaged, bool removed, struct cause *why)
{
	int64_t most = repair_most(store, damaged);
	int result = repair_make(store, damaged, most, why);

	if (result == STORE_OK)
		result = numbers_write(store->folder, most, why);
	if (result == STORE_OK)
		result = repair_put(store, removed, why);
	return result;
}

/* The removed file is still open, without a name. */
static int
repair_removed(struct store *store, struct cause *why)
{
	int result;

	repair_unlink(store, "-wal");
	repair_unlink(store, "-shm");
	result = repair_from(store, store->sql, true, why);
	sql_close(&store->sql);
	return result;
}

static int
repair_damaged(struct store *store, struct cause *why)
{
	char path[STORE_PATH_SIZE];
	struct sql *damaged = NULL;
	int result;

	sql_close(&store->sql);
	store_path(store, "", path);
	sql_open_damaged(path, &damaged, NULL);
	result = repair_from(store, damaged, false, why);
	sql_close(&damaged);
	return result;
}

static void
repair_say(const struct store *store, const char *what)
{
	const struct store_repaired *repaired = &store->repaired;

	log_error("store",
	    "%s (%s). It is %s%s; of it %lld settings and counters and %lld events could be read, and go on",
	    what, repaired->why.text, repaired->kept[0] != '\0' ? "kept as " : "written anew",
	    repaired->kept, (long long)repaired->values, (long long)repaired->events);
}

static int
repair_with(struct store *store, enum repair_state state, struct cause *why)
{
	char path[STORE_PATH_SIZE], what[STORE_PATH_SIZE + 32];
	int result = state == REPAIR_REMOVED ? repair_removed(store, why)
					     : repair_damaged(store, why);

	store_path(store, "", path);
	if (result != STORE_OK) {
		struct cause reason = *why;

		cause_set(why, "%s is damaged, and cannot be begun anew: %s", path, reason.text);
		return STORE_FAILED;
	}
	snprintf(
	    what, sizeof what, "%s %s", path, state == REPAIR_REMOVED ? "is gone" : "is damaged");
	repair_say(store, what);
	return store_open(store, why);
}

/* There is another file, or another folder of pictures: what is there now counts. */
static int
repair_take(struct store *store, struct cause *why)
{
	log_error(
	    "store", "%s: %s; what is there now is taken", store->folder, store->repaired.why.text);
	store->floor = store->reserved > store->floor ? store->reserved : store->floor;
	sql_close(&store->sql);
	return store_open_or_repair(store, why);
}

int
store_repair(struct store *store, struct cause *why)
{
	enum repair_state state = repair_state(store);
	struct cause reason = store->repaired.why;
	int result;

	if (state == REPAIR_NOTHING)
		return STORE_OK;
	if (store->sql != NULL)
		store_is_damaged(store, &reason);
	if (store->snaps != -1)
		close(store->snaps);
	if (store->clips != -1)
		close(store->clips);
	store->snaps = store->clips = -1;
	store->repaired = (struct store_repaired){ .wall_ns = clock_wall_ns(), .why = reason };
	result = state == REPAIR_DAMAGED || state == REPAIR_REMOVED ? repair_with(store, state, why)
								    : repair_take(store, why);
	return result == STORE_DAMAGED ? STORE_FAILED : result;
}
