/* SPDX-License-Identifier: ISC */
/* inside: what the files of this room share. Included by src/store alone, and by the test
 * of its transactions. */
#ifndef ORIEL_STORE_INSIDE_H
#define ORIEL_STORE_INSIDE_H

#include "store/sql.h"
#include "store/store.h"

/* A folder, a file in it, and the same moved aside. */
enum { STORE_FOLDER_SIZE = 1024, STORE_PATH_SIZE = 1088, STORE_ASIDE_SIZE = 1152 };

enum store_sentence {
	STORE_BEGIN, STORE_COMMIT, STORE_ROLLBACK,
	STORE_SAVEPOINT, STORE_RELEASE, STORE_ROLLBACK_TO,
	STORE_VALUE_SET, STORE_VALUE_ALL,
	STORE_EVENT_ADD, STORE_EVENT_CHANGE, STORE_EVENT_PRUNE,
	STORE_EVENTS_BACK, STORE_EVENTS_BACK_TYPE, STORE_EVENTS_ON, STORE_EVENTS_ON_TYPE,
	STORE_PICTURE_ADD, STORE_PICTURE_DROP, STORE_PICTURE_OLDEST, STORE_PICTURE_PAGE,
	STORE_PICTURE_FIND, STORE_PICTURE_NAMES,
	STORE_SENTENCES
};

/* A picture file written or removed inside the open transaction, which a
 * rollback has to answer for. */
struct store_note {
	bool written;
	int depth;
	char name[STORE_NAME_SIZE];
};

struct store {
	struct sql *sql;
	struct sql_statement *say[STORE_SENTENCES];
	int snaps;			/* descriptor of folder/snaps */
	int depth;			/* of nested transactions */
	bool spoilt;			/* a rollback failed: the open transaction must not be committed */
	uint64_t count, bytes;		/* of saved pictures */
	struct store_note *notes;
	size_t note_count, note_room;
	char folder[STORE_FOLDER_SIZE];
};

/* Remember what a rollback must answer for. -1 when out of memory. */
int store_note(struct store *store, const char *name, bool written);
void store_notes_settle(struct store *store);	/* the level store->depth + 1 was committed */
void store_notes_undo(struct store *store);	/* it was rolled back */

/* Open folder/snaps; bring files and rows together. */
int store_pictures_open(struct store *store, struct cause *why);
int store_pictures_count(struct store *store, struct cause *why);

/* A row for a picture file that is there. */
int store_picture_add_row(struct store *store, const char *name, uint64_t bytes, uint64_t wall_ns,
	struct cause *why);
int store_picture_drop_row(struct store *store, const char *name, struct cause *why);

/* Free room for `length` bytes more by removing the oldest pictures. */
int store_make_room(struct store *store, uint32_t length, const struct store_limits *limits,
	struct cause *why);
/* Remove the oldest pictures worth at least `bytes`; STORE_MISSING when there is none. */
int store_evict(struct store *store, uint64_t bytes, struct cause *why);

#endif
