/* SPDX-License-Identifier: ISC */
/* archive: one ZIP of what happened at a camera in an interval.
 *
 *   events.jsonl    its events, the oldest first, one a line, in the form of /history
 *   snaps/NAME      the saved pictures, at the paths that the events name
 *   clips/NAME      the clips, each with its poster
 *   SHA256SUMS      for `sha256sum -c`; in comments, what is missing and why
 *
 * All of it comes from orield, a page or a file at a time, and is written at once. Memory: 64 KiB,
 * one page, and 200 bytes for each file. Blocks on orield, the disk and `write`. */
#ifndef ORIEL_EXPORT_ARCHIVE_H
#define ORIEL_EXPORT_ARCHIVE_H

#include <stdint.h>

#include "base/cause.h"
#include "client/control_client.h"
#include "export/interval.h"
#include "zip/zip_writer.h"

struct archive_sums { /* what was written */
	uint64_t events, files, missing, bytes;
};

/* `orield` is open. `write` gets the bytes, and returns -1 to end the export. 0, or -1 with *why:
 * then the archive is not whole. */
int archive_write(struct control_client *orield, const struct interval *interval,
    zip_write_fn *write, void *arg, struct archive_sums *sums, struct cause *why);

#endif
