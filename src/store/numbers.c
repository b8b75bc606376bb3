/* SPDX-License-Identifier: ISC */
#include "store/numbers.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE_SIZE = 160, PATH_SIZE = 1088, NEW_PATH_SIZE = PATH_SIZE + 4 };
static const char format[] = "oriel numbers %" PRId64 " file %" PRIu64 " %" PRIu64 " again %" PRId64
			     "\n";

struct numbers_file {
	uint64_t inode, born; /* born: 0 where the file system does not say */
};

static int
numbers_identify(int fd, struct numbers_file *file)
{
	struct statx found;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &found) == -1)
		return -1;
	file->inode = found.stx_ino;
	file->born = (found.stx_mask & STATX_BTIME) == 0
	    ? 0
	    : (uint64_t)found.stx_btime.tv_sec * 1000000000 + found.stx_btime.tv_nsec;
	return 0;
}

/* The number stands twice: if bits have changed in a line, the line is invalid. */
static bool
numbers_parse(const char *line, struct numbers *numbers, struct numbers_file *file)
{
	char again[LINE_SIZE];
	int64_t twice;

	if (sscanf(line, "oriel numbers %" SCNd64 " file %" SCNu64 " %" SCNu64 " again %" SCNd64,
		&numbers->most, &file->inode, &file->born, &twice) != 4)
		return false;
	snprintf(again, sizeof again, format, numbers->most, file->inode, file->born, twice);
	return numbers->most == twice && numbers->most >= 0 && numbers->most <= NUMBERS_MAX &&
	    strcmp(line, again) == 0;
}

void
numbers_read(const char *folder, struct numbers *numbers)
{
	struct numbers_file said, is;
	char path[PATH_SIZE], line[LINE_SIZE] = "";
	int fd;

	*numbers = (struct numbers){ .state = NUMBERS_NONE };
	snprintf(path, sizeof path, "%s/numbers", folder);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return;
	if (read(fd, line, sizeof line - 1) > 0 && numbers_identify(fd, &is) == 0 &&
	    numbers_parse(line, numbers, &said))
		numbers->state = said.inode == is.inode && said.born == is.born ? NUMBERS_OWN
										: NUMBERS_COPY;
	else
		*numbers = (struct numbers){ .state = NUMBERS_NONE };
	close(fd);
}

static int
numbers_error(const char *folder, struct cause *why)
{
	bool full = errno == ENOSPC || errno == EDQUOT;

	cause_errno(why, "%s%s/numbers", full ? "disk full: " : "", folder);
	return full ? STORE_FULL : STORE_FAILED;
}

static int
numbers_fill(int fd, int64_t most, bool own, bool durable)
{
	struct numbers_file file;
	char line[LINE_SIZE];
	ssize_t length, done;

	if (numbers_identify(fd, &file) == -1)
		return -1;
	length = snprintf(line, sizeof line, format, most, own ? file.inode : 0, file.born, most);
	done = write(fd, line, (size_t)length);
	if (done == length)
		return durable ? fsync(fd) : 0;
	if (done >= 0)
		errno = ENOSPC; /* a short write means this */
	return -1;
}

static int
numbers_put(const char *folder, int64_t most, bool own, bool durable)
{
	char path[PATH_SIZE], new[NEW_PATH_SIZE];
	int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd, result = -1;

	if (dir == -1)
		return -1;
	snprintf(path, sizeof path, "%s/numbers", folder);
	snprintf(new, sizeof new, "%s.new", path);
	unlink(new);
	fd = open(new, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (fd != -1) {
		result = numbers_fill(fd, most, own, durable);
		if (close(fd) == -1)
			result = -1;
	}
	if (result == 0)
		result = rename(new, path);
	if (result == 0 && durable)
		result = fsync(dir);
	close(dir);
	return result;
}

int
numbers_write(const char *folder, int64_t most, struct cause *why)
{
	return numbers_put(folder, most, true, true) == 0 ? STORE_OK : numbers_error(folder, why);
}

int
numbers_distrust(const char *folder, int64_t most, struct cause *why)
{
	return numbers_put(folder, most, false, true) == 0 ? STORE_OK : numbers_error(folder, why);
}

void
numbers_write_lazily(const char *folder, int64_t most)
{
	numbers_put(folder, most, true, false);
}
