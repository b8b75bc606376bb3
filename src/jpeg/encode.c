/* SPDX-License-Identifier: ISC */
#include "jpeg/jpeg.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "jpeg/turbo.h"

enum { STRIP_LINES = 2 * DCTSIZE }; /* a row of 4:2:0 MCUs; 4:2:2 and grey have half of it */

struct plane { /* one component, or several interleaved, of a picture */
	const unsigned char *data;
	uint32_t stride, width, height; /* width in bytes */
};

struct jpeg_encoder {
	struct jpeg_compress_struct jpeg;
	struct turbo turbo;
	struct jpeg_destination_mgr out;
	JSAMPROW rows[3][STRIP_LINES]; /* the strip at hand: Y, Cb, Cr */
	bool studio;		       /* its range: see struct picture */
	unsigned char *scratch;	       /* for rows that cannot be used where they lie */
	size_t scratch_size;
};

/* How libjpeg is to see each format. */
static const struct encoding {
	J_COLOR_SPACE space;
	int components, luma_h, luma_v; /* sampling factors of Y; chroma has 1 x 1 */
} encodings[PIXEL_FORMATS] = {
	[PIXEL_YUYV] = { .space = JCS_YCbCr, .components = 3, .luma_h = 2, .luma_v = 1 },
	[PIXEL_UYVY] = { .space = JCS_YCbCr, .components = 3, .luma_h = 2, .luma_v = 1 },
	[PIXEL_NV12] = { .space = JCS_YCbCr, .components = 3, .luma_h = 2, .luma_v = 2 },
	[PIXEL_YUV420] = { .space = JCS_YCbCr, .components = 3, .luma_h = 2, .luma_v = 2 },
	[PIXEL_GREY] = { .space = JCS_GRAYSCALE, .components = 1, .luma_h = 1, .luma_v = 1 },
	[PIXEL_RGB24] = { .space = JCS_RGB, .components = 3, .luma_h = 2, .luma_v = 2 },
};

static void
out_ignore(j_compress_ptr jpeg)
{
	(void)jpeg;
}

/* The buffer is the caller's and never grows. libjpeg calls this as soon as the last byte is
 * taken, and would write on before looking at an empty buffer. */
static boolean
out_full(j_compress_ptr jpeg)
{
	turbo_fail((j_common_ptr)jpeg, "the JPEG does not fit its buffer");
}

struct jpeg_encoder *
jpeg_encoder_new(void)
{
	struct jpeg_encoder *encoder = calloc(1, sizeof *encoder);

	if (encoder == NULL)
		return NULL;
	turbo_init(&encoder->turbo, (j_common_ptr)&encoder->jpeg);
	if (setjmp(encoder->turbo.failed) != 0) {
		jpeg_encoder_free(&encoder);
		return NULL;
	}
	jpeg_create_compress(&encoder->jpeg);
	turbo_pool(&encoder->turbo, (j_common_ptr)&encoder->jpeg);
	encoder->out.init_destination = out_ignore;
	encoder->out.empty_output_buffer = out_full;
	encoder->out.term_destination = out_ignore;
	encoder->jpeg.dest = &encoder->out;
	return encoder;
}

void
jpeg_encoder_free(struct jpeg_encoder **encoder)
{
	if (*encoder == NULL)
		return;
	turbo_deinit(&(*encoder)->turbo, (j_common_ptr) & (*encoder)->jpeg);
	free((*encoder)->scratch);
	free(*encoder);
	*encoder = NULL;
}

static uint32_t
half(uint32_t n)
{
	return (n + 1) / 2;
}

/* Where the planes lie: V4L2 packs them one after the other. */
static unsigned
picture_planes(const struct picture *picture, struct plane planes[3])
{
	uint32_t width = picture->width, height = picture->height, stride = picture->stride;
	const unsigned char *chroma = picture->data + (size_t)stride * height;
	uint32_t pair = stride > 2 * half(width) ? stride : 2 * half(width);

	planes[0] = (struct plane){ picture->data, stride, width, height };
	switch (picture->format) {
	case PIXEL_YUYV:
	case PIXEL_UYVY: planes[0].width = 4 * half(picture_columns(picture)); return 1;
	case PIXEL_RGB24: planes[0].width = 3 * width; return 1;
	case PIXEL_NV12:
		planes[1] = (struct plane){ chroma, pair, 2 * half(width), half(height) };
		return 2;
	case PIXEL_YUV420:
		planes[1] = (struct plane){ chroma, half(stride), half(width), half(height) };
		planes[2] = planes[1];
		planes[2].data += (size_t)half(stride) * half(height);
		return 3;
	default: return 1;
	}
}

/* Fills `planes`, and makes sure that nothing outside the picture will be read. */
static int
picture_check(const struct picture *picture, struct plane planes[3], struct cause *why)
{
	const struct plane *last;
	uint64_t needed;

	if (picture->format >= PIXEL_FORMATS || encodings[picture->format].components == 0)
		return cause_set(why, "not a raw picture");
	if (picture->width < 1 || picture->width > JPEG_MAX_DIMENSION || picture->height < 1 ||
	    picture->height > JPEG_MAX_DIMENSION)
		return cause_set(
		    why, "a picture of %ux%u is out of range", picture->width, picture->height);
	if ((uint64_t)picture->stride * (picture->height - 1) >= picture->length)
		return cause_set(why, "%u bytes are too short for %u lines of %u", picture->length,
		    picture->height, picture->stride);
	last = &planes[picture_planes(picture, planes) - 1];
	if (picture->stride < planes[0].width)
		return cause_set(why, "lines of %u bytes are too short for %u pixels of %s",
		    picture->stride, picture->width, pixel_format_name(picture->format));
	needed = (uint64_t)(last->data - picture->data) +
	    (uint64_t)last->stride * (last->height - 1) + last->width;
	if (needed > picture->length)
		return cause_set(why, "the picture has %u bytes, %ux%u %s needs %llu",
		    picture->length, picture->width, picture->height,
		    pixel_format_name(picture->format), (unsigned long long)needed);
	return 0;
}

/* Separate even bytes from odd ones, in a form that the compiler vectorises. */
static void
bytes_unzip(const unsigned char *restrict in, unsigned char *restrict even,
    unsigned char *restrict odd, size_t pairs)
{
	for (size_t i = 0; i < pairs; i++) {
		even[i] = in[2 * i];
		odd[i] = in[2 * i + 1];
	}
}

static uint32_t
blocks_round(uint32_t width)
{
	return (width + DCTSIZE - 1) & ~(uint32_t)(DCTSIZE - 1);
}

/* From studio range to JFIF's full range: times 255/219 for Y, and 255/224 for CbCr around their
 * middle. In 16 bits, so that the compiler vectorises it well. */
static void
row_stretch(unsigned char *row, uint32_t width, bool luma)
{
	const unsigned char most = luma ? 235 : 240;
	const uint16_t gain = luma ? 298 : 291, rounding = luma ? 128 : 176;

	for (uint32_t i = 0; i < width; i++) {
		unsigned char value = row[i] < 16 ? 16 : row[i];

		value = value > most ? most : value;
		row[i] = (unsigned char)((uint16_t)(gain * (uint16_t)(value - 16) + rounding) >> 8);
	}
}

/* Finish a row in scratch: convert its range, and fill its last block with its last sample. */
static void
row_finish(
    const struct jpeg_encoder *encoder, unsigned component, unsigned char *row, uint32_t width)
{
	if (encoder->studio)
		row_stretch(row, width, component == 0);
	memset(row + width, row[width - 1], blocks_round(width) - width);
}

/* Scratch rows are as long as 4:2:0's whole MCUs: Y's 16 rows, then 8 of Cb and 8
 * of Cr half as long, then one for interleaved chroma. */
static size_t
scratch_pitch(uint32_t width)
{
	return (2 * (size_t)DCTSIZE) * ((width + 2 * DCTSIZE - 1) / (2 * DCTSIZE));
}

static unsigned char *
scratch_row(struct jpeg_encoder *encoder, unsigned component, unsigned i)
{
	size_t pitch = scratch_pitch(encoder->jpeg.image_width);

	if (component == 0)
		return encoder->scratch + i * pitch;
	return encoder->scratch + (STRIP_LINES + (component - 1) * DCTSIZE / 2) * pitch +
	    i * pitch / 2;
}

static unsigned char *
scratch_chroma(struct jpeg_encoder *encoder)
{
	return scratch_row(encoder, 3, 0);
}

static int
scratch_reserve(struct jpeg_encoder *encoder, uint32_t width)
{
	size_t size = (STRIP_LINES + DCTSIZE + 1) * scratch_pitch(width);
	unsigned char *scratch;

	if (size <= encoder->scratch_size)
		return 0;
	scratch = realloc(encoder->scratch, size);
	if (scratch == NULL)
		return -1;
	encoder->scratch = scratch;
	encoder->scratch_size = size;
	return 0;
}

/* Lines below the picture repeat its last one. */
static const unsigned char *
plane_line(const struct plane *plane, uint32_t line)
{
	if (line >= plane->height)
		line = plane->height - 1;
	return plane->data + (size_t)plane->stride * line;
}

/* Rows of whole blocks in full range are used in place. */
static void
strip_planar(struct jpeg_encoder *encoder, unsigned component, const struct plane *plane,
    uint32_t top, unsigned lines)
{
	for (unsigned i = 0; i < lines; i++) {
		const unsigned char *line = plane_line(plane, top + i);
		unsigned char *row = (unsigned char *)line;

		if (plane->width % DCTSIZE != 0 || encoder->studio) {
			row = scratch_row(encoder, component, i);
			memcpy(row, line, plane->width);
			row_finish(encoder, component, row, plane->width);
		}
		encoder->rows[component][i] = row;
	}
}

static void
strip_chroma_pairs(
    struct jpeg_encoder *encoder, unsigned i, const unsigned char *pairs, uint32_t count)
{
	unsigned char *cb = scratch_row(encoder, 1, i), *cr = scratch_row(encoder, 2, i);

	bytes_unzip(pairs, cb, cr, count);
	row_finish(encoder, 1, cb, count);
	row_finish(encoder, 2, cr, count);
	encoder->rows[1][i] = cb;
	encoder->rows[2][i] = cr;
}

static void
strip_nv12(struct jpeg_encoder *encoder, const struct plane planes[2], uint32_t top)
{
	strip_planar(encoder, 0, &planes[0], top, STRIP_LINES);
	for (unsigned i = 0; i < DCTSIZE; i++)
		strip_chroma_pairs(
		    encoder, i, plane_line(&planes[1], top / 2 + i), planes[1].width / 2);
}

static void
strip_packed(struct jpeg_encoder *encoder, const struct plane *plane, bool luma_first, uint32_t top)
{
	uint32_t width = encoder->jpeg.image_width, pairs = plane->width / 4;
	unsigned char *chroma = scratch_chroma(encoder);

	if (width > 2 * pairs)
		width = 2 * pairs;
	for (unsigned i = 0; i < DCTSIZE; i++) {
		unsigned char *luma = scratch_row(encoder, 0, i);

		bytes_unzip(plane_line(plane, top + i), luma_first ? luma : chroma,
		    luma_first ? chroma : luma, 2 * (size_t)pairs);
		row_finish(encoder, 0, luma, width);
		encoder->rows[0][i] = luma;
		strip_chroma_pairs(encoder, i, chroma, pairs);
	}
}

static void
strip_fill(struct jpeg_encoder *encoder, enum pixel_format format, const struct plane planes[3],
    uint32_t top)
{
	switch (format) {
	case PIXEL_YUYV:
	case PIXEL_UYVY: strip_packed(encoder, &planes[0], format == PIXEL_YUYV, top); break;
	case PIXEL_NV12: strip_nv12(encoder, planes, top); break;
	case PIXEL_YUV420:
		strip_planar(encoder, 0, &planes[0], top, STRIP_LINES);
		strip_planar(encoder, 1, &planes[1], top / 2, DCTSIZE);
		strip_planar(encoder, 2, &planes[2], top / 2, DCTSIZE);
		break;
	default: strip_planar(encoder, 0, &planes[0], top, DCTSIZE); break;
	}
}

static void
encoder_setup(struct jpeg_encoder *encoder, const struct picture *picture,
    const struct jpeg_band *band, int quality)
{
	const struct encoding *encoding = &encodings[picture->format];
	struct jpeg_compress_struct *jpeg = &encoder->jpeg;

	jpeg->image_width = picture->width;
	jpeg->image_height = band->height;
	jpeg->input_components = encoding->components;
	jpeg->in_color_space = encoding->space;
	jpeg_set_defaults(jpeg);
	jpeg_set_quality(jpeg, quality, TRUE);
	jpeg->comp_info[0].h_samp_factor = encoding->luma_h;
	jpeg->comp_info[0].v_samp_factor = encoding->luma_v;
	jpeg->dct_method = JDCT_ISLOW;
	jpeg->raw_data_in = picture->format != PIXEL_RGB24;
	jpeg->restart_interval = band->interval;
	encoder->studio = picture->studio;
}

static void
encode_raw(struct jpeg_encoder *encoder, const struct picture *picture,
    const struct plane planes[3], const struct jpeg_band *band)
{
	unsigned lines = (unsigned)encodings[picture->format].luma_v * DCTSIZE;
	JSAMPARRAY strip[3] = { encoder->rows[0], encoder->rows[1], encoder->rows[2] };

	for (uint32_t line = 0; line < band->height; line += lines) {
		strip_fill(encoder, picture->format, planes, band->top + line);
		jpeg_write_raw_data(&encoder->jpeg, strip, lines);
	}
}

static void
encode_pixels(struct jpeg_encoder *encoder, const struct plane *plane, const struct jpeg_band *band)
{
	for (uint32_t line = 0; line < band->height; line++) {
		JSAMPROW row = (unsigned char *)plane_line(plane, band->top + line);
		jpeg_write_scanlines(&encoder->jpeg, &row, 1);
	}
}

int
jpeg_check_raw(const struct picture *picture, struct cause *why)
{
	struct plane planes[3];

	return picture_check(picture, planes, why);
}

long
jpeg_encode_band(struct jpeg_encoder *encoder, const struct picture *picture,
    const struct jpeg_band *band, int quality, unsigned char *out, uint32_t capacity,
    struct cause *why)
{
	struct plane planes[3];

	if (picture_check(picture, planes, why) == -1)
		return -1;
	if (capacity == 0)
		return cause_set(why, "no buffer for the JPEG");
	if (scratch_reserve(encoder, picture->width) == -1)
		return cause_set(why, "out of memory");
	encoder->turbo.why = why;
	if (setjmp(encoder->turbo.failed) != 0) {
		jpeg_abort_compress(&encoder->jpeg);
		return -1;
	}
	encoder->out.next_output_byte = out;
	encoder->out.free_in_buffer = capacity;
	encoder_setup(encoder, picture, band, quality);
	jpeg_start_compress(&encoder->jpeg, TRUE);
	if (encoder->jpeg.raw_data_in)
		encode_raw(encoder, picture, planes, band);
	else
		encode_pixels(encoder, &planes[0], band);
	jpeg_finish_compress(&encoder->jpeg);
	return (long)(capacity - encoder->out.free_in_buffer);
}

long
jpeg_encode(struct jpeg_encoder *encoder, const struct picture *picture, int quality,
    unsigned char *out, uint32_t capacity, struct cause *why)
{
	const struct jpeg_band whole = { .height = picture->height };

	return jpeg_encode_band(encoder, picture, &whole, quality, out, capacity, why);
}

void
jpeg_band_step(enum pixel_format format, uint32_t *mcu_width, uint32_t *mcu_height)
{
	*mcu_width = (uint32_t)encodings[format].luma_h * DCTSIZE;
	*mcu_height = (uint32_t)encodings[format].luma_v * DCTSIZE;
}
