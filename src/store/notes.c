/* SPDX-License-Identifier: ISC */
/* notes: files of pictures and clips do not roll back with the database. So it is noted which of
 * them an open transaction has written or removed. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/store_internal.h"

int
store_note(struct store *store, const char *name, bool written)
{
	struct store_note *note;

	if (store->note_count == store->note_room) {
		size_t room = store->note_room * 2 + 8;

		note = realloc(store->notes, room * sizeof *note);
		if (note == NULL)
			return -1;
		store->notes = note;
		store->note_room = room;
	}
	note = &store->notes[store->note_count++];
	note->written = written;
	note->depth = store->depth;
	memcpy(note->name, name, strlen(name) + 1);
	return 0;
}

void
store_notes_settle(struct store *store)
{
	if (store->depth == 0)
		store->note_count = 0;
	for (size_t i = 0; i < store->note_count; i++)
		if (store->notes[i].depth > store->depth)
			store->notes[i].depth = store->depth;
}

/* A written file is removed. A removed file stays removed: its row, which the rollback has
 * brought back, is deleted (and if that fails, at the next start). */
void
store_notes_undo(struct store *store)
{
	char stem[STORE_NAME_SIZE];
	size_t kept = 0;

	for (size_t i = 0; i < store->note_count; i++) {
		struct store_note note = store->notes[i];

		if (note.depth > store->depth && note.written) {
			unlinkat(store->snaps, note.name, 0);
			continue;
		}
		if (note.depth > store->depth) {
			if (store_clip_stem(note.name, stem))
				store_clip_drop_row(store, note.name, NULL);
			else
				store_picture_drop_row(store, note.name, NULL);
			note.depth = store->depth;
		}
		if (note.depth > 0)
			store->notes[kept++] = note;
	}
	store->note_count = kept;
	store_pictures_count(store, NULL);
	store_clips_count(store, NULL);
	store_pins_count(store, NULL);
}
