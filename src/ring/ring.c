/* SPDX-License-Identifier: ISC */
#include "ring/ring.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"

/* The shared layout. Only this file knows it; a change needs a new RING_LAYOUT.
 *
 *   0        64                      4096               4096 + stride
 *   ├ header ┼ (unused) ─────────────┼ slot 0 ──────────┼ slot 1 ───── … ┤
 *                                    │
 *                                    ├ lock │ info │ pad to 128 │ JPEG … ┤
 *
 * lock: a sequence lock (Linux: Documentation/locking/seqlock.rst) that is the
 * frame's own sequence: 0 while the writer is inside, N once frame N is whole.
 * Slot of frame N: N % slots. `newest` follows after the slot is whole. */
enum { RING_LAYOUT = 1, RING_HEADER_SIZE = 4096, RING_SLOT_HEADER = 128 };
static const char ring_magic[8] = "ORIELRG";

struct ring_header {
	char magic[8];
	uint32_t layout, slots;
	uint64_t size; /* of the whole segment, bytes */
	uint64_t generation;
	uint32_t slot_size, stride; /* bytes of JPEG; distance of two slots */
	_Atomic uint64_t newest;    /* sequence, 0 = none yet */
};

struct ring_slot {
	_Atomic uint64_t lock;
	struct frame_info info;
};

_Static_assert(sizeof(struct ring_header) <= RING_HEADER_SIZE, "header fits its page");
_Static_assert(sizeof(struct ring_slot) <= RING_SLOT_HEADER, "slot header fits");
_Static_assert(sizeof(struct frame_info) == 48, "shared layout");
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "sequences need lock-free 64 bits");

struct ring_writer {
	int fd;
	uint64_t next; /* sequence of the frame being written */
	unsigned char *map;
	struct ring_header *header;
};

struct ring_reader {
	const unsigned char *map;
	/* Read once at attach, so that a hostile writer cannot change them later. */
	uint64_t size, generation;
	uint32_t slots, slot_size, stride;
};

static uint32_t
ring_stride(uint32_t slot_size)
{
	return (slot_size + RING_SLOT_HEADER + 4095u) & ~4095u;
}

static bool
ring_fits(uint32_t slots, uint32_t slot_size)
{
	return slots >= RING_SLOTS_MIN && slots <= RING_SLOTS_MAX &&
	    slot_size >= RING_SLOT_SIZE_MIN && slot_size <= RING_SLOT_SIZE_MAX;
}

static uint64_t
ring_size(uint32_t slots, uint32_t slot_size)
{
	return RING_HEADER_SIZE + (uint64_t)slots * ring_stride(slot_size);
}

/* ---- writer ---------------------------------------------------------- */

/* A memfd of `size` bytes, with memory for every page. */
static int
ring_memory(uint64_t size, struct cause *why)
{
	int fd = memfd_create("oriel-ring", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd == -1)
		return cause_errno(why, "memfd_create");
	errno = posix_fallocate(fd, 0, (off_t)size);
	if (errno == 0)
		return fd;
	cause_errno(why, "no memory for a frame ring of %llu bytes", (unsigned long long)size);
	close(fd);
	return -1;
}

static void
ring_header_fill(struct ring_header *header, uint32_t slots, uint32_t slot_size)
{
	header->layout = RING_LAYOUT;
	header->slots = slots;
	header->size = ring_size(slots, slot_size);
	header->generation = clock_wall_ns() / CLOCK_MS;
	header->slot_size = slot_size;
	header->stride = ring_stride(slot_size);
	memcpy(header->magic, ring_magic, sizeof ring_magic);
}

struct ring_writer *
ring_writer_new(uint32_t slots, uint32_t slot_size, struct cause *why)
{
	struct ring_writer *writer;

	if (!ring_fits(slots, slot_size)) {
		cause_set(why, "a ring of %u slots of %u bytes is out of range", slots, slot_size);
		return NULL;
	}
	writer = calloc(1, sizeof *writer);
	if (writer == NULL) {
		cause_errno(why, "frame ring");
		return NULL;
	}
	writer->map = MAP_FAILED;
	writer->next = 1;
	writer->fd = ring_memory(ring_size(slots, slot_size), why);
	if (writer->fd == -1)
		goto fail;
	writer->map = mmap(
	    NULL, ring_size(slots, slot_size), PROT_READ | PROT_WRITE, MAP_SHARED, writer->fd, 0);
	if (writer->map == MAP_FAILED) {
		cause_errno(why, "mmap of the frame ring");
		goto fail;
	}
	writer->header = (struct ring_header *)writer->map;
	ring_header_fill(writer->header, slots, slot_size);
	/* Our own mapping stays writable; no new mapping can be. */
	if (fcntl(writer->fd, F_ADD_SEALS,
		F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) == -1) {
		cause_errno(why, "sealing the frame ring");
		goto fail;
	}
	return writer;
fail:
	ring_writer_free(&writer);
	return NULL;
}

void
ring_writer_free(struct ring_writer **writer)
{
	struct ring_writer *gone = *writer;

	if (gone == NULL)
		return;
	if (gone->map != MAP_FAILED)
		munmap(gone->map, ring_size(gone->header->slots, gone->header->slot_size));
	if (gone->fd != -1)
		close(gone->fd);
	free(gone);
	*writer = NULL;
}

int
ring_writer_fd(const struct ring_writer *writer)
{
	return writer->fd;
}

uint64_t
ring_writer_generation(const struct ring_writer *writer)
{
	return writer->header->generation;
}

uint32_t
ring_writer_slot_size(const struct ring_writer *writer)
{
	return writer->header->slot_size;
}

static struct ring_slot *
ring_writer_slot(struct ring_writer *writer)
{
	return (struct ring_slot *)(writer->map + RING_HEADER_SIZE +
	    writer->next % writer->header->slots * writer->header->stride);
}

unsigned char *
ring_writer_begin(struct ring_writer *writer)
{
	struct ring_slot *slot = ring_writer_slot(writer);

	atomic_store_explicit(&slot->lock, 0, memory_order_relaxed);
	/* Readers must see the lock before any byte of the new frame. */
	atomic_thread_fence(memory_order_seq_cst);
	return (unsigned char *)slot + RING_SLOT_HEADER;
}

uint64_t
ring_writer_commit(struct ring_writer *writer, const struct frame_info *info)
{
	struct ring_slot *slot = ring_writer_slot(writer);
	uint64_t sequence = writer->next++;

	slot->info = *info;
	slot->info.sequence = sequence;
	atomic_store_explicit(&slot->lock, sequence, memory_order_release);
	atomic_store_explicit(&writer->header->newest, sequence, memory_order_release);
	return sequence;
}

/* ---- reader ---------------------------------------------------------- */

static int
ring_reader_check(const struct ring_header *header, uint64_t size, struct cause *why)
{
	if (memcmp(header->magic, ring_magic, sizeof ring_magic) != 0)
		return cause_set(why, "not a frame ring (magic)");
	if (header->layout != RING_LAYOUT)
		return cause_set(why, "frame ring has layout %u, this program reads %d",
		    header->layout, RING_LAYOUT);
	if (!ring_fits(header->slots, header->slot_size) ||
	    header->stride != ring_stride(header->slot_size) || header->size != size ||
	    header->size != ring_size(header->slots, header->slot_size))
		return cause_set(why, "frame ring with sizes that do not agree");
	return 0;
}

/* Size of the segment; 0 with *why unless it is sealed against shrinking. */
static uint64_t
ring_reader_measure(int fd, struct cause *why)
{
	struct stat st;
	int seals = fcntl(fd, F_GET_SEALS);

	if (seals == -1 || !(seals & F_SEAL_SHRINK)) {
		cause_set(why, "not a frame ring (no sealed memory)");
		return 0;
	}
	if (fstat(fd, &st) == -1) {
		cause_errno(why, "frame ring");
		return 0;
	}
	if (st.st_size < RING_HEADER_SIZE) {
		cause_set(why, "not a frame ring (%lld bytes)", (long long)st.st_size);
		return 0;
	}
	return (uint64_t)st.st_size;
}

struct ring_reader *
ring_reader_new(int fd, struct cause *why)
{
	struct ring_reader *reader;
	struct ring_header header;
	uint64_t size = ring_reader_measure(fd, why);
	void *map;

	if (size == 0)
		return NULL;
	map = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		cause_errno(why, "mmap of the frame ring");
		return NULL;
	}
	memcpy(&header, map, sizeof header);
	if (ring_reader_check(&header, size, why) == -1)
		goto fail;
	reader = calloc(1, sizeof *reader);
	if (reader == NULL) {
		cause_errno(why, "frame ring");
		goto fail;
	}
	*reader = (struct ring_reader){ .map = map,
		.size = size,
		.generation = header.generation,
		.slots = header.slots,
		.slot_size = header.slot_size,
		.stride = header.stride };
	return reader;
fail:
	munmap(map, size);
	return NULL;
}

void
ring_reader_free(struct ring_reader **reader)
{
	if (*reader == NULL)
		return;
	munmap((void *)(*reader)->map, (*reader)->size);
	free(*reader);
	*reader = NULL;
}

uint64_t
ring_reader_generation(const struct ring_reader *reader)
{
	return reader->generation;
}

uint32_t
ring_reader_slot_size(const struct ring_reader *reader)
{
	return reader->slot_size;
}

static const struct ring_slot *
ring_reader_slot(const struct ring_reader *reader, uint64_t sequence)
{
	return (const struct ring_slot *)(reader->map + RING_HEADER_SIZE +
	    sequence % reader->slots * reader->stride);
}

uint64_t
ring_reader_newest(const struct ring_reader *reader)
{
	const struct ring_header *header = (const struct ring_header *)reader->map;

	return atomic_load_explicit(&header->newest, memory_order_acquire);
}

bool
ring_reader_holds(const struct ring_reader *reader, const struct ring_view *view)
{
	const struct ring_slot *slot = ring_reader_slot(reader, view->info.sequence);

	/* Everything was read from the slot before this look at its lock. */
	atomic_thread_fence(memory_order_acquire);
	return atomic_load_explicit(&slot->lock, memory_order_relaxed) == view->info.sequence;
}

/* One try to read frame `sequence`; false when the writer is (or was) inside. */
static bool
ring_reader_try(const struct ring_reader *reader, uint64_t sequence, struct ring_view *view)
{
	const struct ring_slot *slot = ring_reader_slot(reader, sequence);

	if (atomic_load_explicit(&slot->lock, memory_order_acquire) != sequence)
		return false;
	view->info = slot->info;
	view->info.sequence = sequence;
	view->data = (const unsigned char *)slot + RING_SLOT_HEADER;
	return view->info.length <= reader->slot_size && ring_reader_holds(reader, view);
}

bool
ring_reader_view(const struct ring_reader *reader, uint64_t after, struct ring_view *view)
{
	/* The newest slot is overwritten last: a second try is rare. A fourth means that the
	 * writer has gone wrong, and then there is no frame. */
	for (int tries = 0; tries < 4; tries++) {
		uint64_t newest = ring_reader_newest(reader);

		if (newest == 0 || newest <= after)
			return false;
		if (ring_reader_try(reader, newest, view))
			return true;
	}
	return false;
}

bool
ring_reader_next(const struct ring_reader *reader, uint64_t after, struct ring_view *view)
{
	uint64_t newest = ring_reader_newest(reader), next = after + 1;

	if (newest >= reader->slots && next <= newest - reader->slots)
		next = newest - reader->slots + 1;
	/* What is overwritten just now is passed over. */
	for (; next <= newest; next++)
		if (ring_reader_try(reader, next, view))
			return true;
	return false;
}
