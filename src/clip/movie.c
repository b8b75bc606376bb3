/* SPDX-License-Identifier: ISC */
#include "clip/movie.h"

#include <errno.h>
#include <libavutil/dict.h>
#include <libavutil/display.h>
#include <libavutil/mem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

enum { BUFFER_SIZE = 1 << 16 };

/* A descriptor with an offset of its own, for libavformat. */
struct channel {
	int fd;
	int64_t at;
};

struct movie {
	AVFormatContext *format;
	AVStream *stream;
	int fd;
};

int
movie_cause(struct cause *why, const char *context, int error)
{
	char words[AV_ERROR_MAX_STRING_SIZE] = "";

	av_strerror(error, words, sizeof words);
	return cause_set(why, "%s: %s", context, words);
}

/* ---- the descriptor -------------------------------------------------- */

static int
channel_read(void *opaque, uint8_t *bytes, int length)
{
	struct channel *channel = opaque;
	ssize_t got = pread(channel->fd, bytes, (size_t)length, channel->at);

	if (got == 0)
		return AVERROR_EOF;
	if (got == -1)
		return AVERROR(errno);
	channel->at += got;
	return (int)got;
}

static int
channel_write(void *opaque, uint8_t *bytes, int length)
{
	struct channel *channel = opaque;
	int left = length;

	while (left > 0) {
		ssize_t done = pwrite(channel->fd, bytes, (size_t)left, channel->at);

		if (done == -1 && errno == EINTR)
			continue;
		if (done == -1)
			return AVERROR(errno);
		bytes += done;
		left -= (int)done;
		channel->at += done;
	}
	return length;
}

static int64_t
channel_seek(void *opaque, int64_t offset, int whence)
{
	struct channel *channel = opaque;
	struct stat st;

	switch (whence) {
	case SEEK_SET: break;
	case SEEK_CUR: offset += channel->at; break;
	default:
		if (fstat(channel->fd, &st) == -1)
			return AVERROR(errno);
		if (whence == AVSEEK_SIZE)
			return st.st_size;
		if (whence != SEEK_END)
			return AVERROR(EINVAL);
		offset += st.st_size;
	}
	channel->at = offset;
	return offset;
}

static AVIOContext *
channel_open(int fd, int writes)
{
	struct channel *channel = malloc(sizeof *channel);
	unsigned char *buffer = av_malloc(BUFFER_SIZE);
	AVIOContext *io = NULL;

	if (channel != NULL && buffer != NULL) {
		*channel = (struct channel){ .fd = fd };
		io = avio_alloc_context(buffer, BUFFER_SIZE, writes, channel, channel_read,
		    channel_write, channel_seek);
	}
	if (io == NULL) {
		free(channel);
		av_free(buffer);
	}
	return io;
}

static void
channel_close(AVIOContext *io)
{
	if (io == NULL)
		return;
	free(io->opaque);
	av_freep(&io->buffer);
	avio_context_free(&io);
}

/* The muxer opens its file again, for reading, to move the index to the front. */
static int
movie_reopen(
    AVFormatContext *format, AVIOContext **io, const char *url, int flags, AVDictionary **options)
{
	struct movie *movie = format->opaque;

	(void)url, (void)options;
	if (flags & AVIO_FLAG_WRITE)
		return AVERROR(EACCES);
	*io = channel_open(movie->fd, 0);
	return *io != NULL ? 0 : AVERROR(ENOMEM);
}

static int
movie_close_again(AVFormatContext *format, AVIOContext *io)
{
	(void)format;
	channel_close(io);
	return 0;
}

/* ---- the file -------------------------------------------------------- */

static void
movie_describe(struct movie *movie, const struct movie_setup *setup)
{
	time_t seconds = (time_t)(setup->wall_ns / CLOCK_S);
	char text[64];
	struct tm utc;

	gmtime_r(&seconds, &utc);
	snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%06uZ", utc.tm_year + 1900,
	    utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
	    (unsigned)(setup->wall_ns % CLOCK_S / 1000));
	av_dict_set(&movie->format->metadata, "creation_time", text, 0);
	av_dict_set(&movie->format->metadata, "title", setup->title, 0);
}

/* Exif says how the picture lies. The matrix says how to turn it (clockwise), then mirror it. */
static int
movie_turn(struct movie *movie, unsigned orientation)
{
	static const struct {
		double angle;
		int mirrored;
	} turns[9] = { [2] = { 0, 1 },
		[3] = { 180, 0 },
		[4] = { 180, 1 },
		[5] = { 90, 1 },
		[6] = { 90, 0 },
		[7] = { 270, 1 },
		[8] = { 270, 0 } };
	int32_t *matrix;

	if (orientation < 2 || orientation > 8)
		return 0;
	matrix = (int32_t *)av_stream_new_side_data(
	    movie->stream, AV_PKT_DATA_DISPLAYMATRIX, 9 * sizeof *matrix);
	if (matrix == NULL)
		return AVERROR(ENOMEM);
	av_display_rotation_set(matrix, turns[orientation].angle);
	av_display_matrix_flip(matrix, turns[orientation].mirrored, 0);
	return 0;
}

static int
movie_begin(struct movie *movie, const struct movie_setup *setup, const AVCodecParameters *codec)
{
	AVDictionary *options = NULL;
	int error = avformat_alloc_output_context2(&movie->format, NULL, setup->format, NULL);

	if (error < 0)
		return error;
	movie->format->opaque = movie;
	movie->format->io_open = movie_reopen;
	movie->format->io_close2 = movie_close_again;
	movie->format->flags |= AVFMT_FLAG_CUSTOM_IO;
	movie->format->url = av_strdup("");
	movie->format->pb = channel_open(setup->fd, 1);
	movie->stream = avformat_new_stream(movie->format, NULL);
	if (movie->format->url == NULL || movie->format->pb == NULL || movie->stream == NULL)
		return AVERROR(ENOMEM);
	error = avcodec_parameters_copy(movie->stream->codecpar, codec);
	if (error >= 0)
		error = movie_turn(movie, setup->orientation);
	movie->stream->codecpar->codec_tag = 0;
	movie->stream->time_base = (AVRational){ 1, MOVIE_SECOND };
	movie_describe(movie, setup);
	if (strcmp(setup->format, "mp4") == 0)
		av_dict_set(&options, "movflags", "faststart", 0);
	if (error >= 0)
		error = avformat_write_header(movie->format, &options);
	av_dict_free(&options);
	return error;
}

struct movie *
movie_new(const struct movie_setup *setup, const AVCodecParameters *codec, struct cause *why)
{
	struct movie *movie = calloc(1, sizeof *movie);
	int error;

	if (movie == NULL) {
		cause_errno(why, "movie");
		return NULL;
	}
	movie->fd = setup->fd;
	error = movie_begin(movie, setup, codec);
	if (error >= 0)
		return movie;
	movie_cause(why, "movie", error);
	movie_free(&movie);
	return NULL;
}

int
movie_add(struct movie *movie, AVPacket *packet, struct cause *why)
{
	int error;

	packet->stream_index = movie->stream->index;
	av_packet_rescale_ts(packet, (AVRational){ 1, MOVIE_SECOND }, movie->stream->time_base);
	error = av_interleaved_write_frame(movie->format, packet);
	return error >= 0 ? 0 : movie_cause(why, "movie", error);
}

int
movie_end(struct movie *movie, struct cause *why)
{
	int error = av_write_trailer(movie->format);

	if (error >= 0) {
		avio_flush(movie->format->pb);
		error = movie->format->pb->error;
	}
	return error >= 0 ? 0 : movie_cause(why, "movie", error);
}

void
movie_free(struct movie **movie)
{
	struct movie *gone = *movie;

	if (gone == NULL)
		return;
	if (gone->format != NULL) {
		channel_close(gone->format->pb);
		gone->format->pb = NULL;
		avformat_free_context(gone->format);
	}
	free(gone);
	*movie = NULL;
}
