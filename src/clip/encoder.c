/* SPDX-License-Identifier: ISC */
#include "clip/encoder.h"

#include <errno.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "clip/journal.h"
#include "clip/movie.h"

enum { USUAL_FPS = 15, USUAL_QUALITY = 23, KEY_SECONDS = 2 };

struct encoder {
	const struct encoder_setup *setup;
	struct encoder_result *result;
	bool copies; /* the camera's JPEGs, not H.264 */
	char quality[16];
	uint64_t cause_ns, peak_ns; /* the poster's earliest time; 0: not known */
	uint64_t first_ns;	    /* CLOCK_MONOTONIC, of the first frame */
	uint64_t first_wall_ns;
	int64_t last_pts;

	struct movie *movie;
	AVCodecContext *decoder, *coder;
	struct SwsContext *scaler;
	AVPacket *packet;
	AVFrame *decoded, *scaled;
};

/* ---- times ----------------------------------------------------------- */

/* The frame's time in the movie, always later than that of the frame before. */
static int64_t
encoder_pts(struct encoder *encoder, const struct frame_info *info)
{
	uint64_t ns = info->mono_ns > encoder->first_ns ? info->mono_ns - encoder->first_ns : 0;
	int64_t pts = (int64_t)(ns / 1000 * MOVIE_SECOND / 1000000);

	if (encoder->result->frames > 0 && pts <= encoder->last_pts)
		pts = encoder->last_pts + 1;
	encoder->last_pts = pts;
	return pts;
}

/* How long a frame is shown on average. The last frame gets that, because nothing says its end. */
static int64_t
encoder_mean_duration(const struct encoder *encoder)
{
	uint32_t frames = encoder->result->frames;

	return frames > 1 ? encoder->last_pts / (frames - 1) : MOVIE_SECOND / USUAL_FPS;
}

/* ---- the poster ------------------------------------------------------ */

/* The first frame from `wall_ns` on, or else the journal's first. */
static int
encoder_poster(const struct encoder *encoder, uint64_t wall_ns, struct cause *why)
{
	struct journal_reader reader = { .fd = encoder->setup->journal };
	struct journal_record record;
	bool any = false, it = false;
	int result = 0;

	while (result == 0 && !it && journal_next(&reader, &record)) {
		if (record.kind != JOURNAL_FRAME)
			continue;
		it = record.info.wall_ns >= wall_ns;
		if (any && !it)
			continue;
		any = true;
		if (ftruncate(encoder->setup->poster, 0) == -1 ||
		    pwrite(encoder->setup->poster, record.bytes, record.info.length, 0) !=
			(ssize_t)record.info.length)
			result = cause_errno(why, "poster");
	}
	journal_reader_deinit(&reader);
	return result;
}

/* ---- the movie ------------------------------------------------------- */

static int
encoder_begin_movie(struct encoder *encoder, const AVCodecParameters *codec,
    const struct frame_info *info, struct cause *why)
{
	const char *camera = json_get_text(encoder->result->head, "camera");
	struct movie_setup setup = { .fd = encoder->setup->movie,
		.format = encoder->copies ? "matroska" : "mp4",
		.title = camera != NULL ? camera : "",
		.wall_ns = info->wall_ns,
		.orientation = info->orientation };

	encoder->movie = movie_new(&setup, codec, why);
	return encoder->movie != NULL ? 0 : -1;
}

/* ---- as they are ----------------------------------------------------- */

static int
copy_begin(struct encoder *encoder, const struct frame_info *info, struct cause *why)
{
	AVCodecParameters *codec = avcodec_parameters_alloc();
	bool turned = info->orientation >= 5;
	int result;

	if (codec == NULL)
		return cause_set(why, "out of memory");
	codec->codec_type = AVMEDIA_TYPE_VIDEO;
	codec->codec_id = AV_CODEC_ID_MJPEG;
	codec->width = (int)(turned ? info->height : info->width);
	codec->height = (int)(turned ? info->width : info->height);
	result = encoder_begin_movie(encoder, codec, info, why);
	avcodec_parameters_free(&codec);
	return result;
}

static int
encoder_fill_packet(struct encoder *encoder, const struct journal_record *record, struct cause *why)
{
	int error = av_new_packet(encoder->packet, (int)record->info.length);

	if (error < 0)
		return movie_cause(why, "clip", error);
	memcpy(encoder->packet->data, record->bytes, record->info.length);
	return 0;
}

static int
copy_frame(struct encoder *encoder, const struct journal_record *record, struct cause *why)
{
	if (encoder->movie == NULL && copy_begin(encoder, &record->info, why) == -1)
		return -1;
	if (encoder_fill_packet(encoder, record, why) == -1)
		return -1;
	encoder->packet->pts = encoder->packet->dts = encoder_pts(encoder, &record->info);
	encoder->packet->flags |= AV_PKT_FLAG_KEY;
	encoder->result->frames++;
	encoder->packet->duration = encoder_mean_duration(encoder);
	return movie_add(encoder->movie, encoder->packet, why);
}

/* ---- encoded --------------------------------------------------------- */

static int
encode_open_decoder(struct encoder *encoder, struct cause *why)
{
	const AVCodec *codec = avcodec_find_decoder(AV_CODEC_ID_MJPEG);
	int error;

	encoder->decoder = codec != NULL ? avcodec_alloc_context3(codec) : NULL;
	if (encoder->decoder == NULL)
		return cause_set(why, "libavcodec has no decoder for MJPEG");
	encoder->decoder->thread_count = 1;
	error = avcodec_open2(encoder->decoder, codec, NULL);
	return error >= 0 ? 0 : movie_cause(why, "mjpeg", error);
}

/* Telephones play 4:2:0 with even sides. */
static void
encode_describe(struct encoder *encoder)
{
	AVCodecContext *coder = encoder->coder;

	coder->width = encoder->decoded->width & ~1;
	coder->height = encoder->decoded->height & ~1;
	coder->pix_fmt = AV_PIX_FMT_YUV420P;
	coder->color_range = AVCOL_RANGE_MPEG;
	coder->colorspace = AVCOL_SPC_SMPTE170M;
	coder->time_base = (AVRational){ 1, MOVIE_SECOND };
	coder->framerate = (AVRational){ USUAL_FPS, 1 };
	coder->gop_size = USUAL_FPS * KEY_SECONDS;
	coder->thread_count = 1;
	coder->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
	av_opt_set(coder->priv_data, "preset", "superfast", 0);
	av_opt_set(coder->priv_data, "crf", encoder->quality, 0);
}

static int
encode_begin(struct encoder *encoder, const struct frame_info *info, struct cause *why)
{
	const AVCodec *codec = avcodec_find_encoder_by_name("libx264");
	AVCodecParameters *parameters;
	int error, result;

	encoder->coder = codec != NULL ? avcodec_alloc_context3(codec) : NULL;
	if (encoder->coder == NULL)
		return cause_set(why, "libavcodec has no libx264");
	encode_describe(encoder);
	error = avcodec_open2(encoder->coder, codec, NULL);
	if (error < 0)
		return movie_cause(why, "libx264", error);
	encoder->scaled->format = encoder->coder->pix_fmt;
	encoder->scaled->width = encoder->coder->width;
	encoder->scaled->height = encoder->coder->height;
	error = av_frame_get_buffer(encoder->scaled, 0);
	parameters = avcodec_parameters_alloc();
	if (error >= 0 && parameters != NULL)
		error = avcodec_parameters_from_context(parameters, encoder->coder);
	result = error < 0 || parameters == NULL
	    ? movie_cause(why, "libx264", error < 0 ? error : AVERROR(ENOMEM))
	    : encoder_begin_movie(encoder, parameters, info, why);
	avcodec_parameters_free(&parameters);
	return result;
}

/* Move finished packets from the encoder into the movie. */
static int
encode_drain(struct encoder *encoder, struct cause *why)
{
	int error;

	while ((error = avcodec_receive_packet(encoder->coder, encoder->packet)) >= 0) {
		encoder->packet->duration = encoder_mean_duration(encoder);
		if (movie_add(encoder->movie, encoder->packet, why) == -1)
			return -1;
	}
	return error == AVERROR(EAGAIN) || error == AVERROR_EOF
	    ? 0
	    : movie_cause(why, "libx264", error);
}

static int
encode_scale(struct encoder *encoder, struct cause *why)
{
	AVFrame *from = encoder->decoded, *to = encoder->scaled;
	int error = av_frame_make_writable(to);

	if (error < 0)
		return movie_cause(why, "frame", error);
	encoder->scaler = sws_getCachedContext(encoder->scaler, from->width, from->height,
	    from->format, to->width, to->height, to->format, SWS_BILINEAR, NULL, NULL, NULL);
	if (encoder->scaler == NULL)
		return cause_set(why, "a picture of a kind that cannot be converted");
	sws_scale(encoder->scaler, (const uint8_t *const *)from->data, from->linesize, 0,
	    from->height, to->data, to->linesize);
	return 0;
}

/* False: libavcodec cannot read this picture. */
static bool
encode_decode(struct encoder *encoder)
{
	bool sent = avcodec_send_packet(encoder->decoder, encoder->packet) >= 0;

	av_packet_unref(encoder->packet);
	if (sent && avcodec_receive_frame(encoder->decoder, encoder->decoded) >= 0)
		return true;
	avcodec_flush_buffers(encoder->decoder);
	encoder->result->broken++;
	return false;
}

static int
encode_frame(struct encoder *encoder, const struct journal_record *record, struct cause *why)
{
	int error;

	if (encoder->decoder == NULL && encode_open_decoder(encoder, why) == -1)
		return -1;
	if (encoder_fill_packet(encoder, record, why) == -1)
		return -1;
	if (!encode_decode(encoder))
		return 0;
	if (encoder->coder == NULL && encode_begin(encoder, &record->info, why) == -1)
		return -1;
	if (encode_scale(encoder, why) == -1)
		return -1;
	encoder->scaled->pts = encoder_pts(encoder, &record->info);
	encoder->result->frames++;
	error = avcodec_send_frame(encoder->coder, encoder->scaled);
	return error >= 0 ? encode_drain(encoder, why) : movie_cause(why, "libx264", error);
}

static int
encode_flush(struct encoder *encoder, struct cause *why)
{
	if (encoder->coder == NULL)
		return 0;
	avcodec_send_frame(encoder->coder, NULL);
	return encode_drain(encoder, why);
}

/* ---- the journal ----------------------------------------------------- */

static void
encoder_take_head(struct encoder *encoder, const struct journal_record *record)
{
	json_t *head = json_parse_object((const char *)record->bytes, record->info.length);
	const char *codec = json_get_text(head, "codec");
	long long ns = 0, quality = USUAL_QUALITY;

	json_decref(encoder->result->head);
	encoder->result->head = head;
	json_get_integer(head, "wall_ns", 0, INT64_MAX, &ns);
	json_get_integer(head, "quality", 1, 51, &quality);
	encoder->cause_ns = (uint64_t)ns;
	encoder->copies = codec != NULL && strcmp(codec, "mjpeg") == 0;
	snprintf(encoder->quality, sizeof encoder->quality, "%lld", quality);
}

static void
encoder_take_end(struct encoder *encoder, const struct journal_record *record)
{
	json_t *end = json_parse_object((const char *)record->bytes, record->info.length);
	long long ns = 0;

	json_get_integer(end, "peak_ns", 0, INT64_MAX, &ns);
	json_decref(end);
	encoder->peak_ns = (uint64_t)ns;
	encoder->result->cut = false;
}

static int
encoder_take_frame(struct encoder *encoder, const struct journal_record *record, struct cause *why)
{
	if (encoder->result->frames == 0) {
		encoder->first_ns = record->info.mono_ns;
		encoder->first_wall_ns = record->info.wall_ns;
	}
	return encoder->copies ? copy_frame(encoder, record, why)
			       : encode_frame(encoder, record, why);
}

static int
encoder_read(struct encoder *encoder, struct cause *why)
{
	struct journal_reader reader = { .fd = encoder->setup->journal };
	struct journal_record record;
	int result = 0;

	encoder->result->cut = true;
	while (result == 0 && encoder->result->cut && journal_next(&reader, &record)) {
		switch (record.kind) {
		case JOURNAL_HEAD: encoder_take_head(encoder, &record); break;
		case JOURNAL_FRAME: result = encoder_take_frame(encoder, &record, why); break;
		case JOURNAL_END: encoder_take_end(encoder, &record); break;
		}
	}
	if (result == 0 && reader.error != 0) {
		errno = reader.error;
		result = cause_errno(why, "journal");
	}
	journal_reader_deinit(&reader);
	return result;
}

static uint64_t
encoder_ms(const struct encoder *encoder)
{
	return (uint64_t)(encoder->last_pts + encoder_mean_duration(encoder)) * 1000 / MOVIE_SECOND;
}

static int
encoder_finish(struct encoder *encoder, struct cause *why)
{
	encoder->result->empty = encoder->result->frames + encoder->result->broken == 0;
	if (encoder->result->frames == 0)
		return cause_set(why, "there is no picture in it");
	if (encode_flush(encoder, why) == -1)
		return -1;
	if (encoder->cause_ns > encoder->first_wall_ns)
		encoder->result->before_ms = (encoder->cause_ns - encoder->first_wall_ns) /
		    CLOCK_MS;
	encoder->result->ms = encoder_ms(encoder);
	if (encoder_poster(
		encoder, encoder->peak_ns != 0 ? encoder->peak_ns : encoder->cause_ns, why) == -1)
		return -1;
	return movie_end(encoder->movie, why);
}

static void
encoder_deinit(struct encoder *encoder)
{
	movie_free(&encoder->movie);
	avcodec_free_context(&encoder->decoder);
	avcodec_free_context(&encoder->coder);
	sws_freeContext(encoder->scaler);
	av_packet_free(&encoder->packet);
	av_frame_free(&encoder->decoded);
	av_frame_free(&encoder->scaled);
}

int
encoder_run(const struct encoder_setup *setup, struct encoder_result *result, struct cause *why)
{
	struct encoder encoder = { .setup = setup, .result = result, .quality = "23" };
	int done = -1;

	*result = (struct encoder_result){ .head = NULL };
	av_log_set_level(AV_LOG_QUIET);
	encoder.packet = av_packet_alloc();
	encoder.decoded = av_frame_alloc();
	encoder.scaled = av_frame_alloc();
	if (encoder.packet == NULL || encoder.decoded == NULL || encoder.scaled == NULL)
		cause_set(why, "out of memory");
	else if (encoder_read(&encoder, why) == 0)
		done = encoder_finish(&encoder, why);
	encoder_deinit(&encoder);
	return done;
}
