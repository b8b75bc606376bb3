/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "ring/ring.h"

enum { SLOTS = 4, SIZE = 8192 };

static void
put(struct ring_writer *writer, unsigned char byte, uint32_t length)
{
	struct frame_info info = { .length = length, .wall_ns = byte };

	memset(ring_writer_begin(writer), byte, length);
	ring_writer_commit(writer, &info);
}

static void
test_first_and_newest(void **state)
{
	struct ring_writer *writer = ring_writer_new(SLOTS, SIZE, NULL);
	struct ring_reader *reader;
	struct ring_view view;

	(void)state;
	assert_non_null(writer);
	reader = ring_reader_new(ring_writer_fd(writer), NULL);
	assert_non_null(reader);
	assert_int_equal(ring_reader_generation(reader), ring_writer_generation(writer));
	assert_int_equal(ring_reader_newest(reader), 0);
	assert_false(ring_reader_view(reader, 0, &view));
	put(writer, 'a', 100);
	put(writer, 'b', SIZE);
	assert_true(ring_reader_view(reader, 0, &view));
	assert_int_equal(view.info.sequence, 2);
	assert_int_equal(view.info.length, SIZE);
	assert_int_equal(view.data[0], 'b');
	assert_int_equal(view.data[SIZE - 1], 'b');
	assert_true(ring_reader_holds(reader, &view));
	assert_false(ring_reader_view(reader, 2, &view));
	ring_reader_free(&reader);
	ring_writer_free(&writer);
}

static void
test_each_once(void **state)
{
	struct ring_writer *writer = ring_writer_new(SLOTS, SIZE, NULL);
	struct ring_reader *reader = ring_reader_new(ring_writer_fd(writer), NULL);
	struct ring_view view;

	(void)state;
	assert_false(ring_reader_next(reader, 0, &view));
	put(writer, 'a', 10);
	put(writer, 'b', 20);
	put(writer, 'c', 30);
	for (uint64_t sequence = 1; sequence <= 3; sequence++) {
		assert_true(ring_reader_next(reader, sequence - 1, &view));
		assert_int_equal(view.info.sequence, sequence);
		assert_int_equal(view.data[0], 'a' + sequence - 1);
	}
	assert_false(ring_reader_next(reader, 3, &view));
	/* Who was away too long goes on with the oldest that is left. */
	for (int more = 0; more < SLOTS + 2; more++)
		put(writer, 'd', 40);
	assert_true(ring_reader_next(reader, 3, &view));
	assert_int_equal(view.info.sequence, 3 + 2 + 1);
	/* One that is being overwritten is passed over. */
	ring_writer_begin(writer);
	assert_true(ring_reader_next(reader, 3, &view));
	assert_int_equal(view.info.sequence, 3 + 2 + 2);
	ring_reader_free(&reader);
	ring_writer_free(&writer);
}

static void
test_lapped_reader_is_told(void **state)
{
	struct ring_writer *writer = ring_writer_new(SLOTS, SIZE, NULL);
	struct ring_reader *reader = ring_reader_new(ring_writer_fd(writer), NULL);
	struct ring_view view;

	(void)state;
	put(writer, 'a', 10);
	assert_true(ring_reader_view(reader, 0, &view));
	for (int i = 0; i < SLOTS - 1; i++)
		put(writer, 'b', 10);
	assert_true(ring_reader_holds(reader, &view));
	ring_writer_begin(writer); /* the writer steps into our slot */
	assert_false(ring_reader_holds(reader, &view));
	assert_true(ring_reader_view(reader, 0, &view));
	assert_int_equal(view.info.sequence, SLOTS);
	ring_reader_free(&reader);
	ring_writer_free(&writer);
}

static void
test_abandoned_frame_leaves_the_newest(void **state)
{
	struct ring_writer *writer = ring_writer_new(SLOTS, SIZE, NULL);
	struct ring_reader *reader = ring_reader_new(ring_writer_fd(writer), NULL);
	struct ring_view view;

	(void)state;
	put(writer, 'a', 10);
	assert_ptr_equal(ring_writer_begin(writer), ring_writer_begin(writer));
	assert_true(ring_reader_view(reader, 0, &view));
	assert_int_equal(view.info.sequence, 1);
	ring_reader_free(&reader);
	ring_writer_free(&writer);
}

static void
test_reader_survives_the_writer(void **state)
{
	struct ring_writer *writer = ring_writer_new(SLOTS, SIZE, NULL), *next;
	struct ring_reader *reader = ring_reader_new(ring_writer_fd(writer), NULL);
	struct ring_view view;

	(void)state;
	put(writer, 'a', 10);
	ring_writer_free(&writer);
	assert_true(ring_reader_view(reader, 0, &view));
	assert_int_equal(view.data[9], 'a');
	usleep(2000);
	next = ring_writer_new(SLOTS, SIZE, NULL);
	assert_int_not_equal(ring_writer_generation(next), ring_reader_generation(reader));
	ring_reader_free(&reader);
	ring_writer_free(&next);
}

static void
test_readers_cannot_write(void **state)
{
	struct ring_writer *writer = ring_writer_new(SLOTS, SIZE, NULL);
	int fd = ring_writer_fd(writer);

	(void)state;
	assert_true(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
	assert_int_equal(write(fd, "x", 1), -1);
	assert_int_equal(ftruncate(fd, 0), -1);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), -1);
	ring_writer_free(&writer);
}

/* A segment of our own making: `at` is patched with `value` before sealing. */
static struct ring_reader *
forge(size_t size, size_t at, uint32_t value, int seals, struct cause *why)
{
	struct ring_writer *writer = ring_writer_new(SLOTS, SIZE, NULL);
	int fd = memfd_create("forged", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct ring_reader *reader;
	unsigned char *copy;

	assert_int_equal(ftruncate(fd, (off_t)(size > 4096 ? size : 4096)), 0);
	copy = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_int_equal(pread(ring_writer_fd(writer), copy, 4096, 0), 4096);
	memcpy(copy + at, &value, sizeof value);
	munmap(copy, 4096);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	if (seals != 0)
		assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
	reader = ring_reader_new(fd, why);
	close(fd);
	ring_writer_free(&writer);
	return reader;
}

static void
test_foreign_segments_are_refused(void **state)
{
	const size_t whole = 4096 + SLOTS * 12288;
	const int sealed = F_SEAL_SHRINK;
	struct ring_reader *reader;
	struct cause why;

	(void)state;
	reader = forge(whole, 4000, 0, sealed, &why); /* untouched: the forgery itself works */
	assert_non_null(reader);
	ring_reader_free(&reader);
	assert_null(forge(whole, 0, 0, sealed, &why));
	assert_string_equal(why.text, "not a frame ring (magic)");
	assert_null(forge(whole, 8, 99, sealed, &why));
	assert_non_null(strstr(why.text, "layout 99"));
	for (size_t at = 12; at < 40; at += 4) { /* slots, size, slot_size, stride */
		if (at == 24 || at == 28)
			continue; /* the generation may be anything */
		assert_null(forge(whole, at, 0x7fffffff, sealed, &why));
		assert_non_null(strstr(why.text, "do not agree"));
	}
	assert_null(forge(whole - 4096, 4000, 0, sealed, &why));
	assert_null(forge(100, 4000, 0, sealed, &why));
	assert_null(forge(whole, 4000, 0, 0, &why));
	assert_non_null(strstr(why.text, "no sealed memory"));
	assert_null(ring_reader_new(-1, &why));
}

static void
test_hostile_length_is_no_frame(void **state)
{
	struct ring_writer *writer = ring_writer_new(SLOTS, SIZE, NULL);
	struct ring_reader *reader = ring_reader_new(ring_writer_fd(writer), NULL);
	struct frame_info info = { .length = SIZE + 1 };
	struct ring_view view;

	(void)state;
	ring_writer_begin(writer);
	ring_writer_commit(writer, &info);
	assert_false(ring_reader_view(reader, 0, &view));
	ring_reader_free(&reader);
	ring_writer_free(&writer);
}

static void
test_sizes_out_of_range(void **state)
{
	struct cause why;

	(void)state;
	assert_null(ring_writer_new(RING_SLOTS_MIN - 1, SIZE, &why));
	assert_null(ring_writer_new(RING_SLOTS_MAX + 1, SIZE, &why));
	assert_null(ring_writer_new(SLOTS, RING_SLOT_SIZE_MAX + 1u, &why));
	assert_null(ring_writer_new(SLOTS, 0, &why));
}

static void
test_no_memory_is_an_error_at_start(void **state)
{
	struct rlimit before, small;
	struct cause why;

	(void)state;
	/* The size limit of a file replaces a machine without memory. */
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = (struct rlimit){ .rlim_cur = 4096, .rlim_max = before.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_null(ring_writer_new(SLOTS, SIZE, &why));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_non_null(strstr(why.text, "no memory for a frame ring"));
}

static void *
write_many(void *arg)
{
	struct ring_writer *writer = arg;

	for (unsigned i = 1; i <= 20000; i++)
		put(writer, (unsigned char)i, 4000 + i % 4000);
	return NULL;
}

static void
test_no_torn_frame_is_trusted(void **state)
{
	static unsigned char copy[SIZE];
	struct ring_writer *writer = ring_writer_new(SLOTS, SIZE, NULL);
	struct ring_reader *reader = ring_reader_new(ring_writer_fd(writer), NULL);
	struct ring_view view;
	uint64_t last = 0;
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, write_many, writer), 0);
	while (last < 20000) {
		if (!ring_reader_view(reader, last, &view))
			continue;
		memcpy(copy, view.data, view.info.length);
		if (!ring_reader_holds(reader, &view))
			continue;
		assert_true(view.info.sequence > last);
		last = view.info.sequence;
		assert_int_equal(view.info.length, 4000 + last % 4000);
		for (uint32_t i = 0; i < view.info.length; i++)
			if (copy[i] != (unsigned char)last)
				fail_msg("frame %llu is torn", (unsigned long long)last);
	}
	pthread_join(thread, NULL);
	ring_reader_free(&reader);
	ring_writer_free(&writer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_and_newest),
		cmocka_unit_test(test_each_once),
		cmocka_unit_test(test_lapped_reader_is_told),
		cmocka_unit_test(test_abandoned_frame_leaves_the_newest),
		cmocka_unit_test(test_reader_survives_the_writer),
		cmocka_unit_test(test_readers_cannot_write),
		cmocka_unit_test(test_foreign_segments_are_refused),
		cmocka_unit_test(test_hostile_length_is_no_frame),
		cmocka_unit_test(test_sizes_out_of_range),
		cmocka_unit_test(test_no_memory_is_an_error_at_start),
		cmocka_unit_test(test_no_torn_frame_is_trusted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
