/* SPDX-License-Identifier: ISC */
/* splitter: whole JPEGs out of a stream of bytes. No I/O: bytes in, pictures out.
 *
 * It walks the markers (ITU-T T.81 annex B), so that an EXIF thumbnail's end is not
 * taken for the picture's. What is between pictures is passed over: padding and
 * the text of multipart headers silently, anything else counted as broken, as
 * is a picture that ends early or is larger than SOURCE_IMAGE_MAX. */
#ifndef ORIEL_SOURCE_SPLITTER_H
#define ORIEL_SOURCE_SPLITTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct splitter {
	unsigned char *data;		/* pages are touched only as pictures need them */
	size_t begin, scan, end;	/* the picture; how far it is understood; bytes there */
	enum { SPLITTER_SEEK, SPLITTER_MARKERS, SPLITTER_ENTROPY } state;
	bool counted;			/* the garbage we are in */
	uint64_t broken;
};

int splitter_init(struct splitter *splitter);	/* -1: out of memory */
void splitter_deinit(struct splitter *splitter);

/* Where the next bytes go; *size is never 0. Ends the life of former pictures. */
unsigned char *splitter_room(struct splitter *splitter, size_t *size);
void splitter_add(struct splitter *splitter, size_t count);

/* The next whole picture, valid until splitter_room; false: more bytes are needed. */
bool splitter_next(struct splitter *splitter, const unsigned char **jpeg, uint32_t *length);

/* The stream begins anew; a picture begun is broken. */
void splitter_restart(struct splitter *splitter);

#endif
