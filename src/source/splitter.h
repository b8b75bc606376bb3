/* SPDX-License-Identifier: ISC */
/* splitter: whole JPEGs out of a stream of bytes. No I/O: bytes in, pictures out.
 *
 * It walks the markers (ITU-T T.81 annex B), so that the end of an EXIF thumbnail is not taken for
 * the end of the picture. Between pictures it skips padding and the text of multipart headers
 * silently. Anything else is counted as broken, as is a picture that is too large. jpeg/check.h
 * then says whether a picture is any good, as it does for the buffers of a V4L2 camera. So a
 * picture may lack its EOI, if the next one begins after its data.
 *
 * A file of the Multi-Picture Format (CIPA DC-007) has previews after its picture: they belong
 * to it and are skipped. */
#ifndef ORIEL_SOURCE_SPLITTER_H
#define ORIEL_SOURCE_SPLITTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cause.h"

struct splitter {
	unsigned char *data; /* pages are touched only as pictures need them */
	size_t most, capacity;
	size_t begin, scan,
	    end; /* begin of the picture; how far it is read; end of the bytes there */
	enum { SPLITTER_SEEK, SPLITTER_MARKERS, SPLITTER_ENTROPY } state;
	bool counted;		/* the current garbage was counted */
	bool scanned;		/* the current picture has had a scan */
	uint64_t area;		/* its pixels, 0 = not known yet */
	unsigned followers;	/* how many pictures follow, by its index */
	unsigned expected;	/* … how many of them may still come, */
	uint64_t expected_area; /* none of them larger than this */
	uint64_t broken;
	struct cause why; /* of the newest broken picture */
};

/* Pictures of at most `most` bytes. -1: out of memory. */
int splitter_init(struct splitter *splitter, size_t most);
void splitter_deinit(struct splitter *splitter);

/* Where the next bytes go; *size is never 0. Former pictures are invalid from now on. */
unsigned char *splitter_room(struct splitter *splitter, size_t *size);
void splitter_add(struct splitter *splitter, size_t count);

/* The next picture, valid until splitter_room; false: more bytes are needed. `area` (may
 * be NULL): width times height as its header has them, 0 = it has none. */
bool splitter_next(
    struct splitter *splitter, const unsigned char **jpeg, uint32_t *length, uint64_t *area);

/* The stream begins again; a picture that has begun is broken. */
void splitter_restart(struct splitter *splitter);

#endif
