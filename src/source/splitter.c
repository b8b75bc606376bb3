/* SPDX-License-Identifier: ISC */
#include "source/splitter.h"

#include <stdlib.h>
#include <string.h>

#include "source/source.h"

enum { READ_SIZE = 256 * 1024, CAPACITY = SOURCE_IMAGE_MAX + READ_SIZE };
enum { M_SOI = 0xd8, M_EOI = 0xd9, M_SOS = 0xda, M_RST0 = 0xd0, M_RST7 = 0xd7, M_TEM = 0x01 };

int
splitter_init(struct splitter *splitter)
{
	*splitter = (struct splitter){ .data = malloc(CAPACITY) };
	return splitter->data != NULL ? 0 : -1;
}

void
splitter_deinit(struct splitter *splitter)
{
	free(splitter->data);
	splitter->data = NULL;
}

unsigned char *
splitter_room(struct splitter *splitter, size_t *size)
{
	size_t left = splitter->end - splitter->begin;

	/* Once a picture, and only what came behind it. */
	if (splitter->begin > 0) {
		memmove(splitter->data, splitter->data + splitter->begin, left);
		splitter->scan -= splitter->begin;
		splitter->begin = 0;
		splitter->end = left;
	}
	*size = CAPACITY - splitter->end < READ_SIZE ? CAPACITY - splitter->end : READ_SIZE;
	return splitter->data + splitter->end;
}

void
splitter_add(struct splitter *splitter, size_t count)
{
	splitter->end += count;
}

/* Padding, or the text between the parts of a multipart stream. */
static bool
is_filler(unsigned char byte)
{
	return byte == 0x00 || byte == 0xff || byte == '\r' || byte == '\n' || byte == '\t' ||
	    (byte >= 0x20 && byte < 0x7f);
}

static void
seek_from(struct splitter *splitter, size_t at)
{
	splitter->state = SPLITTER_SEEK;
	splitter->begin = splitter->scan = at;
}

/* The picture begun is none; look for the next from `at` on. */
static void
give_up(struct splitter *splitter, size_t at)
{
	splitter->broken++;
	splitter->counted = true;
	seek_from(splitter, at);
}

void
splitter_restart(struct splitter *splitter)
{
	if (splitter->state != SPLITTER_SEEK)
		splitter->broken++;
	splitter->counted = false;
	splitter->end = 0;
	seek_from(splitter, 0);
}

/* Pass over what is no picture. True when one begins at `begin`. */
static bool
find_begin(struct splitter *splitter)
{
	const unsigned char *data = splitter->data;

	for (; splitter->begin + 3 <= splitter->end; splitter->begin++) {
		const unsigned char *at = data + splitter->begin;

		if (at[0] == 0xff && at[1] == M_SOI && at[2] == 0xff) {
			splitter->state = SPLITTER_MARKERS;
			splitter->scan = splitter->begin + 2;
			splitter->counted = false;
			return true;
		}
		if (!splitter->counted && !is_filler(*at)) {
			splitter->counted = true;
			splitter->broken++;
		}
	}
	splitter->scan = splitter->begin;
	return false;
}

/* One marker segment. False: its bytes are not all there, or it is none. */
static bool
step_marker(struct splitter *splitter, bool *whole)
{
	const unsigned char *at = splitter->data + splitter->scan;
	size_t left = splitter->end > splitter->scan ? splitter->end - splitter->scan : 0, length;

	if (left < 2)
		return false;
	if (at[0] != 0xff || at[1] == 0x00 || at[1] == M_SOI) {
		give_up(splitter, splitter->scan);
		return true;
	}
	if (at[1] == 0xff) {		/* fill byte (B.1.1.2) */
		splitter->scan++;
		return true;
	}
	if (at[1] == M_EOI || at[1] == M_TEM || (at[1] >= M_RST0 && at[1] <= M_RST7)) {
		splitter->scan += 2;
		*whole = at[1] == M_EOI;
		return true;
	}
	if (left < 4)
		return false;
	length = (size_t)at[2] << 8 | at[3];
	if (length < 2) {
		give_up(splitter, splitter->scan + 2);
		return true;
	}
	splitter->scan += 2 + length;
	if (at[1] == M_SOS)
		splitter->state = SPLITTER_ENTROPY;
	return true;
}

/* Entropy-coded bytes up to the next marker that is no restart. False: its end
 * is not there yet. */
static bool
step_entropy(struct splitter *splitter)
{
	while (splitter->scan + 2 <= splitter->end) {
		const unsigned char *at = splitter->data + splitter->scan;
		const unsigned char *mark = memchr(at, 0xff, splitter->end - splitter->scan - 1);

		if (mark == NULL) {
			splitter->scan = splitter->end - 1;
			return false;
		}
		splitter->scan = (size_t)(mark - splitter->data);
		if (mark[1] == 0x00 || (mark[1] >= M_RST0 && mark[1] <= M_RST7)) {
			splitter->scan += 2;
		} else if (mark[1] == 0xff) {
			splitter->scan++;
		} else {
			splitter->state = SPLITTER_MARKERS;
			return true;
		}
	}
	return false;
}

bool
splitter_next(struct splitter *splitter, const unsigned char **jpeg, uint32_t *length)
{
	bool more = true, whole = false;

	while (more && !whole) {
		switch (splitter->state) {
		case SPLITTER_SEEK:
			more = find_begin(splitter);
			break;
		case SPLITTER_MARKERS:
			more = step_marker(splitter, &whole);
			break;
		case SPLITTER_ENTROPY:
			more = step_entropy(splitter);
			break;
		}
		if (splitter->scan - splitter->begin > SOURCE_IMAGE_MAX) {
			whole = false;
			more = true;
			give_up(splitter, splitter->scan < splitter->end ? splitter->scan : splitter->end);
		}
	}
	if (!whole)
		return false;
	*jpeg = splitter->data + splitter->begin;
	*length = (uint32_t)(splitter->scan - splitter->begin);
	seek_from(splitter, splitter->scan);
	return true;
}
