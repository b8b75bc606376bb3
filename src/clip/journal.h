/* SPDX-License-Identifier: ISC */
/* journal: frames in a file as they came, in a form that survives a crash: records, each with its
 * length and a check sum, one behind the other. Who reads it stops at the first that is not whole.
 *
 *   ├ head: JSON text ┼ frame: JPEG ┼ frame: JPEG ┼ … ┼ end: JSON text ┤
 *
 *   a record:  0         4      8        12    16           64
 *              ├ "ORJ1" ─┼ kind ┼ length ┼ CRC ┼ frame_info ┼ length bytes … ┤
 *
 * CRC-32 (zlib's) over all but the word and itself. Numbers are the machine's own: a journal is
 * read where it was written. One without its end was cut short. */
#ifndef ORIEL_CLIP_JOURNAL_H
#define ORIEL_CLIP_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cause.h"
#include "base/frame.h"

enum journal_kind { JOURNAL_HEAD = 1, JOURNAL_FRAME, JOURNAL_END };
enum { JOURNAL_RECORD_SIZE = 64, JOURNAL_LENGTH_MAX = 64 << 20 };

/* Append a record at the descriptor's own place. info NULL: all zero; its length is that of
 * `bytes`. -1 with *why and errno; what was written by halves stays, and no reader takes it. */
int journal_append(int fd, enum journal_kind kind, const struct frame_info *info, const void *bytes,
    uint32_t length, struct cause *why);

struct journal_record {
	enum journal_kind kind;
	struct frame_info info;
	const unsigned char *bytes; /* info.length of them, and a NUL behind; until the next call */
};

struct journal_reader { /* the caller's storage; all zero but fd before the first call */
	int fd;		/* borrowed; its place is not used */
	off_t at;	/* the next record is here */
	unsigned char *bytes;
	uint32_t room;
	int error; /* errno: it could not be read, or there is no memory for it */
};

/* The next whole record; false: there is none, at the end or because it is damaged, or, when
 * reader->error is set, it could not be read. */
bool journal_next(struct journal_reader *reader, struct journal_record *record);

void journal_reader_deinit(struct journal_reader *reader); /* callable from any state */

#endif
