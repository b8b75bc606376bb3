/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "clip/journal.h"

enum { FRAMES = 3 };

static int fd;

static int
setup(void **state)
{
	(void)state;
	fd = memfd_create("journal", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return fd == -1;
}

static int
teardown(void **state)
{
	(void)state;
	return close(fd);
}

/* Frame `number` has so many bytes of itself. */
static void
append_frame(uint32_t number)
{
	struct frame_info info = { .sequence = number, .mono_ns = number * 1000, .width = 320 };
	unsigned char bytes[FRAMES * 7];

	memset(bytes, (int)number, sizeof bytes);
	assert_int_equal(journal_append(fd, JOURNAL_FRAME, &info, bytes, number * 7, NULL), 0);
}

static void
append_all(void)
{
	assert_int_equal(journal_append(fd, JOURNAL_HEAD, NULL, "{}", 2, NULL), 0);
	for (uint32_t number = 1; number <= FRAMES; number++)
		append_frame(number);
	assert_int_equal(journal_append(fd, JOURNAL_END, NULL, "", 0, NULL), 0);
}

/* How many records can be read, each the one that was written. *ended: the last is the end. */
static unsigned
read_all(bool *ended)
{
	struct journal_reader reader = { .fd = fd };
	struct journal_record record;
	unsigned count = 0;

	for (*ended = false; journal_next(&reader, &record); count++) {
		*ended = record.kind == JOURNAL_END;
		if (count == 0) {
			assert_int_equal(record.kind, JOURNAL_HEAD);
			assert_string_equal((const char *)record.bytes, "{}");
		} else if (!*ended) {
			assert_int_equal(record.kind, JOURNAL_FRAME);
			assert_int_equal(record.info.sequence, count);
			assert_int_equal(record.info.mono_ns, count * 1000);
			assert_int_equal(record.info.length, count * 7);
			for (unsigned i = 0; i < record.info.length; i++)
				assert_int_equal(record.bytes[i], count);
		}
	}
	journal_reader_deinit(&reader);
	return count;
}

static void
test_what_is_written_is_read(void **state)
{
	bool ended;

	(void)state;
	append_all();
	assert_int_equal(read_all(&ended), FRAMES + 2);
	assert_true(ended);
}

/* The machine lost its power after any byte: all whole records are there, and no other. */
static void
test_cut_off_at_every_byte(void **state)
{
	static const off_t sizes[] = { 2, 7, 14, 21, 0 };
	off_t length, whole;
	unsigned expected;
	bool ended;

	(void)state;
	append_all();
	length = lseek(fd, 0, SEEK_CUR);
	for (off_t cut = length - 1; cut >= 0; cut--) {
		assert_int_equal(ftruncate(fd, cut), 0);
		whole = 0;
		for (expected = 0; expected < FRAMES + 2; expected++) {
			whole += JOURNAL_RECORD_SIZE + sizes[expected];
			if (whole > cut)
				break;
		}
		assert_int_equal(read_all(&ended), expected);
		assert_false(ended);
	}
}

/* A disk that gives back another byte, anywhere: reading ends before that record. */
static void
test_every_byte_changed(void **state)
{
	off_t length;
	bool ended;

	(void)state;
	append_all();
	length = lseek(fd, 0, SEEK_CUR);
	for (off_t at = 0; at < length; at++) {
		unsigned char was, is;

		assert_int_equal(pread(fd, &was, 1, at), 1);
		is = was ^ 0x10;
		assert_int_equal(pwrite(fd, &is, 1, at), 1);
		assert_true(read_all(&ended) < FRAMES + 2);
		assert_false(ended);
		assert_int_equal(pwrite(fd, &was, 1, at), 1);
	}
	assert_int_equal(read_all(&ended), FRAMES + 2);
}

/* As ext4 leaves a file whose size was written before its blocks were. */
static void
test_zeros_behind(void **state)
{
	bool ended;

	(void)state;
	append_all();
	assert_int_equal(ftruncate(fd, lseek(fd, 0, SEEK_CUR) + 4096), 0);
	assert_int_equal(read_all(&ended), FRAMES + 2);
	assert_true(ended);
}

static void
test_a_length_that_lies(void **state)
{
	uint32_t length = UINT32_MAX;
	bool ended;

	(void)state;
	append_all();
	assert_int_equal(pwrite(fd, &length, sizeof length, 8), sizeof length);
	assert_int_equal(read_all(&ended), 0);
}

static void
test_writing_that_fails(void **state)
{
	struct cause why = { .text = "" };

	(void)state;
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW), 0);
	assert_int_equal(journal_append(fd, JOURNAL_HEAD, NULL, "{}", 2, &why), -1);
	assert_string_not_equal(why.text, "");
}

int
main(void)
{
#define JOURNAL_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		JOURNAL_TEST(test_what_is_written_is_read),
		JOURNAL_TEST(test_cut_off_at_every_byte),
		JOURNAL_TEST(test_every_byte_changed),
		JOURNAL_TEST(test_zeros_behind),
		JOURNAL_TEST(test_a_length_that_lies),
		JOURNAL_TEST(test_writing_that_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
