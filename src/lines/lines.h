/* SPDX-License-Identifier: ISC */
/* lines: one end of a control socket, with lines and descriptors in and out. Nothing here waits:
 * the user says when to read and when to write. */
#ifndef ORIEL_LINES_LINES_H
#define ORIEL_LINES_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { LINES_FDS = 3 }; /* with one line, at most */

struct lines;

/* Begins closed. `takes_fds`: received descriptors are kept for lines_take_fds(); otherwise the
 * kernel closes them. NULL when out of memory. */
struct lines *lines_new(bool takes_fds);

/* Takes over a connected, non-blocking socket. What was put before is written to it. */
void lines_open(struct lines *lines, int fd);

/* Closes the socket and all descriptors, and drops input and output. May be opened again. */
void lines_close(struct lines *lines);
void lines_free(struct lines **lines); /* clears *lines; nothing happens when it is NULL */

int lines_fd(const struct lines *lines); /* -1 while closed */

/* ---- in ---- */

/* One recvmsg(2): bytes, 0 at the end of the stream, or -1 with errno. Not while
 * lines_is_full(). */
ssize_t lines_read(struct lines *lines);

/* The next whole line, with a NUL in place of its newline; valid until the next lines_read() or
 * lines_close(). NULL when there is none. */
char *lines_next(struct lines *lines, size_t *length);

/* There is no room for more: take lines out. If there is no line to take, the line is too long
 * (LINE_MAX_SIZE). */
bool lines_is_full(const struct lines *lines);

/* The newest received descriptors, -1 where there is none. The caller owns them now. */
void lines_take_fds(struct lines *lines, int fds[LINES_FDS]);

/* ---- out ---- */

/* `tag` (may be ""), `length` bytes and a newline, all or nothing: -1 when out of memory. */
int lines_put(struct lines *lines, const char *tag, const char *line, size_t length);

/* Send descriptors with the first byte that is put next: at least one, and -1 from the first that
 * there is not. They are taken over, and closed once they are sent. -1 when out of memory: they
 * stay the caller's. */
int lines_put_fds(struct lines *lines, const int fds[LINES_FDS]);

size_t lines_unsent(const struct lines *lines); /* bytes that wait for the peer to read */
void lines_drop_unsent(struct lines *lines);

/* Write as much as the socket takes: 0 when nothing is left, 1 when it takes no more for now, -1
 * with errno when the connection is broken. */
int lines_write(struct lines *lines);

#endif
