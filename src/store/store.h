/* SPDX-License-Identifier: ISC */
/* store: what must survive. SQLite (WAL, synchronous=FULL) for settings, counters, events and the
 * list of saved pictures; plain files for the pictures.
 *
 * Synchronous: these calls reach the disk and may take long, so orield runs them on its store
 * thread (orield/store_worker.c). One thread at a time. What a call answered with 0 is on disk.
 * Every failure says why. STORE_FULL is told apart, so that "disk full" reaches the person who
 * pressed the button, and STORE_DAMAGED, which store_repair() mends. */
#ifndef ORIEL_STORE_STORE_H
#define ORIEL_STORE_STORE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cause.h"
#include "protocol/limits.h"
#include "store/result.h"

struct store;

enum {
	STORE_EVENTS_KEPT = 100000,
	STORE_NAME_SIZE = SNAP_NAME_MAX + 1,
	STORE_URL_SIZE = FILE_URL_MAX + 1
};
enum { STORE_DAMAGED_KEPT = 3, STORE_LOOK_S = 10, STORE_SALVAGE_S = 5 };

/* Why something was saved, as its name says: motion-…, manual-…, always-…. */
enum store_cause { STORE_CAUSE_MOTION, STORE_CAUSE_MANUAL, STORE_CAUSE_ALWAYS, STORE_CAUSES };

struct store_limits {
	uint64_t quota_bytes; /* of pictures and clips together, unfinished ones included */
	uint64_t quota_files; /* pictures */
	unsigned keep_free;   /* percent of the file system */
	unsigned keep_days[STORE_CAUSES]; /* what is older goes; 0: no limit */
};

/* Open or create folder/state.db and folder/snaps/. A picture without a row gets one, a row
 * without a file goes, left-over temporary files are removed. A database of an older layout is
 * converted; one of a newer layout is refused untouched. A damaged one is repaired at once, see
 * store_repair(). */
struct store *store_new(const char *folder, struct cause *why);
void store_free(struct store **store);

/* ---- damage. It may be found at any time. Then each call fails, store_is_damaged() says so,
 * and store_repair(), outside of any transaction, makes the store good again. ---- */

/* What was done about the newest damage. */
struct store_repaired {
	uint64_t wall_ns;	    /* when; 0: there was none */
	char kept[STORE_NAME_SIZE]; /* name of the damaged file; "": there is none */
	struct cause why;
	int64_t values, events; /* how many could still be read */
};

/* Check all of it, for at most STORE_LOOK_S (100,000 events: 0.2 s): SQLite's own check and the
 * checksum of each row. STORE_OK also when the time was too short. */
int store_look(struct store *store, struct cause *why);

/* Was damage found, or is there another file, or none, in the place of ours? One stat(2). */
bool store_is_damaged(struct store *store, struct cause *why);

/* Move the damaged database aside (state.db.corrupt-<seconds>; the newest STORE_DAMAGED_KEPT are
 * kept) and begin a new one with the settings, counters and events that can be read in
 * STORE_SALVAGE_S. The pictures stay, and event numbers go on above all former ones. A database
 * that was removed while open is written again, from the file that is still open. One that was
 * put in its place is opened. */
int store_repair(struct store *store, struct cause *why);
const struct store_repaired *store_repaired(const struct store *store);

/* ---- several calls with one fsync. They nest: an inner pair is a savepoint, whose rollback
 * leaves the rest. A commit that fails has been rolled back. ---- */
int store_begin(struct store *store, struct cause *why);
int store_commit(struct store *store, struct cause *why);
void store_rollback(struct store *store);

/* ---- settings and counters: names and texts ---- */
int store_set_value(struct store *store, const char *name, const char *text, struct cause *why);
/* Calls `each` for every pair; borrowed strings. */
int store_each_value(struct store *store,
    void (*each)(void *arg, const char *name, const char *text), void *arg, struct cause *why);

/* ---- events ---- */
/* Append; *id is its number: larger than any before, never used again. */
int store_add_event(struct store *store, const char *type, uint64_t wall_ns, const json_t *data,
    int64_t *id, struct cause *why);
/* Replace the data of an event added in this transaction. */
int store_change_event(struct store *store, int64_t id, const json_t *data, struct cause *why);

/* The newest event of that type whose data has this `count` has been seen, and all before it.
 * *seen: the event up to which all have, which never goes back. STORE_MISSING: there is no such
 * event. */
int store_acknowledge(
    struct store *store, const char *type, int64_t count, int64_t *seen, struct cause *why);

struct store_query {
	int64_t before;	   /* 0 = not given */
	int64_t after;	   /* -1 = not given: newest first; else oldest first */
	unsigned limit;	   /* 1..1000 */
	size_t most_bytes; /* stop before the answer's JSON gets longer; 0 = no such limit */
	const char *type;  /* NULL = all */
	int64_t from_ns;   /* of this time or later */
	int64_t to_ns;	   /* and before this; 0 = not given */
};
/* {"events": [{"id", "type", "ts", "data": {…}, "seen": true}, …], "first": N, "last": N}: a new
 * reference. first/last: what the log holds, 0 when empty; pruning keeps last. */
int store_events(
    struct store *store, const struct store_query *query, json_t **answer, struct cause *why);

/* ---- pictures ---- */
struct store_picture {
	int64_t id;
	char name[STORE_NAME_SIZE]; /* file name in folder/snaps/ */
	uint64_t bytes, wall_ns;
};
/* Write a picture atomically: temporary name, fsync, rename, fsync of the folder, then the row
 * (inside the caller's transaction if there is one). Its name is `stem`.jpg, or stem-2.jpg …
 * when that is taken. The oldest pictures and clips make room as `limits` say. STORE_FULL: *why has
 * the figures, nothing half-written is left. */
int store_save_picture(struct store *store, const char *stem, const unsigned char *jpeg,
    uint32_t length, uint64_t wall_ns, const struct store_limits *limits,
    struct store_picture *saved, struct cause *why);
/* {"snaps": [{"id", "name", "bytes", "ts", "keep"}, …], "count": N, "bytes": N} newest
 * first; of `query`: before, limit, from_ns, to_ns, most_bytes. */
int store_pictures(
    struct store *store, const struct store_query *query, json_t **answer, struct cause *why);
int store_delete_picture(
    struct store *store, const char *name, struct cause *why); /* STORE_MISSING: no such */
void store_picture_totals(struct store *store, uint64_t *count, uint64_t *bytes);

/* May this be a saved picture's name? Letters, digits, '-', '_' and one ".jpg". */
bool store_name_valid(const char *name);

/* The file that a list calls `url`, "snaps/NAME" or "clips/NAME": *fd to be read, the caller's.
 * STORE_MISSING: it is not there, or no more; STORE_FAILED: the disk says no. *fd is -1 then. */
int store_open_file(struct store *store, const char *url, int *fd, struct cause *why);

/* Keep the saved picture or clip of that name: it never goes by itself, whatever the limits say,
 * and counts towards no quota; or no longer. STORE_MISSING: there is no such one. */
int store_keep(struct store *store, const char *name, bool keep, struct cause *why);

struct store_pinned {
	uint64_t count, bytes;		  /* of pictures and clips that are kept */
	uint64_t pictures, picture_bytes; /* of those, pictures */
};
const struct store_pinned *store_pinned(const struct store *store);

enum { STORE_EXPIRE_MAX = 32 };

/* What is older than its keep_days goes, STORE_EXPIRE_MAX at most; *count: how many. Saving does it
 * as well. */
int store_expire(
    struct store *store, const struct store_limits *limits, unsigned *count, struct cause *why);

/* How many have gone by themselves since the store was opened. */
struct store_deleted {
	uint64_t quota, age; /* to make room; because they were too old */
};
const struct store_deleted *store_deleted(const struct store *store);

/* ---- clips: movies in folder/clips/. A journal of frames is recorded first, then a movie made of
 * it; the journal stays until store_drop_clip(). Who calls has the transaction. ---- */

/* Make the journal: *fd to be written, the caller's; `stem` is `wanted`, or wanted-2 …: the clip's
 * name so far. The oldest pictures and clips make room. */
int store_open_clip(struct store *store, const char *wanted, const struct store_limits *limits,
    char stem[STORE_NAME_SIZE], int *fd, struct cause *why);

/* The journal to be read, an empty movie and an empty poster to be written: the caller's. */
int store_open_movie(struct store *store, const char *stem, int fds[3], struct cause *why);

struct store_clip {
	char stem[STORE_NAME_SIZE];
	bool matroska; /* else MP4 */
	uint64_t wall_ns;
	json_t *data;		    /* what else is to be known of it; borrowed */
	uint64_t bytes;		    /* out: of the movie */
	char name[STORE_NAME_SIZE]; /* out: of the movie's file */
};
/* The movie is whole: fsync, rename, fsync of the folder, then the row. */
int store_add_clip(struct store *store, struct store_clip *clip, const struct store_limits *limits,
    struct cause *why);

/* Journal and unfinished files go. */
int store_drop_clip(struct store *store, const char *stem, struct cause *why);

/* The stems of the journals there are: an array, a new reference. */
int store_clips_left(struct store *store, json_t **stems, struct cause *why);

/* {"clips": [{"id", "name", "bytes", "ts", "keep", and its data}, …], "count": N, "bytes": N}
 * newest first; of `query`: before, limit, from_ns, to_ns, most_bytes. */
int store_clips(
    struct store *store, const struct store_query *query, json_t **answer, struct cause *why);
int store_delete_clip(struct store *store, const char *name, struct cause *why); /* as a picture */

/* ---- the whole state of a camera, for a backup; STORE_ results ---- */

/* state.db of `folder` as bytes for free(3), checked. orield may be running. */
int store_save(const char *folder, unsigned char **bytes, size_t *length, struct cause *why);

/* Put such bytes there; nobody may have the store open. The present database is kept as
 * state.db.replaced. A newer layout, or an unsound database, is refused before anything is
 * touched. */
int store_restore(const char *folder, const unsigned char *bytes, size_t length, struct cause *why);

/* Put a picture into folder/snaps, unless one of that name is there. `name` without folder. */
int store_restore_picture(const char *folder, const char *name, const unsigned char *bytes,
    size_t length, struct cause *why);

#endif
