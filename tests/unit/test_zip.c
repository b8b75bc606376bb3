/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "scratch.h"
#include "zip/zip_record.h"
#include "zip/zip_writer.h"

enum { NOON = 1795953600 }; /* 2026-11-29T12:00:00Z */

static unsigned char bytes[512 * 1024];
static size_t used, most;

static int
keep(void *arg, const void *from, size_t length)
{
	(void)arg;
	if (used + length > most)
		return -1;
	memcpy(bytes + used, from, length);
	used += length;
	return 0;
}

static int
setup(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	scratch_make();
	used = 0;
	most = sizeof bytes;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	scratch_remove();
	return 0;
}

static void
put_entry(struct zip_writer *zip, const char *name, const char *text, uint64_t size)
{
	assert_int_equal(zip_writer_begin(zip, name, NOON, size), 0);
	assert_int_equal(zip_writer_add(zip, text, strlen(text)), 0);
	assert_int_equal(zip_writer_end(zip), 0);
}

/* What Python says of it: `words` are an expression of `zip`, a zipfile.ZipFile. */
static void
assert_python(const char *words)
{
	char command[1024];
	FILE *file = fopen(scratch_path("a.zip"), "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, used, file), used);
	fclose(file);
	snprintf(command, sizeof command,
	    "python3 -c 'import zipfile, sys; zip = zipfile.ZipFile(sys.argv[1]); "
	    "said = (%s); print(said) if said is not True else 0; sys.exit(said is not True)' %s",
	    words, scratch_path("a.zip"));
	assert_int_equal(system(command), 0);
}

/* clang-format off */
static const unsigned char whole[] = {
	'P', 'K', 3, 4, 20, 0, 0x08, 0x08, 0, 0, 0x00, 0x60, 0x7d, 0x5d,  0, 0, 0, 0,  0, 0, 0, 0,  0, 0, 0, 0,
	7, 0, 0, 0, 's', '/', 0xc3, 0xa4, '.', 't', 'x',
	'h', 'e', 'l', 'l', 'o',
	'P', 'K', 7, 8,  0x86, 0xa6, 0x10, 0x36,  5, 0, 0, 0,  5, 0, 0, 0,
	'P', 'K', 1, 2, 20, 3, 20, 0, 0x08, 0x08, 0, 0, 0x00, 0x60, 0x7d, 0x5d,  0x86, 0xa6, 0x10, 0x36,  5, 0, 0, 0,
	5, 0, 0, 0,  7, 0, 0, 0,  0, 0, 0, 0, 0, 0,  0, 0, 0xa4, 0x81,  0, 0, 0, 0,  's', '/', 0xc3, 0xa4, '.', 't', 'x',
	'P', 'K', 5, 6, 0, 0, 0, 0, 1, 0, 1, 0,  53, 0, 0, 0,  58, 0, 0, 0,  0, 0,
};
/* clang-format on */

static void
test_each_byte(void **state)
{
	struct zip_writer *zip = zip_writer_new(keep, NULL);

	(void)state;
	put_entry(zip, "s/\xc3\xa4.tx", "hello", 5);
	assert_int_equal(zip_writer_finish(zip), 0);
	assert_int_equal(zip_writer_size(zip), used);
	zip_writer_free(&zip);
	assert_null(zip);
	assert_int_equal(used, sizeof whole);
	for (size_t i = 0; i < used; i++)
		if (bytes[i] != whole[i])
			fail_msg("byte %zu is %02x, not %02x", i, bytes[i], whole[i]);
}

static void
test_python_reads_it(void **state)
{
	struct zip_writer *zip = zip_writer_new(keep, NULL);

	(void)state;
	put_entry(zip, "empty", "", 0);
	put_entry(zip, "snaps/\xc3\xa4.jpg", "hello", 5);
	put_entry(zip, "large", "a little of much", UINT64_C(1) << 40);
	assert_int_equal(zip_writer_finish(zip), 0);
	zip_writer_free(&zip);
	assert_python("zip.testzip() is None and zip.read(\"large\") == b\"a little of much\" and "
		      "zip.namelist() == [\"empty\", \"snaps/\\u00e4.jpg\", \"large\"] and "
		      "zip.infolist()[1].date_time == (2026, 11, 29, 12, 0, 0)");
}

static void
test_empty(void **state)
{
	struct zip_writer *zip = zip_writer_new(keep, NULL);

	(void)state;
	assert_int_equal(zip_writer_finish(zip), 0);
	zip_writer_free(&zip);
	assert_int_equal(used, 22);
	assert_python("zip.namelist() == []");
}

/* Numbers around 32 bits, without so many bytes: only the headers are written. */
static void
assert_boundary(uint64_t size, uint64_t offset, bool large, size_t central)
{
	struct zip_entry entry = {
		.name = "a", .when = NOON, .large = large, .size = size, .offset = offset
	};
	char words[256];

	used = zip_central(bytes, &entry);
	assert_int_equal(used, 46 + 1 + central);
	used += zip_ending(bytes + used, 1, used, offset);
	snprintf(words, sizeof words,
	    "zip.infolist()[0].file_size == %llu == "
	    "zip.infolist()[0].compress_size",
	    (unsigned long long)size);
	assert_python(words);
	/* Python moves all by how far the directory is from where it is said to be. */
	snprintf(words, sizeof words, "zip.infolist()[0].header_offset - zip.start_dir == 0");
	assert_python(words);
}

static void
test_boundaries(void **state)
{
	const uint64_t small = ZIP_SMALL_MAX, more = small + 1;

	(void)state;
	assert_boundary(small, small, false, 0);
	assert_boundary(more, 0, true, 4 + 16);
	assert_boundary(0, more, false, 4 + 8);
	assert_boundary(UINT64_C(5) << 40, UINT64_C(6) << 40, true, 4 + 24);
}

static void
test_long_descriptors(void **state)
{
	struct zip_entry entry = { .name = "a", .size = UINT64_C(0x123456789a), .large = true };
	unsigned char out[ZIP_LOCAL_MAX];

	(void)state;
	assert_int_equal(zip_local(out, &entry), 30 + 1 + 20);
	assert_memory_equal(out + 18, "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
	assert_int_equal(zip_descriptor(out, &entry), 24);
	assert_memory_equal(out + 8, "\x9a\x78\x56\x34\x12\0\0\0\x9a\x78\x56\x34\x12\0\0\0", 16);
	entry.large = false;
	assert_int_equal(zip_local(out, &entry), 30 + 1);
	assert_int_equal(zip_descriptor(out, &entry), 16);
}

static void
test_endings(void **state)
{
	(void)state;
	assert_int_equal(zip_ending(bytes, 0xfffe, ZIP_SMALL_MAX, ZIP_SMALL_MAX), 22);
	assert_int_equal(zip_ending(bytes, 0xffff, 0, 0), 98);
	assert_int_equal(zip_ending(bytes, 1, ZIP_SMALL_MAX + 1, 0), 98);
	assert_int_equal(zip_ending(bytes, 1, 0, ZIP_SMALL_MAX + 1), 98);
}

/* The years of MS-DOS are 1980 to 2107. */
static void
test_times(void **state)
{
	static const struct {
		time_t when;
		unsigned time, date;
	} cases[] = { { 0, 0, 0x0021 }, { 315532799, 0, 0x0021 }, { 315532800, 0, 0x0021 },
		{ 4354819199, 0xbf7d, 0xff9f }, { 4354819200, 0, 0x0021 },
		{ (time_t)INT64_MAX, 0, 0x0021 } };
	struct zip_entry entry = { .name = "a" };
	unsigned char out[ZIP_LOCAL_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		entry.when = cases[i].when;
		zip_local(out, &entry);
		assert_int_equal(out[10] | out[11] << 8, cases[i].time);
		assert_int_equal(out[12] | out[13] << 8, cases[i].date);
	}
}

/* Wherever nothing more can be written, it is said, and nothing is lost or written beyond. */
static void
test_no_room(void **state)
{
	(void)state;
	for (most = 0; most < sizeof whole; most++) {
		struct zip_writer *zip = zip_writer_new(keep, NULL);
		bool done = zip_writer_begin(zip, "s/\xc3\xa4.tx", NOON, 5) == 0 &&
		    zip_writer_add(zip, "hello", 5) == 0 && zip_writer_end(zip) == 0 &&
		    zip_writer_finish(zip) == 0;

		assert_false(done);
		zip_writer_free(&zip);
		used = 0;
	}
}

static void
test_many(void **state)
{
	struct zip_writer *zip = zip_writer_new(keep, NULL);
	char name[16];

	(void)state;
	for (int i = 0; i < 3000; i++) {
		snprintf(name, sizeof name, "%d", i);
		put_entry(zip, name, name, 16);
	}
	assert_int_equal(zip_writer_finish(zip), 0);
	zip_writer_free(&zip);
	assert_python(
	    "zip.testzip() is None and len(zip.namelist()) == 3000 and zip.read(\"2999\") == b\"2999\"");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_each_byte, setup, teardown),
		cmocka_unit_test_setup_teardown(test_python_reads_it, setup, teardown),
		cmocka_unit_test_setup_teardown(test_empty, setup, teardown),
		cmocka_unit_test_setup_teardown(test_boundaries, setup, teardown),
		cmocka_unit_test_setup_teardown(test_long_descriptors, setup, teardown),
		cmocka_unit_test_setup_teardown(test_endings, setup, teardown),
		cmocka_unit_test_setup_teardown(test_times, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_room, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
