/* SPDX-License-Identifier: ISC */
/* internal: what the files of this room share. Included by src/store alone, and by the test
 * of its transactions. */
#ifndef ORIEL_STORE_STORE_INTERNAL_H
#define ORIEL_STORE_STORE_INTERNAL_H

#include <sys/types.h>

#include "store/numbers.h"
#include "sqlite/sql.h"
#include "store/store.h"

/* A folder, a file in it, and the same moved aside. */
enum { STORE_FOLDER_SIZE = 1024, STORE_PATH_SIZE = 1088, STORE_ASIDE_SIZE = 1152 };

enum store_sentence {
	STORE_BEGIN,
	STORE_COMMIT,
	STORE_ROLLBACK,
	STORE_SAVEPOINT,
	STORE_RELEASE,
	STORE_ROLLBACK_TO,
	STORE_VALUE_SET,
	STORE_VALUE_ALL,
	STORE_EVENT_LAST,
	STORE_EVENT_ADD,
	STORE_EVENT_CHANGE,
	STORE_EVENT_PRUNE,
	STORE_EVENT_COUNTED,
	STORE_EVENT_SEEN,
	STORE_EVENTS_BACK,
	STORE_EVENTS_BACK_TYPE,
	STORE_EVENTS_ON,
	STORE_EVENTS_ON_TYPE,
	STORE_PICTURE_ADD,
	STORE_PICTURE_DROP,
	STORE_PICTURE_OLDEST,
	STORE_PICTURE_PAGE,
	STORE_PICTURE_FIND,
	STORE_PICTURE_NAMES,
	STORE_CLIP_ADD,
	STORE_CLIP_DROP,
	STORE_CLIP_PAGE,
	STORE_CLIP_FIND,
	STORE_CLIP_NAMES,
	STORE_OLDEST,
	STORE_PIN_ADD,
	STORE_PIN_DROP,
	STORE_SENTENCES
};

/* A picture file that was written or removed inside the open transaction; a rollback must handle
 * it. */
struct store_note {
	bool written;
	int depth;
	char name[STORE_NAME_SIZE];
};

struct store {
	struct sql *sql;
	struct sql_statement *say[STORE_SENTENCES];
	int snaps;	  /* descriptor of folder/snaps */
	int clips;	  /* of folder/clips */
	int depth;	  /* of nested transactions */
	bool spoilt;	  /* a rollback failed: the open transaction must not be committed */
	int64_t floor;	  /* numbers up to this one may have been used before */
	int64_t reserved; /* numbers up to this one are ours, as folder/numbers says */
	dev_t device;	  /* the file that is open */
	ino_t inode;
	off_t size; /* its largest size so far */
	struct store_repaired repaired;
	int64_t events;	       /* in the log; -1: to be counted */
	uint64_t count, bytes; /* of saved pictures */
	uint64_t clip_count, clip_bytes;
	struct store_pinned pinned;
	struct store_deleted deleted;
	bool recording; /* there may be unfinished clips */
	struct store_note *notes;
	size_t note_count, note_room;
	char folder[STORE_FOLDER_SIZE];
};

/* Remember a file for a rollback. -1 when out of memory. */
int store_note(struct store *store, const char *name, bool written);
void store_notes_settle(struct store *store); /* the level store->depth + 1 was committed */
void store_notes_undo(struct store *store);   /* it was rolled back */

/* ---- layout.c: what the tables look like ---- */
enum { STORE_LAYOUT = 4, STORE_LAYOUT_MAX = 9999 /* no version will have more */ };

/* Bring the open database to our layout: made (*made: it was empty), converted, refused
 * untouched (a newer one), or STORE_DAMAGED. */
int layout_bring(struct sql *sql, bool *made, bool *migrated, struct cause *why);
int layout_make(struct sql *sql, struct cause *why);

/* Do all rows have their checksums? Else STORE_DAMAGED. */
int layout_check_rows(struct sql *sql, struct cause *why);

/* ---- salvage.c ---- */
/* Copy what can be read of the damaged database into the new one, inside a transaction of its
 * own; *repaired counts. `most`: the highest number that can exist. Unreadable rows are no
 * failure. */
int salvage(struct sql *damaged, struct sql *sound, int64_t most, struct store_repaired *repaired,
    struct cause *why);

/* ---- open.c ---- */
int store_open(struct store *store, struct cause *why);
int store_open_or_repair(struct store *store, struct cause *why);
int store_prepare(struct store *store, struct cause *why); /* in store.c */
int store_bad_row(struct store *store, struct cause *why); /* STORE_DAMAGED */
/* Allow numbers up to `id`. */
int store_reserve(struct store *store, int64_t id, struct cause *why);
void store_close(struct store *store);
/* The first number for a store whose former numbers are unknown: above `known`, and above all
 * that can have been used up to now. */
int64_t store_far_above(const struct store *store, int64_t known);
void store_path(const struct store *store, const char *end, char path[STORE_PATH_SIZE]);

/* ---- aside.c: damaged ones are kept ---- */
/* They are named after the second in which they were moved. Returns the newest; 0: there is
 * none. */
int64_t aside_newest(const char *folder);
/* Move state.db and its log aside. `name`: the new name. */
int aside_move(const char *folder, char name[STORE_NAME_SIZE], struct cause *why);

/* What names of pictures and clips are made of, before their ".jpg", ".mp4" or ".mkv". */
#define STORE_NAME_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

/* ---- list.c ---- */
struct store_list {
	const char *name; /* of the list in the answer */
	/* Ready to run, with ?1 to ?4 for before, limit, from, to. Its columns: id, name, bytes,
	 * wall_ns, is it sound?, is it pinned?, and what `data` reads. */
	struct sql_statement *say;
	size_t around; /* bytes that one takes of an answer, at most */
	json_t *(*data)(
	    struct sql_statement *say); /* a new object; may be NULL, and so its result */
	uint64_t count, bytes;		/* of all */
};

/* {NAME: [{the row's data, "id", "name", "bytes", "ts", "keep"}, …], "count": N, "bytes": N},
 * newest first; of `query`: before, limit, most_bytes, from, to. */
int store_list(struct store *store, const struct store_list *list, const struct store_query *query,
    json_t **answer, struct cause *why);

/* ---- pictures.c ---- */
/* Open folder/snaps; bring files and rows together. */
int store_pictures_open(struct store *store, struct cause *why);
int store_pictures_count(struct store *store, struct cause *why);

/* ---- clips.c ---- */
/* The stem of STEM.mp4 or STEM.mkv; false: it is no such name. */
bool store_clip_stem(const char *name, char stem[STORE_NAME_SIZE]);

/* The file BEGIN STEM END of folder/clips: is it there? Make it go, if it is. */
bool store_clip_has(
    const struct store *store, const char *begin, const char *stem, const char *end);
int store_clip_remove(
    const struct store *store, const char *begin, const char *stem, const char *end);

/* Is there a row? Else STORE_MISSING. */
int store_clip_find(struct store *store, const char *name, struct cause *why);
int store_clips_count(struct store *store, struct cause *why);
int store_clip_drop_row(struct store *store, const char *name, struct cause *why);

/* Delete it to make room. */
int store_clip_evict(struct store *store, const char *name, struct cause *why);

/* What errno says of folder/clips. */
int store_clip_error(const struct store *store, struct cause *why);

/* ---- pins.c ---- */
int store_pins_count(struct store *store, struct cause *why);

/* The row of that picture or clip has gone: so does its pin, if there is one. */
int store_pin_drop(struct store *store, const char *name, struct cause *why);

/* ---- clips_mend.c ---- */
/* Open folder/clips; bring movies and rows together. */
int store_clips_open(struct store *store, struct cause *why);

/* How large the files of unfinished clips are, but for those of `except`, if that is not NULL. */
uint64_t store_clips_unfinished(struct store *store, const char *except);

/* A row for a picture file that is there. */
int store_picture_add_row(
    struct store *store, const char *name, uint64_t bytes, uint64_t wall_ns, struct cause *why);
/* Get *bytes from the picture's row; STORE_MISSING when there is none. */
int store_picture_find(struct store *store, const char *name, uint64_t *bytes, struct cause *why);
int store_picture_drop_row(struct store *store, const char *name, struct cause *why);

/* ---- quota.c ---- */
struct store_room {
	uint64_t bytes;
	bool clip;	  /* else it is for a picture */
	const char *stem; /* of the clip whose unfinished files become it; NULL: none */
};

/* Free room for so much more by removing the oldest pictures and clips. */
int store_make_room(struct store *store, const struct store_room *room,
    const struct store_limits *limits, struct cause *why);
/* Remove the oldest worth at least `bytes`; STORE_MISSING when there is none. */
int store_evict(struct store *store, uint64_t bytes, struct cause *why);

#endif
