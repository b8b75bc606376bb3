/* SPDX-License-Identifier: ISC */
#include "clip/journal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>
#include <zlib.h>

struct record_head {
	char word[4];
	uint32_t kind, length, crc;
	struct frame_info info;
};
_Static_assert(sizeof(struct record_head) == JOURNAL_RECORD_SIZE, "the layout in journal.h");
static const char record_word[4] = { 'O', 'R', 'J', '1' };

static uint32_t
record_crc(const struct record_head *head, const void *bytes)
{
	struct record_head summed = *head;

	summed.crc = 0;
	return (uint32_t)crc32(
	    crc32(crc32(0, NULL, 0), (const Bytef *)&summed, sizeof summed), bytes, head->length);
}

/* ---- writing --------------------------------------------------------- */

static int
write_parts(int fd, struct iovec parts[2])
{
	while (parts[0].iov_len + parts[1].iov_len > 0) {
		ssize_t done = writev(fd, parts, 2);

		if (done == -1 && errno == EINTR)
			continue;
		if (done == -1)
			return -1;
		for (int i = 0; i < 2; i++) {
			size_t part = (size_t)done < parts[i].iov_len ? (size_t)done
								      : parts[i].iov_len;

			parts[i].iov_base = (char *)parts[i].iov_base + part;
			parts[i].iov_len -= part;
			done -= (ssize_t)part;
		}
	}
	return 0;
}

int
journal_append(int fd, enum journal_kind kind, const struct frame_info *info, const void *bytes,
    uint32_t length, struct cause *why)
{
	struct record_head head = { .kind = kind, .length = length };
	struct iovec parts[2] = { { &head, sizeof head }, { (void *)bytes, length } };

	if (length > JOURNAL_LENGTH_MAX) {
		errno = EFBIG;
		return cause_errno(why, "clip");
	}
	memcpy(head.word, record_word, sizeof head.word);
	if (info != NULL)
		head.info = *info;
	head.info.length = length;
	head.crc = record_crc(&head, bytes);
	return write_parts(fd, parts) == 0 ? 0 : cause_errno(why, "clip");
}

/* ---- reading --------------------------------------------------------- */

static bool
read_all(struct journal_reader *reader, void *bytes, size_t length, off_t at)
{
	while (length > 0) {
		ssize_t got = pread(reader->fd, bytes, length, at);

		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			reader->error = errno;
		if (got <= 0)
			return false;
		bytes = (char *)bytes + got;
		length -= (size_t)got;
		at += got;
	}
	return true;
}

static bool
reader_has_room(struct journal_reader *reader, uint32_t length)
{
	unsigned char *bytes;

	if (length < reader->room)
		return true;
	bytes = realloc(reader->bytes, (size_t)length + 1);
	if (bytes == NULL)
		reader->error = ENOMEM;
	if (bytes == NULL)
		return false;
	reader->bytes = bytes;
	reader->room = length + 1;
	return true;
}

static bool
head_is_sound(const struct record_head *head)
{
	return memcmp(head->word, record_word, sizeof head->word) == 0 &&
	    head->kind >= JOURNAL_HEAD && head->kind <= JOURNAL_END &&
	    head->length <= JOURNAL_LENGTH_MAX && head->info.length == head->length;
}

bool
journal_next(struct journal_reader *reader, struct journal_record *record)
{
	struct record_head head;

	if (!read_all(reader, &head, sizeof head, reader->at) || !head_is_sound(&head) ||
	    !reader_has_room(reader, head.length) ||
	    !read_all(reader, reader->bytes, head.length, reader->at + (off_t)sizeof head) ||
	    record_crc(&head, reader->bytes) != head.crc)
		return false;
	reader->bytes[head.length] = '\0';
	reader->at += (off_t)sizeof head + (off_t)head.length;
	*record = (struct journal_record){
		.kind = (enum journal_kind)head.kind, .info = head.info, .bytes = reader->bytes
	};
	return true;
}

void
journal_reader_deinit(struct journal_reader *reader)
{
	free(reader->bytes);
	reader->bytes = NULL;
	reader->room = 0;
}
