/* SPDX-License-Identifier: ISC */
/* ring: the newest JPEG frames of one camera, in memory shared read-only.
 *
 * One writer (orield) and any number of readers. The writer never waits for a reader. A reader
 * looks at the newest slot in place, uses it, and then checks whether the writer has overwritten it
 * meanwhile (as Varnish's vsl cursor does). The memory is a memfd(2). It is sized at the start with
 * posix_fallocate(3), so that a lack of memory is an error then and never a SIGBUS. It is sealed
 * against shrinking, growing and later writable mappings (F_SEAL_FUTURE_WRITE, Linux 5.1), so that
 * a reader cannot harm the writer. It has no name, so that nothing is left after a crash and a full
 * /dev/shm does not matter. Readers get the descriptor over the control socket.
 *
 * A ring lives until its writer ends or its frame size changes. A new ring has a new generation.
 * Sequences begin at 1 in each generation. */
#ifndef ORIEL_RING_RING_H
#define ORIEL_RING_RING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cause.h"
#include "base/frame.h"

enum {
	RING_SLOTS_MIN = 4,
	RING_SLOTS_MAX = 64,
	RING_SLOT_SIZE_MIN = 4096,
	RING_SLOT_SIZE_MAX = 64 << 20,
};

/* ---- writer: one thread ---------------------------------------------- */

struct ring_writer;

/* NULL with *why when slots or slot_size (bytes) are out of range or memory is
 * short. The generation is the wall clock in milliseconds. */
struct ring_writer *ring_writer_new(uint32_t slots, uint32_t slot_size, struct cause *why);
void ring_writer_free(struct ring_writer **writer);

/* The descriptor to hand to readers; owned by the writer. */
int ring_writer_fd(const struct ring_writer *writer);
uint64_t ring_writer_generation(const struct ring_writer *writer);
uint32_t ring_writer_slot_size(const struct ring_writer *writer);

/* The slot for the next frame: write at most ring_writer_slot_size() bytes of JPEG there. Its
 * former frame is gone from now on. Calling it again without a commit gives the same slot. */
unsigned char *ring_writer_begin(struct ring_writer *writer);

/* Publish the slot. `info` comes without its sequence, which is returned. */
uint64_t ring_writer_commit(struct ring_writer *writer, const struct frame_info *info);

/* ---- reader: each reader one thread ---------------------------------- */

struct ring_reader;

/* Map the ring of `fd`, which stays the caller's. NULL with *why when it is no ring of ours: not
 * sealed, or a wrong magic number, layout version or size. */
struct ring_reader *ring_reader_new(int fd, struct cause *why);
void ring_reader_free(struct ring_reader **reader);

uint64_t ring_reader_generation(const struct ring_reader *reader);
uint32_t ring_reader_slot_size(const struct ring_reader *reader);

/* Sequence of the newest frame, 0 before the first. */
uint64_t ring_reader_newest(const struct ring_reader *reader);

struct ring_view {
	struct frame_info info;	   /* a copy, consistent */
	const unsigned char *data; /* info.length bytes inside the ring */
};

/* Look at the newest frame if it is newer than `after`; false when there is none. view->data may
 * be overwritten at any moment: copy what you need, then trust the copy only if
 * ring_reader_holds() says so. */
bool ring_reader_view(const struct ring_reader *reader, uint64_t after, struct ring_view *view);

/* The oldest frame newer than `after` that is still there: who comes round in time sees each once.
 * The rest as ring_reader_view(). */
bool ring_reader_next(const struct ring_reader *reader, uint64_t after, struct ring_view *view);

/* Is the slot of `view` still untouched? False: it was overwritten, look again. */
bool ring_reader_holds(const struct ring_reader *reader, const struct ring_view *view);

#endif
