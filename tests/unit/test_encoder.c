/* SPDX-License-Identifier: ISC */
/* Movies as they come out of the encoder, read again by libav. */
#include "unit.h"

#include <fcntl.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "clip/encoder.h"
#include "clip/journal.h"
#include "make_jpeg.h"

enum { WIDTH = 160, HEIGHT = 120 };

static struct encoder_setup setup;
static struct encoder_result result;
static struct cause why;

static int
memory(void)
{
	return memfd_create("movie", MFD_CLOEXEC);
}

static int
begin(void **state)
{
	(void)state;
	setup = (struct encoder_setup){ memory(), memory(), memory() };
	result.head = NULL;
	return 0;
}

static int
end(void **state)
{
	(void)state;
	close(setup.journal);
	close(setup.movie);
	close(setup.poster);
	json_decref(result.head);
	return 0;
}

static void
append(enum journal_kind kind, const char *text)
{
	assert_int_equal(
	    journal_append(setup.journal, kind, NULL, text, (uint32_t)strlen(text), NULL), 0);
}

static void
append_head(const char *codec)
{
	char text[200];

	snprintf(text, sizeof text,
	    "{\"camera\":\"porch\",\"cause\":\"manual\",\"codec\":\"%s\",\"quality\":20,\"wall_ns\":%llu}",
	    codec, (unsigned long long)(1700000001 * CLOCK_S));
	append(JOURNAL_HEAD, text);
}

/* One `ms` after the first, darker in a corner the later it is. Its bytes are for free(3). */
static struct made
append_frame(uint64_t ms, uint16_t orientation)
{
	const struct make_options options = { .components = 3 };
	struct made made = make_painted(WIDTH, HEIGHT, &options, (uint32_t)(ms / 100) + 2);
	struct frame_info info = { .mono_ns = 5 * CLOCK_S + ms * CLOCK_MS,
		.wall_ns = 1700000000 * CLOCK_S + ms * CLOCK_MS,
		.width = WIDTH,
		.height = HEIGHT,
		.orientation = orientation };

	assert_int_equal(journal_append(setup.journal, JOURNAL_FRAME, &info, made.jpeg,
			     (uint32_t)made.length, NULL),
	    0);
	return made;
}

/* Frames at 0, 100, 200, … ms, but none from 1000 to 1900. */
static void
append_frames(uint16_t orientation)
{
	for (uint64_t ms = 0; ms < 3000; ms += 100)
		if (ms < 1000 || ms >= 2000)
			free(append_frame(ms, orientation).jpeg);
}

static void
run(void)
{
	int done = encoder_run(&setup, &result, &why);

	if (done == -1)
		print_error("%s\n", why.text);
	assert_int_equal(done, 0);
}

/* ---- what a player sees ---------------------------------------------- */

static AVFormatContext *
movie_open(void)
{
	AVFormatContext *movie = NULL;
	char path[40];

	snprintf(path, sizeof path, "/proc/self/fd/%d", setup.movie);
	assert_int_equal(avformat_open_input(&movie, path, NULL, NULL), 0);
	assert_true(avformat_find_stream_info(movie, NULL) >= 0);
	assert_int_equal(movie->nb_streams, 1);
	return movie;
}

/* Decode all; the time of each in ms, the last is -1. */
static void
movie_times(AVFormatContext *movie, long times[100])
{
	const AVCodecParameters *coded = movie->streams[0]->codecpar;
	AVCodecContext *decoder = avcodec_alloc_context3(avcodec_find_decoder(coded->codec_id));
	AVPacket *packet = av_packet_alloc();
	AVFrame *frame = av_frame_alloc();
	size_t count = 0;
	int more;

	avcodec_parameters_to_context(decoder, coded);
	assert_int_equal(avcodec_open2(decoder, NULL, NULL), 0);
	do {
		more = av_read_frame(movie, packet);
		assert_true(avcodec_send_packet(decoder, more >= 0 ? packet : NULL) >= 0);
		av_packet_unref(packet);
		while (avcodec_receive_frame(decoder, frame) >= 0) {
			assert_int_equal(frame->width, WIDTH);
			assert_int_equal(frame->height, HEIGHT);
			times[count++] = (long)av_rescale_q(
			    frame->pts, movie->streams[0]->time_base, (AVRational){ 1, 1000 });
		}
	} while (more >= 0);
	times[count] = -1;
	av_frame_free(&frame);
	av_packet_free(&packet);
	avcodec_free_context(&decoder);
}

static const char *
movie_word(const AVFormatContext *movie, const char *name)
{
	const AVDictionaryEntry *entry = av_dict_get(movie->metadata, name, NULL, 0);

	return entry != NULL ? entry->value : "";
}

static void
assert_times(AVFormatContext *movie)
{
	long times[100];

	movie_times(movie, times);
	for (long at = 0; at < 20; at++)
		assert_in_range(times[at] + 2, (at < 10 ? at : at + 10) * 100,
		    (at < 10 ? at : at + 10) * 100 + 4);
	assert_int_equal(times[20], -1);
}

/* ---- tests ----------------------------------------------------------- */

static void
test_h264(void **state)
{
	AVFormatContext *movie;

	(void)state;
	append_head("h264");
	append_frames(0);
	append(JOURNAL_END, "{}");
	run();
	assert_int_equal(result.frames, 20);
	assert_int_equal(result.broken, 0);
	assert_int_equal(result.before_ms, 1000);
	assert_in_range(result.ms, 2900, 3100);
	assert_false(result.cut);
	movie = movie_open();
	assert_int_equal(movie->streams[0]->codecpar->codec_id, AV_CODEC_ID_H264);
	assert_int_equal(movie->streams[0]->codecpar->format, AV_PIX_FMT_YUV420P);
	assert_string_equal(movie_word(movie, "title"), "porch");
	assert_string_equal(movie_word(movie, "creation_time"), "2023-11-14T22:13:20.000000Z");
	assert_times(movie);
	avformat_close_input(&movie);
}

/* The index comes first: one plays it while it is still coming. */
static void
test_index_first(void **state)
{
	unsigned char bytes[1 << 16];
	ssize_t length;

	(void)state;
	append_head("h264");
	append_frames(0);
	run();
	length = pread(setup.movie, bytes, sizeof bytes, 0);
	assert_true(length > 0);
	assert_true((char *)memmem(bytes, (size_t)length, "moov", 4) <
	    (char *)memmem(bytes, (size_t)length, "mdat", 4));
}

static void
assert_poster(const struct made *frame)
{
	unsigned char bytes[1 << 16];

	assert_int_equal(pread(setup.poster, bytes, sizeof bytes, 0), frame->length);
	assert_memory_equal(bytes, frame->jpeg, frame->length);
}

static void
test_bit_for_bit(void **state)
{
	struct made made[3];
	AVPacket *packet = av_packet_alloc();
	AVFormatContext *movie;

	(void)state;
	append_head("mjpeg");
	for (int i = 0; i < 3; i++)
		made[i] = append_frame((uint64_t)i * 500, 0);
	append(JOURNAL_END, "{}");
	run();
	movie = movie_open();
	for (int i = 0; i < 3; i++) {
		assert_true(av_read_frame(movie, packet) >= 0);
		assert_int_equal(packet->size, made[i].length);
		assert_memory_equal(packet->data, made[i].jpeg, made[i].length);
		assert_int_equal(packet->pts, i * 500);
		av_packet_unref(packet);
	}
	av_packet_free(&packet);
	avformat_close_input(&movie);
	assert_poster(&made[2]); /* the cause was a second after the first */
	for (int i = 0; i < 3; i++)
		free(made[i].jpeg);
}

static void
test_poster_of_the_peak(void **state)
{
	struct made peak;

	(void)state;
	append_head("h264");
	free(append_frame(0, 0).jpeg);
	free(append_frame(1000, 0).jpeg);
	peak = append_frame(1700, 0);
	free(append_frame(2000, 0).jpeg);
	append(JOURNAL_END, "{\"peak_ns\":1700000001650000000}");
	run();
	assert_poster(&peak);
	free(peak.jpeg);
}

/* What is no picture is left out; what has no end is cut; what has no picture is nothing. */
static void
test_damage(void **state)
{
	(void)state;
	append_head("h264");
	append(JOURNAL_FRAME, "this is no JPEG");
	assert_int_equal(encoder_run(&setup, &result, &why), -1);
	assert_int_equal(result.frames, 0);
	assert_int_equal(result.broken, 1);
	json_decref(result.head);
	append_frames(0);
	append(JOURNAL_FRAME, "\xff\xd8nor this\xff\xd9");
	run();
	assert_int_equal(result.frames, 20);
	assert_true(result.cut);
}

/* A movie that cannot be written is no reason to throw the journal away. */
static void
test_no_room_for_the_movie(void **state)
{
	(void)state;
	append_head("h264");
	append_frames(0);
	close(setup.movie);
	setup.movie = memfd_create("movie", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_int_equal(fcntl(setup.movie, F_ADD_SEALS, F_SEAL_GROW), 0);
	assert_int_equal(encoder_run(&setup, &result, &why), -1);
	assert_false(result.empty);
	json_decref(result.head);
	/* Nor is a journal that cannot be read. */
	close(setup.journal);
	setup.journal = open("/", O_RDONLY | O_CLOEXEC);
	assert_int_equal(encoder_run(&setup, &result, &why), -1);
	assert_string_equal(why.text, "journal: Is a directory");
	assert_false(result.empty);
}

static void
test_nothing_in_it(void **state)
{
	(void)state;
	assert_int_equal(encoder_run(&setup, &result, &why), -1);
	assert_true(result.empty);
	assert_string_equal(why.text, "there is no picture in it");
}

/* Where a point of the coded picture is seen: x' = a x + c y, y' = b x + d y. */
static void
assert_turned(uint16_t orientation, int a, int b, int c, int d)
{
	const int wanted[4] = { a, b, c, d };
	AVFormatContext *movie;
	const int32_t *matrix;

	append_head("h264");
	free(append_frame(0, orientation).jpeg);
	run();
	movie = movie_open();
	matrix = (const int32_t *)av_stream_get_side_data(
	    movie->streams[0], AV_PKT_DATA_DISPLAYMATRIX, NULL);
	assert_non_null(matrix);
	for (int i = 0; i < 4; i++)
		assert_int_equal(matrix[i / 2 * 3 + i % 2], wanted[i] * (1 << 16));
	avformat_close_input(&movie);
	end(NULL);
	begin(NULL);
}

/* As Exif's orientations are defined (CIPA DC-008): players turn and mirror the movie. */
static void
test_turned(void **state)
{
	(void)state;
	assert_turned(2, -1, 0, 0, 1);
	assert_turned(3, -1, 0, 0, -1);
	assert_turned(4, 1, 0, 0, -1);
	assert_turned(5, 0, 1, 1, 0);
	assert_turned(6, 0, 1, -1, 0);
	assert_turned(7, 0, -1, -1, 0);
	assert_turned(8, 0, -1, 1, 0);
}

int
main(void)
{
#define ENCODER_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)
	const struct CMUnitTest tests[] = {
		ENCODER_TEST(test_h264),
		ENCODER_TEST(test_index_first),
		ENCODER_TEST(test_bit_for_bit),
		ENCODER_TEST(test_poster_of_the_peak),
		ENCODER_TEST(test_damage),
		ENCODER_TEST(test_no_room_for_the_movie),
		ENCODER_TEST(test_nothing_in_it),
		ENCODER_TEST(test_turned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
