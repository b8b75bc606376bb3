/* SPDX-License-Identifier: ISC */
/* journal: a file of frames that survives a crash. It is a row of records, each with its length and
 * a checksum. A reader stops at the first record that is not whole.
 *
 *   ├ head: JSON text ┼ frame: JPEG ┼ frame: JPEG ┼ … ┼ end: JSON text ┤
 *
 *   a record:  0         4      8        12    16           64
 *              ├ "ORJ1" ─┼ kind ┼ length ┼ CRC ┼ frame_info ┼ length bytes … ┤
 *
 * The CRC-32 (zlib's) is of the record without "ORJ1" and the CRC. Numbers are in the machine's own
 * byte order: a journal is read where it was written. A journal without an end was cut short. */
#ifndef ORIEL_CLIP_JOURNAL_H
#define ORIEL_CLIP_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cause.h"
#include "base/frame.h"

enum journal_kind { JOURNAL_HEAD = 1, JOURNAL_FRAME, JOURNAL_END };
enum { JOURNAL_RECORD_SIZE = 64, JOURNAL_LENGTH_MAX = 64 << 20 };

/* Append a record at the descriptor's offset. `info` NULL: all zero; info.length is always that of
 * `bytes`. -1 with *why and errno; half a record may stay in the file, and readers stop there. */
int journal_append(int fd, enum journal_kind kind, const struct frame_info *info, const void *bytes,
    uint32_t length, struct cause *why);

struct journal_record {
	enum journal_kind kind;
	struct frame_info info;
	const unsigned char *bytes; /* info.length of them, then a NUL; valid until the next call */
};

struct journal_reader { /* the caller's storage; all zero but fd before the first call */
	int fd;		/* borrowed; its offset is not used */
	off_t at;	/* of the next record */
	unsigned char *bytes;
	uint32_t room;
	int error; /* errno when it could not be read or memory ran out; else 0 */
};

/* The next whole record. False: the end, or a damaged record, or a failure (then reader->error is
 * set). */
bool journal_next(struct journal_reader *reader, struct journal_record *record);

void journal_reader_deinit(struct journal_reader *reader); /* callable from any state */

#endif
