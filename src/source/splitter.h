/* SPDX-License-Identifier: ISC */
/* splitter: whole JPEGs out of a stream of bytes. No I/O: bytes in, pictures out.
 *
 * It walks the markers (ITU-T T.81 annex B), so that an EXIF thumbnail's end is not
 * taken for the picture's. What is between pictures is passed over: padding and
 * the text of multipart headers silently, anything else counted as broken, as
 * is a picture that is larger than it may be. Whether what is split off is any good
 * jpeg/check.h says, as it does of a camera's own buffers; so it may lack its EOI,
 * if the next picture begins behind its data.
 *
 * A file of the Multi-Picture Format (CIPA DC-007) has its previews behind the picture:
 * those belong to it, and are passed over. */
#ifndef ORIEL_SOURCE_SPLITTER_H
#define ORIEL_SOURCE_SPLITTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cause.h"

struct splitter {
	unsigned char *data; /* pages are touched only as pictures need them */
	size_t most, capacity;
	size_t begin, scan, end; /* the picture; how far it is understood; bytes there */
	enum { SPLITTER_SEEK, SPLITTER_MARKERS, SPLITTER_ENTROPY } state;
	bool counted;		/* the garbage we are in */
	bool scanned;		/* the picture at hand has had a scan */
	uint64_t area;		/* its pixels, 0 = not known yet */
	unsigned followers;	/* by its index of several pictures */
	unsigned expected;	/* ... of these may come, */
	uint64_t expected_area; /* none of them larger than this */
	uint64_t broken;
	struct cause why; /* of the newest that was broken */
};

/* Pictures of at most `most` bytes. -1: out of memory. */
int splitter_init(struct splitter *splitter, size_t most);
void splitter_deinit(struct splitter *splitter);

/* Where the next bytes go; *size is never 0. Ends the life of former pictures. */
unsigned char *splitter_room(struct splitter *splitter, size_t *size);
void splitter_add(struct splitter *splitter, size_t count);

/* The next picture, valid until splitter_room; false: more bytes are needed. `area` (may
 * be NULL): width times height as its header has them, 0 = it has none. */
bool splitter_next(
    struct splitter *splitter, const unsigned char **jpeg, uint32_t *length, uint64_t *area);

/* The stream begins anew; a picture begun is broken. */
void splitter_restart(struct splitter *splitter);

#endif
