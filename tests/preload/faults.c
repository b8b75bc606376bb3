/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "faults.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

int open(const char *path, int flags, ...);
int open64(const char *path, int flags, ...);
int openat(int folder, const char *path, int flags, ...);
int openat64(int folder, const char *path, int flags, ...);

static struct faults own;
struct faults *faults = &own;
void (*faults_watch)(const struct fault_seen *seen);

__attribute__((constructor)) static void
faults_open(void)
{
	const char *path = getenv("ORIEL_FAULTS");
	int fd = path != NULL ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0)
			      : -1;
	void *map;

	if (fd == -1)
		return;
	map = (void *)syscall(
	    SYS_mmap, NULL, sizeof own, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map != MAP_FAILED)
		faults = map;
	syscall(SYS_close, fd);
}

/* In small steps, so that a test that changes the fault need not wait. Confined programs may
 * poll. */
static void
take_time(enum fault_call call)
{
	for (int64_t waited = 0; waited < faults->slow_ms[call]; waited += 10) {
		struct timespec step = { .tv_nsec = 10000000 }; /* the kernel writes into it */

		syscall(SYS_ppoll, NULL, 0, &step, NULL, 0);
	}
}

/* Is it this call's turn to fail? */
static bool
fails(enum fault_call call)
{
	int64_t turn = faults->turn[call];

	take_time(call);
	faults->made[call]++;
	if (turn == 0)
		return false;
	if (turn > 1) {
		faults->turn[call]--;
		return false;
	}
	if (!faults->stays)
		faults->turn[call] = 0;
	if (faults->error == 0)
		syscall(SYS_kill, getpid(), SIGKILL);
	errno = (int)faults->error;
	return true;
}

static long
seen(long result, struct fault_seen what)
{
	if (result != -1 && faults_watch != NULL)
		faults_watch(&what);
	return result;
}

static bool
is_file(int fd)
{
	struct stat status;

	return fd > STDERR_FILENO && fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

/* ---- files ----------------------------------------------------------- */

static int
open_any(int folder, const char *path, int flags, mode_t mode)
{
	bool creates = (flags & O_CREAT) != 0;
	int fd;

	if (!creates)
		take_time(FAULT_OPEN);
	if (creates && fails(FAULT_OPEN))
		return -1;
	creates = creates && faults_watch != NULL &&
	    syscall(SYS_faccessat, folder, path, F_OK) == -1;
	fd = (int)syscall(SYS_openat, folder, path, flags, mode);
	if (fd != -1 && (flags & O_TRUNC) && !creates)
		seen(0, (struct fault_seen){ .call = FAULT_TRUNCATE, .fd = fd });
	return creates ? (int)seen(fd,
			     (struct fault_seen){ .call = FAULT_OPEN,
				 .fd = fd,
				 .folder = folder,
				 .path = path,
				 .created = true })
		       : fd;
}

static mode_t
open_mode(int flags, va_list args)
{
	return flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
}

#define OPENS(name)                                           \
	int name(const char *path, int flags, ...)            \
	{                                                     \
		va_list args;                                 \
		mode_t mode;                                  \
                                                              \
		va_start(args, flags);                        \
		mode = open_mode(flags, args);                \
		va_end(args);                                 \
		return open_any(AT_FDCWD, path, flags, mode); \
	}
OPENS(open)
OPENS(open64)

#define OPENS_AT(name)                                         \
	int name(int folder, const char *path, int flags, ...) \
	{                                                      \
		va_list args;                                  \
		mode_t mode;                                   \
                                                               \
		va_start(args, flags);                         \
		mode = open_mode(flags, args);                 \
		va_end(args);                                  \
		return open_any(folder, path, flags, mode);    \
	}
OPENS_AT(openat)
OPENS_AT(openat64)

ssize_t
write(int fd, const void *data, size_t length)
{
	ssize_t gone;

	if (!is_file(fd))
		return syscall(SYS_write, fd, data, length);
	if (fails(FAULT_WRITE))
		return -1;
	gone = syscall(SYS_write, fd, data, length);
	if (gone > 0)
		seen(0,
		    (struct fault_seen){ .call = FAULT_WRITE,
			.fd = fd,
			.data = data,
			.length = (size_t)gone,
			.offset = lseek(fd, 0, SEEK_CUR) - gone });
	return gone;
}

ssize_t
pwrite64(int fd, const void *data, size_t length, off64_t at)
{
	ssize_t gone;

	if (is_file(fd) && fails(FAULT_WRITE))
		return -1;
	gone = syscall(SYS_pwrite64, fd, data, length, at);
	if (gone > 0)
		seen(0,
		    (struct fault_seen){ .call = FAULT_WRITE,
			.fd = fd,
			.data = data,
			.length = (size_t)gone,
			.offset = at });
	return gone;
}

ssize_t
pwrite(int fd, const void *data, size_t length, off_t at)
{
	return pwrite64(fd, data, length, at);
}

static int
sync_any(int fd, long number)
{
	if (fails(FAULT_SYNC))
		return -1;
	return (int)seen(faults->hasty ? 0 : syscall(number, fd),
	    (struct fault_seen){ .call = FAULT_SYNC, .fd = fd });
}

int
fsync(int fd)
{
	return sync_any(fd, SYS_fsync);
}

int
fdatasync(int fd)
{
	return sync_any(fd, SYS_fdatasync);
}

int
ftruncate64(int fd, off64_t size)
{
	if (fails(FAULT_TRUNCATE))
		return -1;
	return (int)seen(syscall(SYS_ftruncate, fd, size),
	    (struct fault_seen){ .call = FAULT_TRUNCATE, .fd = fd, .offset = size });
}

int
ftruncate(int fd, off_t size)
{
	return ftruncate64(fd, size);
}

/* ---- names ----------------------------------------------------------- */

int
renameat2(int from, const char *path, int folder, const char *to, unsigned flags)
{
	if (fails(FAULT_RENAME))
		return -1;
	return (int)seen(syscall(SYS_renameat2, from, path, folder, to, flags),
	    (struct fault_seen){ .call = FAULT_RENAME, .folder = folder, .path = path, .to = to });
}

int
renameat(int from, const char *path, int folder, const char *to)
{
	return renameat2(from, path, folder, to, 0);
}

int
rename(const char *path, const char *to)
{
	return renameat2(AT_FDCWD, path, AT_FDCWD, to, 0);
}

int
unlinkat(int folder, const char *path, int flags)
{
	if (fails(FAULT_UNLINK))
		return -1;
	return (int)seen(syscall(SYS_unlinkat, folder, path, flags),
	    (struct fault_seen){ .call = FAULT_UNLINK, .folder = folder, .path = path });
}

int
unlink(const char *path)
{
	return unlinkat(AT_FDCWD, path, 0);
}

int
mkdirat(int folder, const char *path, mode_t mode)
{
	if (fails(FAULT_MKDIR))
		return -1;
	return (int)seen(syscall(SYS_mkdirat, folder, path, mode),
	    (struct fault_seen){ .call = FAULT_MKDIR, .folder = folder, .path = path });
}

int
mkdir(const char *path, mode_t mode)
{
	return mkdirat(AT_FDCWD, path, mode);
}

/* ---- memory ---------------------------------------------------------- */

void *
mmap(void *at, size_t length, int protection, int flags, int fd, off_t offset)
{
	if (fails(FAULT_MAP))
		return MAP_FAILED;
	return (void *)syscall(SYS_mmap, at, length, protection, flags, fd, offset);
}

void *
mmap64(void *at, size_t length, int protection, int flags, int fd, off64_t offset)
{
	return mmap(at, length, protection, flags, fd, offset);
}

int
memfd_create(const char *name, unsigned flags)
{
	return fails(FAULT_MEMFD) ? -1 : (int)syscall(SYS_memfd_create, name, flags);
}

#ifndef ORIEL_SANITIZED
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);

void *
malloc(size_t size)
{
	return fails(FAULT_MALLOC) ? NULL : __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
	return fails(FAULT_MALLOC) ? NULL : __libc_calloc(count, size);
}

void *
realloc(void *block, size_t size)
{
	return fails(FAULT_MALLOC) ? NULL : __libc_realloc(block, size);
}
#endif

/* ---- the clock on the wall ------------------------------------------- */

int
clock_gettime(clockid_t id, struct timespec *now)
{
	int result = (int)syscall(SYS_clock_gettime, id, now);
	int64_t ns;

	if (result == -1 || (id != CLOCK_REALTIME && id != CLOCK_REALTIME_COARSE) ||
	    faults->clock_ns == 0)
		return result;
	ns = (int64_t)now->tv_sec * 1000000000 + now->tv_nsec + faults->clock_ns;
	*now = (struct timespec){ .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 };
	return 0;
}

int
gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	struct timespec ts;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &ts);
	*now = (struct timeval){ .tv_sec = ts.tv_sec, .tv_usec = ts.tv_nsec / 1000 };
	return 0;
}

time_t
time(time_t *seconds)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	if (seconds != NULL)
		*seconds = ts.tv_sec;
	return ts.tv_sec;
}
