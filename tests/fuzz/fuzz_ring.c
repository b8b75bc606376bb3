/* SPDX-License-Identifier: ISC */
/* A ring from a hostile daemon: a segment of any size, seals, header and slots, looked
 * at as the workers do. The input: seals, size of the segment (4 bytes), its first 64
 * bytes, then 64 bytes for each slot where the header says that it is. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ring/ring.h"

enum { HEADER_SIZE = 64, SLOTS_AT = 4096, SLOT_SIZE = 64, SEGMENT_MAX = 8 << 20, STRIDE_AT = 36 };

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static uint32_t
number(const unsigned char *bytes)
{
	uint32_t value;

	memcpy(&value, bytes, sizeof value);
	return value;
}

static int
segment_make(unsigned seals, const unsigned char *data, size_t size)
{
	int fd = memfd_create("ring", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	uint32_t length = number(data) % SEGMENT_MAX, stride;
	size_t at = 4 + HEADER_SIZE;

	if (fd == -1 || ftruncate(fd, length) == -1)
		abort();
	stride = number(data + 4 + STRIDE_AT);
	if (length >= HEADER_SIZE && pwrite(fd, data + 4, HEADER_SIZE, 0) != HEADER_SIZE)
		abort();
	for (uint64_t to = SLOTS_AT; at + SLOT_SIZE <= size && to + SLOT_SIZE <= length;
	     to += stride, at += SLOT_SIZE)
		if (pwrite(fd, data + at, SLOT_SIZE, (off_t)to) != SLOT_SIZE)
			abort();
	fcntl(fd, F_ADD_SEALS, seals & (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE));
	return fd;
}

static uint32_t
ring_use(const struct ring_reader *reader)
{
	struct ring_view view;
	uint32_t sum = 0;

	if (!ring_reader_view(reader, 0, &view))
		return sum;
	if (view.info.length > ring_reader_slot_size(reader) ||
	    view.info.sequence != ring_reader_newest(reader))
		abort();
	for (uint32_t i = 0; i < view.info.length; i++)
		sum += view.data[i];
	if (!ring_reader_holds(reader, &view) ||
	    ring_reader_view(reader, view.info.sequence, &view))
		abort();
	return sum;
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct ring_reader *reader;
	struct cause why = { .text = "" };
	int fd;

	if (size < 1 + 4 + HEADER_SIZE)
		return 0;
	fd = segment_make(data[0], data + 1, size - 1);
	reader = ring_reader_new(fd, &why);
	if (reader != NULL)
		ring_use(reader);
	else if (why.text[0] == '\0')
		abort();
	ring_reader_free(&reader);
	close(fd);
	return 0;
}
