/* SPDX-License-Identifier: ISC */
#include "source/splitter.h"

#include <stdlib.h>
#include <string.h>

#include "jpeg/exif.h"

enum { READ_SIZE = 256 * 1024, FOLLOWERS_MOST = 8 };
enum {
	M_TEM = 0x01,
	M_SOF0 = 0xc0,
	M_SOF2 = 0xc2,
	M_RST0 = 0xd0,
	M_RST7 = 0xd7,
	M_SOI = 0xd8,
	M_EOI = 0xd9,
	M_SOS = 0xda,
	M_APP0 = 0xe0,
	M_APP2 = 0xe2,
};

int
splitter_init(struct splitter *splitter, size_t most)
{
	*splitter = (struct splitter){ .most = most, .capacity = most + READ_SIZE };
	splitter->data = malloc(splitter->capacity);
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
	size_t left = splitter->end - splitter->begin, room;

	/* Once per picture, and only what came after it. */
	if (splitter->begin > 0) {
		memmove(splitter->data, splitter->data + splitter->begin, left);
		splitter->scan -= splitter->begin;
		splitter->begin = 0;
		splitter->end = left;
	}
	room = splitter->capacity - splitter->end;
	*size = room < READ_SIZE ? room : READ_SIZE;
	return splitter->data + splitter->end;
}

void
splitter_add(struct splitter *splitter, size_t count)
{
	splitter->end += count;
}

/* Is it padding, or the text between the parts of a multipart stream? */
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

/* A picture begins at `at`. */
static void
begin_picture(struct splitter *splitter, size_t at)
{
	splitter->state = SPLITTER_MARKERS;
	splitter->begin = at;
	splitter->scan = at + 2;
	splitter->counted = splitter->scanned = false;
	splitter->area = splitter->followers = 0;
}

/* What was begun is no picture; look for the next from `at` on. */
static void
give_up(struct splitter *splitter, size_t at)
{
	splitter->broken++;
	splitter->counted = true;
	seek_from(splitter, at < splitter->end ? at : splitter->end);
}

void
splitter_restart(struct splitter *splitter)
{
	if (splitter->state != SPLITTER_SEEK) {
		splitter->broken++;
		cause_set(&splitter->why, "the input ended within a picture");
	}
	splitter->counted = false;
	splitter->end = 0;
	splitter->expected = 0;
	seek_from(splitter, 0);
}

/* Skip what is no picture. True when a picture begins. */
static bool
find_begin(struct splitter *splitter)
{
	const unsigned char *data = splitter->data;

	for (; splitter->begin + 2 <= splitter->end; splitter->begin++) {
		const unsigned char *at = data + splitter->begin;

		if (at[0] == 0xff && at[1] == M_SOI) {
			begin_picture(splitter, splitter->begin);
			return true;
		}
		if (!splitter->counted && !is_filler(*at)) {
			splitter->counted = true;
			splitter->broken++;
			cause_set(&splitter->why, "bytes that are no JPEG");
		}
	}
	splitter->scan = splitter->begin;
	return false;
}

/* What matters here in a segment: how large the picture is, and whether others belong to it. */
static void
note_segment(struct splitter *splitter, unsigned marker, const unsigned char *data, uint32_t length)
{
	unsigned pictures;

	if (marker >= M_SOF0 && marker <= M_SOF2 && length >= 5)
		splitter->area = ((uint64_t)data[1] << 8 | data[2]) *
		    ((uint64_t)data[3] << 8 | data[4]);
	if (marker != M_APP2)
		return;
	pictures = mpf_pictures(data, length);
	if (pictures > 1)
		splitter->followers = pictures - 1 < FOLLOWERS_MOST ? pictures - 1 : FOLLOWERS_MOST;
}

/* The next picture begins within this one. This one is over if it had a scan. If it had only its
 * SOI, it is not worth counting. */
static void
next_begins(struct splitter *splitter, bool *whole)
{
	if (splitter->scanned) {
		*whole = true;
		return;
	}
	if (splitter->scan != splitter->begin + 2) {
		splitter->broken++;
		cause_set(&splitter->why, "a picture that ends within its header");
	}
	begin_picture(splitter, splitter->scan);
}

static bool
is_lone(unsigned marker)
{
	return marker == 0x00 || marker == M_TEM || marker == M_EOI ||
	    (marker >= M_RST0 && marker <= M_RST7);
}

/* One marker segment, and the bytes skipped before it. False: its bytes are not all there. */
static bool
step_marker(struct splitter *splitter, bool *whole)
{
	const unsigned char *at, *mark;
	size_t left, length;

	if (splitter->scan + 2 > splitter->end)
		return false;
	at = splitter->data + splitter->scan;
	mark = memchr(at, 0xff, splitter->end - splitter->scan - 1);
	splitter->scan = mark != NULL ? (size_t)(mark - splitter->data) : splitter->end - 1;
	left = splitter->end - splitter->scan;
	if (mark == NULL || left < 2)
		return false;
	if (mark[1] == 0xff) { /* fill byte (B.1.1.2) */
		splitter->scan++;
	} else if (mark[1] == M_SOI) {
		next_begins(splitter, whole);
	} else if (is_lone(mark[1])) {
		splitter->scan += 2;
		*whole = mark[1] == M_EOI;
	} else {
		length = left >= 4 ? (size_t)mark[2] << 8 | mark[3] : 0;
		if (left >= 4 && length < 2 && mark[1] >= M_APP0) /* decoders skip it */
			length = 2;
		if (left >= 4 && length < 2) {
			cause_set(&splitter->why, "a segment of %zu bytes", length);
			give_up(splitter, splitter->scan + 2);
			return true;
		}
		if (left < 4 || left < 2 + length)
			return false;
		note_segment(splitter, mark[1], mark + 4, (uint32_t)length - 2);
		splitter->scan += 2 + length;
		if (mark[1] == M_SOS) {
			splitter->scanned = true;
			splitter->state = SPLITTER_ENTROPY;
		}
	}
	return true;
}

/* Entropy-coded bytes up to the next marker that does not belong to them. False: their end is
 * not there yet. */
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
		if (mark[1] < M_SOF0 || (mark[1] >= M_RST0 && mark[1] <= M_RST7)) {
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

/* Go on. True: a picture is over at `scan`; false: more bytes are needed. */
static bool
find_end(struct splitter *splitter)
{
	bool more = true, whole = false;

	while (more && !whole) {
		switch (splitter->state) {
		case SPLITTER_SEEK: more = find_begin(splitter); break;
		case SPLITTER_MARKERS: more = step_marker(splitter, &whole); break;
		case SPLITTER_ENTROPY: more = step_entropy(splitter); break;
		}
		if (splitter->scan - splitter->begin > splitter->most) {
			cause_set(&splitter->why, "a picture of more than %zu MiB (image_mb)",
			    splitter->most >> 20);
			whole = false;
			more = true;
			give_up(splitter, splitter->scan);
		}
	}
	return whole;
}

/* Does the current picture belong to an earlier one? */
static bool
belongs(struct splitter *splitter)
{
	bool follows = splitter->expected > 0 && splitter->followers == 0 &&
	    splitter->area <= splitter->expected_area;

	if (follows) {
		splitter->expected--;
		return true;
	}
	splitter->expected = splitter->followers;
	splitter->expected_area = splitter->area;
	return false;
}

bool
splitter_next(
    struct splitter *splitter, const unsigned char **jpeg, uint32_t *length, uint64_t *area)
{
	while (find_end(splitter)) {
		bool passed_over = belongs(splitter);

		*jpeg = splitter->data + splitter->begin;
		*length = (uint32_t)(splitter->scan - splitter->begin);
		if (area != NULL)
			*area = splitter->area;
		seek_from(splitter, splitter->scan);
		if (!passed_over)
			return true;
	}
	return false;
}
