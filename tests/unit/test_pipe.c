/* SPDX-License-Identifier: ISC */
/* MJPEG from FIFOs, files and standard input, and what splits it. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "source/source.h"
#include "source/splitter.h"

/* A picture as far as the markers go: APP1 that hides a whole thumbnail, one scan
 * with stuffed FF and a restart, `letter` in its data. */
static size_t
put_jpeg(unsigned char *out, char letter, size_t data)
{
	static const unsigned char head[] = { 0xff, 0xd8, 0xff, 0xe1, 0x00, 0x0a, 0xff, 0xd8, 0xff,
		0xdb, 0xff, 0xd9, 0x00, 0x00, 0xff, 0xda, 0x00, 0x08, 1, 1, 0, 0, 63, 0, 0xff, 0x00,
		0xff, 0xd0 };

	memcpy(out, head, sizeof head);
	memset(out + sizeof head, letter, data);
	memcpy(out + sizeof head + data, "\xff\xff\xd9", 3); /* a fill byte before EOI */
	return sizeof head + data + 3;
}

enum { HEAD = 28, OVERHEAD = HEAD + 3 };

/* ---- splitter -------------------------------------------------------- */

static struct splitter splitter;

static int
splitter_setup(void **state)
{
	(void)state;
	return splitter_init(&splitter, SOURCE_IMAGE_MOST);
}

static int
splitter_teardown(void **state)
{
	(void)state;
	splitter_deinit(&splitter);
	return 0;
}

/* Feed bytes in pieces; the letters of the pictures found, in order. */
static const char *
split(const void *bytes, size_t size, size_t piece)
{
	static char found[64];
	size_t count = 0;

	for (size_t at = 0; at < size;) {
		size_t room, take = size - at < piece ? size - at : piece;
		unsigned char *to = splitter_room(&splitter, &room);
		const unsigned char *jpeg;
		uint32_t length;

		assert_true(room > 0);
		take = take < room ? take : room;
		memcpy(to, (const unsigned char *)bytes + at, take);
		splitter_add(&splitter, take);
		at += take;
		while (splitter_next(&splitter, &jpeg, &length, NULL)) {
			assert_memory_equal(jpeg, "\xff\xd8\xff", 3);
			if (jpeg[length - 1] != jpeg[HEAD]) /* the end is there */
				assert_memory_equal(jpeg + length - 2, "\xff\xd9", 2);
			assert_true(count < sizeof found - 1);
			found[count++] = (char)jpeg[HEAD];
		}
	}
	found[count] = '\0';
	return found;
}

static void
test_pictures_in_any_pieces(void **state)
{
	static const size_t pieces[] = { 1, 2, 3, 7, 64, 1000 };
	unsigned char bytes[1024];
	size_t size = 0;

	(void)state;
	for (char letter = 'a'; letter < 'e'; letter++)
		size += put_jpeg(bytes + size, letter, 100);
	for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++)
		assert_string_equal(split(bytes, size, pieces[i]), "abcd");
	assert_int_equal(splitter.broken, 0);
}

static void
test_filler_is_silent_garbage_counts_once(void **state)
{
	unsigned char bytes[1024];
	size_t size = 0;

	(void)state;
	size += (size_t)sprintf((char *)bytes, "--frame\r\nContent-Type: image/jpeg\r\n\r\n");
	size += put_jpeg(bytes + size, 'a', 50);
	memset(bytes + size, 0, 16);
	size += 16;
	size += put_jpeg(bytes + size, 'b', 50);
	assert_string_equal(split(bytes, size, 10), "ab");
	assert_int_equal(splitter.broken, 0);
	memcpy(bytes, "\x80\x81\x82 text \x83", 10);
	size = 10 + put_jpeg(bytes + 10, 'c', 50);
	assert_string_equal(split(bytes, size, 10), "c");
	assert_int_equal(splitter.broken, 1);
}

/* Whether it is whole all the same, jpeg/check.h and the decoder say. */
static void
test_a_picture_without_its_end_is_over_where_the_next_begins(void **state)
{
	unsigned char bytes[1024];
	size_t size;

	(void)state;
	size = put_jpeg(bytes, 'a', 100) - 20; /* in the middle of its data */
	size += put_jpeg(bytes + size, 'b', 100);
	assert_string_equal(split(bytes, size, 13), "ab");
	assert_int_equal(splitter.broken, 0);
}

static void
test_what_is_broken_has_its_reason(void **state)
{
	unsigned char bytes[1024];
	size_t size;

	(void)state;
	memcpy(bytes, "\xff\xd8\xff\xdb\x00\x01", 6); /* a segment of impossible length */
	size = 6 + put_jpeg(bytes + 6, 'c', 10);
	assert_string_equal(split(bytes, size, 13), "c");
	assert_int_equal(splitter.broken, 1);
	assert_string_equal(splitter.why.text, "a segment of 1 bytes");
	put_jpeg(bytes, 'd', 10);
	size = 14 + put_jpeg(bytes + 14, 'e', 10); /* d ends behind its APP1 */
	assert_string_equal(split(bytes, size, 13), "e");
	assert_int_equal(splitter.broken, 2);
	assert_string_equal(splitter.why.text, "a picture that ends within its header");
	memcpy(bytes, "\x80\x81", 2);
	size = 2 + put_jpeg(bytes + 2, 'f', 10);
	assert_string_equal(split(bytes, size, 13), "f");
	assert_string_equal(splitter.why.text, "bytes that are no JPEG");
}

/* As some webcams begin each picture, and what decoders pass over. */
static void
test_soi_twice_and_stray_bytes(void **state)
{
	unsigned char bytes[1024];
	size_t size;

	(void)state;
	memcpy(bytes, "\xff\xd8", 2);
	size = 2 + put_jpeg(bytes + 2, 'a', 50);
	memcpy(bytes + size, "\xff\xd8 ?\xff", 5);
	size += 5;
	size += put_jpeg(bytes + size, 'b', 50);
	assert_string_equal(split(bytes, size, 7), "ab");
	assert_int_equal(splitter.broken, 1); /* the SOI with stray bytes and no picture */
}

/* A frame header of so many lines and columns. */
static size_t
put_size(unsigned char *out, unsigned char height, unsigned char width)
{
	static const unsigned char frame[] = { 0xff, 0xc0, 0, 11, 8, 0, 0, 0, 0, 1, 1, 0x11, 0 };

	memcpy(out, frame, sizeof frame);
	out[6] = height;
	out[8] = width;
	return sizeof frame;
}

/* SOI, an index of so many pictures if there are several, a size, a scan. */
static size_t
put_mpf(unsigned char *out, char letter, unsigned char pictures, unsigned char size)
{
	static const unsigned char index[] = { 0xff, 0xe2, 0, 42, 'M', 'P', 'F', 0, 'I', 'I', '*',
		0, 8, 0, 0, 0, 2, 0, 0, 0xb0, 7, 0, 4, 0, 0, 0, '0', '1', '0', '0', 1, 0xb0, 4, 0,
		1, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
	size_t at = 2;

	memcpy(out, "\xff\xd8", 2);
	if (pictures > 0) {
		memcpy(out + at, index, sizeof index);
		out[at + 38] = pictures;
		at += sizeof index;
	}
	at += put_size(out + at, size, size);
	memcpy(out + at, "\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00", 10);
	out[at + 10] = (unsigned char)letter;
	memcpy(out + at + 11, "\xff\xd9", 2);
	return at + 13;
}

/* The letters of the pictures split off, and their areas' sides. */
static void
assert_split(const unsigned char *bytes, size_t size, size_t piece, const char *letters)
{
	const unsigned char *jpeg;
	uint64_t area;
	uint32_t length;
	size_t count = 0;

	for (size_t at = 0; at < size; at += piece) {
		size_t room, take = size - at < piece ? size - at : piece;

		memcpy(splitter_room(&splitter, &room), bytes + at, take);
		splitter_add(&splitter, take);
		while (splitter_next(&splitter, &jpeg, &length, &area)) {
			assert_true(area > 0);
			assert_int_equal(jpeg[length - 3], letters[count]);
			count++;
		}
	}
	assert_int_equal(count, strlen(letters));
}

static void
test_previews_behind_a_picture_belong_to_it(void **state)
{
	static const size_t pieces[] = { 1, 50, 1000 };
	unsigned char bytes[2048];

	(void)state;
	for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
		size_t size = 0;

		for (char letter = 'A'; letter <= 'C'; letter++) {
			size += put_mpf(bytes + size, letter, 3, 200);
			size += put_mpf(bytes + size, 'x', 0, 50);
			size += put_mpf(bytes + size, 'y', 0, 20);
		}
		assert_split(bytes, size, pieces[i], "ABC");
		assert_int_equal(splitter.broken, 0);
	}
}

/* A false index costs no picture but smaller ones, and few of those. */
static void
test_a_lying_index_costs_little(void **state)
{
	unsigned char bytes[2048];
	size_t size = 0;

	(void)state;
	size += put_mpf(bytes + size, 'A', 200, 100);
	size += put_mpf(bytes + size, 'B', 200, 100); /* has its own: no follower */
	size += put_mpf(bytes + size, 'C', 0, 120);   /* larger */
	for (char letter = 'D'; letter <= 'N'; letter++)
		size += put_mpf(bytes + size, letter, 0, 100);
	assert_split(bytes, size, 100, "ABCDEFGHIJKLMN");
}

static void
test_an_endless_picture_is_bounded(void **state)
{
	size_t size = SOURCE_IMAGE_MOST + (1 << 20);
	unsigned char *bytes = malloc(size + 1000);

	(void)state;
	size = put_jpeg(bytes, 'x', size);
	size += put_jpeg(bytes + size, 'y', 10);
	assert_string_equal(split(bytes, size, 100000), "y");
	assert_int_equal(splitter.broken, 1);
	size = put_jpeg(bytes, 'z', SOURCE_IMAGE_MOST - OVERHEAD); /* the largest that will do */
	assert_string_equal(split(bytes, size, 100000), "z");
	assert_int_equal(splitter.broken, 1);
	free(bytes);
}

static void
test_random_bytes_do_no_harm(void **state)
{
	unsigned char *bytes = malloc(1 << 20);
	uint32_t random = 1;

	(void)state;
	for (int round = 0; round < 20; round++) {
		for (size_t i = 0; i < 1 << 20; i++) {
			random = random * 1664525 + 1013904223;
			bytes[i] = random >> 30 ? (unsigned char)(random >> 16)
			    : random >> 29 & 1	? 0xff
						: 0xd8;
		}
		for (size_t at = 0; at < 1 << 20;) {
			const unsigned char *jpeg;
			size_t room;
			uint32_t length;
			unsigned char *to = splitter_room(&splitter, &room);

			room = room < (1 << 20) - at ? room : (1 << 20) - at;
			memcpy(to, bytes + at, room);
			splitter_add(&splitter, room);
			at += room;
			while (splitter_next(&splitter, &jpeg, &length, NULL))
				assert_in_range(length, 4, SOURCE_IMAGE_MOST);
		}
	}
	free(bytes);
}

/* ---- the source ------------------------------------------------------ */

static char path[64];
static struct source_request wanted;
static struct cause why;

static int
setup(void **state)
{
	(void)state;
	snprintf(path, sizeof path, "/tmp/oriel-pipe-XXXXXX");
	assert_non_null(mkdtemp(path));
	strcat(path, "/input");
	wanted = (struct source_request){ .kind = "pipe", .input = path, .device = "" };
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	unlink(path);
	*strrchr(path, '/') = '\0';
	return rmdir(path);
}

static enum source_result
take(struct source *source, struct picture *picture, int patience_ms)
{
	struct pollfd fd = { .fd = source->fd, .events = POLLIN };

	while (poll(&fd, 1, patience_ms) == 1) {
		enum source_result result = source_take(source, picture, &why);

		if (result != SOURCE_AGAIN)
			return result;
	}
	return SOURCE_AGAIN;
}

static void
assert_picture(struct source *source, char letter)
{
	struct picture picture;

	assert_int_equal(take(source, &picture, 2000), SOURCE_PICTURE);
	assert_int_equal(picture.format, PIXEL_MJPEG);
	assert_int_equal(picture.data[HEAD], letter);
	assert_true(clock_mono_ns() - picture.mono_ns < CLOCK_S);
	source_release(source);
}

static struct source *
open_pipe(void)
{
	struct source *source = source_open(&wanted, &why);

	if (source == NULL)
		fail_msg("%s", why.text);
	return source;
}

static void
write_jpeg(int fd, char letter)
{
	unsigned char jpeg[1024];
	size_t size = put_jpeg(jpeg, letter, 500);

	assert_int_equal(write(fd, jpeg, size), size);
}

static void
test_fifo_through_two_writers(void **state)
{
	struct source *source;
	struct picture picture;
	int writer;

	(void)state;
	assert_int_equal(mkfifo(path, 0600), 0);
	source = open_pipe();
	assert_int_equal(take(source, &picture, 50), SOURCE_AGAIN); /* nobody writes yet */
	writer = open(path, O_WRONLY | O_NONBLOCK);
	assert_true(writer != -1);
	write_jpeg(writer, 'a');
	assert_picture(source, 'a');
	assert_int_equal(take(source, &picture, 50), SOURCE_AGAIN);
	write_jpeg(writer, 'b');
	assert_picture(source, 'b');
	close(writer);
	assert_int_equal(take(source, &picture, 1000), SOURCE_GONE);
	assert_non_null(strstr(why.text, "/input: input ended"));
	source_close(&source);
	source = open_pipe();
	assert_int_equal(take(source, &picture, 50), SOURCE_AGAIN);
	writer = open(path, O_WRONLY | O_NONBLOCK);
	write_jpeg(writer, 'c');
	assert_picture(source, 'c');
	close(writer);
	assert_true(source->kind->patient);
	source_close(&source);
}

static void
test_newest_of_several(void **state)
{
	struct source *source;
	int writer;

	(void)state;
	assert_int_equal(mkfifo(path, 0600), 0);
	source = open_pipe();
	writer = open(path, O_WRONLY | O_NONBLOCK);
	write_jpeg(writer, 'a');
	write_jpeg(writer, 'b');
	write_jpeg(writer, 'c');
	assert_picture(source, 'c');
	assert_int_equal(source->counters.dropped, 2);
	assert_int_equal(write(writer, "\x80\x81", 2), 2);
	write_jpeg(writer, 'd');
	assert_picture(source, 'd');
	assert_int_equal(source->counters.broken, 1);
	close(writer);
	source_close(&source);
}

static void
test_file_is_played_over_and_over(void **state)
{
	struct source *source;
	uint64_t begun;
	int file;

	(void)state;
	file = open(path, O_WRONLY | O_CREAT, 0600);
	for (char letter = 'a'; letter < 'd'; letter++)
		write_jpeg(file, letter);
	wanted.fps = 50;
	source = open_pipe();
	assert_int_equal(source->mode.fps_num, 50);
	assert_picture(source, 'a');
	begun = clock_mono_ns();
	for (int i = 1; i <= 10; i++)
		assert_picture(source, (char)('a' + i % 3));
	assert_in_range(clock_mono_ns() - begun, 190 * CLOCK_MS, 500 * CLOCK_MS);
	source_close(&source);
	close(file);
}

static void
test_file_without_a_picture(void **state)
{
	struct source *source;
	struct picture picture;
	int file;

	(void)state;
	file = open(path, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(file, "hello", 5), 5);
	close(file);
	source = open_pipe();
	assert_int_equal(take(source, &picture, 1000), SOURCE_GONE);
	assert_non_null(strstr(why.text, "no JPEG picture in it"));
	source_close(&source);
}

static void
test_standard_input(void **state)
{
	int ends[2], saved = dup(STDIN_FILENO);
	struct source *source;
	struct picture picture;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	dup2(ends[0], STDIN_FILENO);
	close(ends[0]);
	wanted.input = "-";
	source = open_pipe();
	assert_string_equal(source->mode.name, "standard input");
	write_jpeg(ends[1], 'a');
	assert_picture(source, 'a');
	close(ends[1]);
	assert_int_equal(take(source, &picture, 1000), SOURCE_GONE);
	source_close(&source);
	assert_null(source_open(&wanted, &why)); /* there is nothing to come back */
	assert_string_equal(why.text, "standard input: input ended");
	dup2(saved, STDIN_FILENO);
	close(saved);
}

static void
test_what_is_no_input(void **state)
{
	(void)state;
	assert_null(source_open(&wanted, &why));
	assert_non_null(strstr(why.text, "/input: No such file"));
	wanted.input = "/";
	assert_null(source_open(&wanted, &why));
	assert_string_equal(why.text, "/ is neither a FIFO nor a file");
	wanted.input = "";
	assert_null(source_open(&wanted, &why));
	assert_string_equal(why.text, "source pipe needs an input: a FIFO, a file, or -");
}

int
main(void)
{
#define SPLITTER_TEST(test) cmocka_unit_test_setup_teardown(test, splitter_setup, splitter_teardown)
#define PIPE_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		SPLITTER_TEST(test_pictures_in_any_pieces),
		SPLITTER_TEST(test_filler_is_silent_garbage_counts_once),
		SPLITTER_TEST(test_a_picture_without_its_end_is_over_where_the_next_begins),
		SPLITTER_TEST(test_what_is_broken_has_its_reason),
		SPLITTER_TEST(test_soi_twice_and_stray_bytes),
		SPLITTER_TEST(test_previews_behind_a_picture_belong_to_it),
		SPLITTER_TEST(test_a_lying_index_costs_little),
		SPLITTER_TEST(test_an_endless_picture_is_bounded),
		SPLITTER_TEST(test_random_bytes_do_no_harm),
		PIPE_TEST(test_fifo_through_two_writers),
		PIPE_TEST(test_newest_of_several),
		PIPE_TEST(test_file_is_played_over_and_over),
		PIPE_TEST(test_file_without_a_picture),
		PIPE_TEST(test_standard_input),
		PIPE_TEST(test_what_is_no_input),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
