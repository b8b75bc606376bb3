/* SPDX-License-Identifier: ISC */
/* A counter of what must not happen per frame: allocations and copies.
 *
 *   ORIEL_COUNTS=FILE LD_PRELOAD=…/counter.so oriel-fcgi …
 *
 * FILE holds three 64-bit numbers, mapped, so that they can be read at any time:
 * calls of malloc(3) and its like, bytes copied by memcpy(3) and memmove(3) in
 * pieces of COPY_LEAST and more, and how many pieces that were. A process and
 * what it forks count together. */
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { COPY_LEAST = 16384 }; /* parts of pictures, not words */

struct counts {
	atomic_uint_fast64_t allocations, copied, copies;
};

static struct counts early, *counts = &early;

__attribute__((constructor)) static void
counter_open(void)
{
	const char *path = getenv("ORIEL_COUNTS");
	int fd = path != NULL ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
	void *map = MAP_FAILED;

	if (fd == -1)
		return;
	if (ftruncate(fd, sizeof *counts) == 0)
		map = mmap(NULL, sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map != MAP_FAILED)
		counts = map;
	close(fd);
}

/* ---- allocations: glibc's own names do the work ---------------------- */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

void *
malloc(size_t size)
{
	counts->allocations++;
	return __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
	counts->allocations++;
	return __libc_calloc(count, size);
}

void *
realloc(void *block, size_t size)
{
	counts->allocations++;
	return __libc_realloc(block, size);
}

void *
aligned_alloc(size_t alignment, size_t size)
{
	counts->allocations++;
	return __libc_memalign(alignment, size);
}

/* ---- copies: by functions the compiler cannot turn into those below ---- */

void *copy_forward(void *to, const void *from, size_t length) __asm__("mempcpy");
void copy_either(const void *from, void *to, size_t length) __asm__("bcopy");
void *__memcpy_chk(void *to, const void *from, size_t length, size_t room);
void *__memmove_chk(void *to, const void *from, size_t length, size_t room);
void *memcpy(void *to, const void *from, size_t length);
void *memmove(void *to, const void *from, size_t length);

static void
count_copy(size_t length)
{
	if (length < COPY_LEAST)
		return;
	counts->copied += length;
	counts->copies++;
}

void *
memcpy(void *to, const void *from, size_t length)
{
	count_copy(length);
	copy_forward(to, from, length);
	return to;
}

void *
memmove(void *to, const void *from, size_t length)
{
	count_copy(length);
	copy_either(from, to, length);
	return to;
}

void *
__memcpy_chk(void *to, const void *from, size_t length, size_t room)
{
	if (length > room)
		abort();
	return memcpy(to, from, length);
}

void *
__memmove_chk(void *to, const void *from, size_t length, size_t room)
{
	if (length > room)
		abort();
	return memmove(to, from, length);
}
