/* SPDX-License-Identifier: ISC */
/* archive: what happened to a camera in a time, as one ZIP.
 *
 *   events.jsonl    its events, the oldest first, a line each as /history has them
 *   snaps/NAME      the saved pictures, at the paths that the events name
 *   clips/NAME      the clips, and a picture of each
 *   SHA256SUMS      for `sha256sum -c`; in comments, what is missing and why
 *
 * All of it comes from orield, a page and a file at a time, and leaves at once: what stays in
 * memory is 64 KiB, one page, and 200 bytes for each file. It waits for orield, the disk and
 * `write`. */
#ifndef ORIEL_EXPORT_ARCHIVE_H
#define ORIEL_EXPORT_ARCHIVE_H

#include <stdint.h>

#include "base/cause.h"
#include "client/control_client.h"
#include "export/interval.h"
#include "zip/zip_writer.h"

struct archive_sums { /* what came of it */
	uint64_t events, files, missing, bytes;
};

/* `orield` is open. Whatever `write` gets is to be written at once; it returns -1 to end all this.
 * 0, or -1 with *why: then what has been written is no whole archive. */
int archive_write(struct control_client *orield, const struct interval *interval,
    zip_write_fn *write, void *arg, struct archive_sums *sums, struct cause *why);

#endif
