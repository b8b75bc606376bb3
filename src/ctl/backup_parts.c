/* SPDX-License-Identifier: ISC */
#include "ctl/backup_parts.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl/owner.h"
#include "sqlite/sql.h"

static int
put(int fd, const void *bytes, size_t length)
{
	const unsigned char *at = bytes;

	while (length > 0) {
		ssize_t done = send(fd, at, length, MSG_NOSIGNAL);

		if (done == -1 && errno == EINTR)
			continue;
		if (done <= 0)
			return -1;
		at += done;
		length -= (size_t)done;
	}
	return 0;
}

static int
take(int fd, void *bytes, size_t length)
{
	unsigned char *at = bytes;

	while (length > 0) {
		ssize_t done = read(fd, at, length);

		if (done == -1 && errno == EINTR)
			continue;
		if (done <= 0)
			return -1;
		at += done;
		length -= (size_t)done;
	}
	return 0;
}

int
part_send(int fd, const char *name, const void *bytes, size_t length)
{
	struct part part = { .length = length };

	snprintf(part.name, sizeof part.name, "%s", name);
	return put(fd, &part, sizeof part) == 0 ? put(fd, bytes, length) : -1;
}

static int
part_send_verdict(int fd, enum part_verdict verdict, const struct cause *why)
{
	struct part part = { .verdict = verdict, .why = *why };

	return put(fd, &part, sizeof part);
}

int
part_send_end(int fd)
{
	struct cause none = { .text = "" };

	return part_send_verdict(fd, PART_OK, &none);
}

int
part_receive(int fd, struct part *part, unsigned char **bytes)
{
	*bytes = NULL;
	if (take(fd, part, sizeof *part) == -1)
		return -1;
	part->name[sizeof part->name - 1] = part->why.text[sizeof part->why.text - 1] = '\0';
	part->why.reason = NULL; /* another process's pointer */
	if (part->name[0] == '\0')
		return 0;
	if (part->length > SQL_BYTES_MAX)
		return -1;
	*bytes = malloc((size_t)part->length + 1);
	if (*bytes != NULL && take(fd, *bytes, (size_t)part->length) == 0)
		return 0;
	free(*bytes);
	*bytes = NULL;
	return -1;
}

int
backup_parts_begin(struct backup_parts *parts, const char *folder,
    enum part_verdict (*work)(void *arg, int fd, struct cause *why), void *arg, struct cause *why)
{
	int ends[2];
	struct cause said = { .text = "" };
	enum part_verdict verdict;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
		return cause_errno(why, "socketpair");
	fflush(stdout);
	parts->child = fork();
	if (parts->child == 0) {
		close(ends[0]);
		verdict = owner_become(folder, &said) == -1 ? PART_FAILED
							    : work(arg, ends[1], &said);
		_exit(part_send_verdict(ends[1], verdict, &said) != 0);
	}
	close(ends[1]);
	parts->fd = ends[0];
	if (parts->child != -1)
		return 0;
	close(ends[0]);
	return cause_errno(why, "fork");
}

enum part_verdict
backup_parts_end(struct backup_parts *parts, struct cause *why)
{
	struct part part = { .verdict = PART_FAILED };
	unsigned char *bytes = NULL;

	cause_set(&part.why, "the process that did it is gone");
	while (part_receive(parts->fd, &part, &bytes) == 0 && bytes != NULL)
		free(bytes);
	*why = part.why;
	close(parts->fd);
	waitpid(parts->child, NULL, 0);
	return (enum part_verdict)part.verdict;
}
