/* SPDX-License-Identifier: ISC */
#include "lines/lines.h"

#include <errno.h>
#include <event2/buffer.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "protocol/limits.h"

enum { WRITE_PARTS = 64 };

/* Descriptors to send with the byte at `at` of the output. */
struct parcel {
	STAILQ_ENTRY(parcel) next;
	uint64_t at;
	int fds[LINES_FDS];
};

struct lines {
	int fd;
	bool takes_fds;
	int fds[LINES_FDS]; /* came in, not taken yet */
	struct evbuffer *out;
	uint64_t sent; /* bytes of output gone so far */
	STAILQ_HEAD(, parcel) parcels;
	size_t begin, end; /* the input is in[begin..end) */
	char in[LINE_MAX_SIZE];
};

/* Room for a message with descriptors. */
union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(int[LINES_FDS]))];
};

static void
fds_close(int fds[LINES_FDS])
{
	for (int i = 0; i < LINES_FDS; i++) {
		if (fds[i] != -1)
			close(fds[i]);
		fds[i] = -1;
	}
}

static size_t
fds_count(const int fds[LINES_FDS])
{
	size_t count = 0;

	while (count < LINES_FDS && fds[count] != -1)
		count++;
	return count;
}

/* ---- in -------------------------------------------------------------- */

static void
lines_keep_fds(struct lines *lines, struct msghdr *message)
{
	struct cmsghdr *part = CMSG_FIRSTHDR(message);
	size_t bytes;

	if (part == NULL || part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
		return;
	bytes = part->cmsg_len - CMSG_LEN(0);
	fds_close(lines->fds);
	memcpy(lines->fds, CMSG_DATA(part), bytes < sizeof lines->fds ? bytes : sizeof lines->fds);
}

ssize_t
lines_read(struct lines *lines)
{
	union control control;
	struct iovec part;
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	ssize_t got;

	if (lines->begin > 0) {
		memmove(lines->in, lines->in + lines->begin, lines->end - lines->begin);
		lines->end -= lines->begin;
		lines->begin = 0;
	}
	part.iov_base = lines->in + lines->end;
	part.iov_len = sizeof lines->in - lines->end;
	if (lines->takes_fds) {
		message.msg_control = control.bytes;
		message.msg_controllen = sizeof control.bytes;
	}
	got = recvmsg(lines->fd, &message, MSG_CMSG_CLOEXEC);
	if (got > 0) {
		lines_keep_fds(lines, &message);
		lines->end += (size_t)got;
	}
	return got;
}

char *
lines_next(struct lines *lines, size_t *length)
{
	char *line = lines->in + lines->begin,
	     *newline = memchr(line, '\n', lines->end - lines->begin);

	if (newline == NULL)
		return NULL;
	*length = (size_t)(newline - line);
	lines->begin += *length + 1;
	return line;
}

bool
lines_is_full(const struct lines *lines)
{
	return lines->end - lines->begin == sizeof lines->in;
}

void
lines_take_fds(struct lines *lines, int fds[LINES_FDS])
{
	for (int i = 0; i < LINES_FDS; i++) {
		fds[i] = lines->fds[i];
		lines->fds[i] = -1;
	}
}

/* ---- out ------------------------------------------------------------- */

int
lines_put(struct lines *lines, const char *tag, const char *line, size_t length)
{
	size_t before = strlen(tag);

	if (evbuffer_expand(lines->out, before + length + 1) == -1)
		return -1;
	evbuffer_add(lines->out, tag, before);
	evbuffer_add(lines->out, line, length);
	return evbuffer_add(lines->out, "\n", 1);
}

int
lines_put_fds(struct lines *lines, const int fds[LINES_FDS])
{
	struct parcel *parcel = calloc(1, sizeof *parcel);

	if (parcel == NULL)
		return -1;
	parcel->at = lines->sent + lines_unsent(lines);
	memcpy(parcel->fds, fds, sizeof parcel->fds);
	STAILQ_INSERT_TAIL(&lines->parcels, parcel, next);
	return 0;
}

size_t
lines_unsent(const struct lines *lines)
{
	return evbuffer_get_length(lines->out);
}

static void
lines_drop_parcel(struct lines *lines)
{
	struct parcel *parcel = STAILQ_FIRST(&lines->parcels);

	STAILQ_REMOVE_HEAD(&lines->parcels, next);
	fds_close(parcel->fds);
	free(parcel);
}

void
lines_drop_unsent(struct lines *lines)
{
	while (!STAILQ_EMPTY(&lines->parcels))
		lines_drop_parcel(lines);
	evbuffer_drain(lines->out, lines_unsent(lines));
}

/* The first `most` bytes of the output; returns the number of parts. */
static size_t
lines_parts(struct lines *lines, uint64_t most, struct evbuffer_iovec parts[WRITE_PARTS])
{
	int count = evbuffer_peek(lines->out, (ssize_t)most, NULL, parts, WRITE_PARTS);

	if (count > WRITE_PARTS)
		count = WRITE_PARTS;
	for (int i = 0; i < count; i++) {
		if (parts[i].iov_len > most)
			parts[i].iov_len = most;
		most -= parts[i].iov_len;
	}
	return (size_t)count;
}

/* One sendmsg, which ends before the byte of the next parcel or begins with it. */
static ssize_t
lines_send(struct lines *lines)
{
	struct parcel *now = STAILQ_FIRST(&lines->parcels), *stop = now;
	union control control = { .bytes = { 0 } };
	struct evbuffer_iovec parts[WRITE_PARTS];
	struct msghdr message = { .msg_iov = (struct iovec *)parts };
	ssize_t gone;

	if (now != NULL && now->at == lines->sent)
		stop = STAILQ_NEXT(now, next);
	else
		now = NULL;
	if (now != NULL) {
		size_t bytes = fds_count(now->fds) * sizeof(int);

		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE(bytes);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(bytes);
		memcpy(CMSG_DATA(&control.header), now->fds, bytes);
	}
	message.msg_iovlen = lines_parts(
	    lines, stop != NULL ? stop->at - lines->sent : lines_unsent(lines), parts);
	gone = sendmsg(lines->fd, &message, MSG_NOSIGNAL);
	if (gone > 0 && now != NULL)
		lines_drop_parcel(lines);
	return gone;
}

int
lines_write(struct lines *lines)
{
	while (lines_unsent(lines) > 0) {
		ssize_t gone = lines_send(lines);

		if (gone > 0) {
			evbuffer_drain(lines->out, (size_t)gone);
			lines->sent += (uint64_t)gone;
		} else if (errno == EAGAIN) {
			return 1;
		} else if (errno != EINTR) {
			return -1;
		}
	}
	return 0;
}

/* ---- life ------------------------------------------------------------ */

struct lines *
lines_new(bool takes_fds)
{
	struct lines *lines = malloc(sizeof *lines); /* not calloc: most of `in` is never used */

	if (lines == NULL)
		return NULL;
	lines->fd = -1;
	lines->takes_fds = takes_fds;
	lines->begin = lines->end = 0;
	lines->sent = 0;
	for (int i = 0; i < LINES_FDS; i++)
		lines->fds[i] = -1;
	STAILQ_INIT(&lines->parcels);
	lines->out = evbuffer_new();
	if (lines->out == NULL)
		lines_free(&lines);
	return lines;
}

void
lines_open(struct lines *lines, int fd)
{
	lines->fd = fd;
}

void
lines_close(struct lines *lines)
{
	if (lines->fd != -1)
		close(lines->fd);
	lines->fd = -1;
	lines->begin = lines->end = 0;
	fds_close(lines->fds);
	lines_drop_unsent(lines);
}

void
lines_free(struct lines **lines)
{
	struct lines *gone = *lines;

	if (gone == NULL)
		return;
	if (gone->out != NULL) {
		lines_close(gone);
		evbuffer_free(gone->out);
	}
	free(gone);
	*lines = NULL;
}

int
lines_fd(const struct lines *lines)
{
	return lines->fd;
}
