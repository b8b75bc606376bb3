/* SPDX-License-Identifier: ISC */
/* writer: the thread that writes one journal (clip/journal.h), so that the loop never waits for a
 * slow disk. It syncs once a second: a power cut loses about that much. */
#ifndef ORIEL_RECORD_WRITER_H
#define ORIEL_RECORD_WRITER_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cause.h"
#include "clip/frame_copy.h"

struct writer;

/* Takes over `fd`, and closes it also on failure. Copies `head`. Calls `ended` once, from the loop:
 * after writer_end(), when all is on disk, or when writing failed. From then on writer_free() does
 * not wait. NULL with *why. */
struct writer *writer_new(struct event_base *base, int fd, const char *head,
    void (*ended)(void *arg), void *arg, struct cause *why);

/* Queue a frame, and keep a reference until it is written. False: dropped, for more than
 * `most_bytes` would wait, or no memory. */
bool writer_put(struct writer *writer, struct frame_copy *frame, uint64_t most_bytes);

/* No more frames will come. Write an end record with this text; NULL: no end record, so the clip
 * is cut. */
void writer_end(struct writer *writer, const char *text);

/* Why it failed, "" when it did not. Call it only after `ended`. */
const char *writer_failure(const struct writer *writer);

/* Waits until all queued frames are written. Clears *writer. */
void writer_free(struct writer **writer);

#endif
