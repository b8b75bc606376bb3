/* SPDX-License-Identifier: ISC */
/* A disk that is full while the file named by ORIEL_FULL exists: then every write
 * to a regular file (not to standard output and error) fails with ENOSPC.
 *
 *   ORIEL_FULL=FILE LD_PRELOAD=…/full.so orield … */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static bool
disk_is_full(int fd)
{
	const char *path = getenv("ORIEL_FULL");
	struct stat status;

	if (fd <= STDERR_FILENO || path == NULL || syscall(SYS_access, path, F_OK) != 0)
		return false;
	if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
		return false;
	errno = ENOSPC;
	return true;
}

ssize_t
write(int fd, const void *bytes, size_t length)
{
	return disk_is_full(fd) ? -1 : syscall(SYS_write, fd, bytes, length);
}

ssize_t
writev(int fd, const struct iovec *pieces, int count)
{
	return disk_is_full(fd) ? -1 : syscall(SYS_writev, fd, pieces, count);
}

ssize_t
pwrite(int fd, const void *bytes, size_t length, off_t at)
{
	return disk_is_full(fd) ? -1 : syscall(SYS_pwrite64, fd, bytes, length, at);
}

ssize_t
pwrite64(int fd, const void *bytes, size_t length, off64_t at)
{
	return disk_is_full(fd) ? -1 : syscall(SYS_pwrite64, fd, bytes, length, at);
}
