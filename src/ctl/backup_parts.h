/* SPDX-License-Identifier: ISC */
/* backup_parts: named pieces of a backup, sent between orielctl and a child that has become the
 * owner of the folder they come from or go to. */
#ifndef ORIEL_CTL_BACKUP_PARTS_H
#define ORIEL_CTL_BACKUP_PARTS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cause.h"
#include "store/backup.h"

enum part_verdict { PART_OK, PART_FAILED, PART_REFUSED, PART_NOTHING };

struct part {
	char name[BACKUP_NAME_SIZE]; /* "": the end; then `verdict` and `why` are valid */
	uint64_t length;
	int32_t verdict;
	struct cause why;
};

struct backup_parts {
	pid_t child;
	int fd;
};

/* Fork. The child becomes the owner of `folder`, runs `work(arg, fd)`, sends its verdict, and
 * does not return. -1 with *why. */
int backup_parts_begin(struct backup_parts *parts, const char *folder,
    enum part_verdict (*work)(void *arg, int fd, struct cause *why), void *arg, struct cause *why);

/* Send one part. 0, or -1 when the other side is gone. */
int part_send(int fd, const char *name, const void *bytes, size_t length);
int part_send_end(int fd);

/* The next part: *bytes for free(3), NULL at the end. -1: the other side is gone, or sent
 * nonsense. */
int part_receive(int fd, struct part *part, unsigned char **bytes);

/* Wait for the child's verdict, and for its end. */
enum part_verdict backup_parts_end(struct backup_parts *parts, struct cause *why);

#endif
