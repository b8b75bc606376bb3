/* SPDX-License-Identifier: ISC */
/* writer: the thread that writes one journal (clip/journal.h), so that a slow disk does not keep
 * the loop from the next frame. It syncs once a second: that much is lost when the power goes. */
#ifndef ORIEL_RECORD_WRITER_H
#define ORIEL_RECORD_WRITER_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cause.h"
#include "clip/frame_copy.h"

struct writer;

/* Takes `fd` over; `head` is copied. `ended` is called once, from the loop: all was written and is
 * on disk after writer_end(), or writing failed; then writer_free() does not wait. NULL with *why;
 * then fd is closed. */
struct writer *writer_new(struct event_base *base, int fd, const char *head,
    void (*ended)(void *arg), void *arg, struct cause *why);

/* One frame more: kept until it is written. False: frames of `most_bytes` wait already. */
bool writer_put(struct writer *writer, struct frame_copy *frame, uint64_t most_bytes);

/* No more will come. It ends as it should, with a record that says so and has that text; NULL: it
 * is cut. */
void writer_end(struct writer *writer, const char *text);

/* Why it failed, "" when it did not. Once it has ended. */
const char *writer_failure(const struct writer *writer);

/* Waits until what was put is written. Clears *writer. */
void writer_free(struct writer **writer);

#endif
