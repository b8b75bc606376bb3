/* SPDX-License-Identifier: ISC */
#include "jpeg/jpeg.h"

#include <stdbool.h>
#include <stdlib.h>

#include "jpeg/check.h"
#include "jpeg/turbo.h"

#include <jerror.h>

enum {
	CMYK = 4, /* components, none of them brightness */
	ROW_MOST = CMYK * ((JPEG_MAX_DIMENSION + DCTSIZE - 1) / DCTSIZE),
	MEMORY_MOST = JPEG_DECODE_MOST +
	    (8 << 20), /* and what libjpeg needs besides coefficients */
};

struct jpeg_decoder {
	struct jpeg_decompress_struct jpeg; /* its client_data is the decoder */
	struct turbo turbo;
	struct jpeg_progress_mgr progress;
	bool cut;   /* the data ended before the last row of MCUs */
	bool drawn; /* all lines are out: browsers look no further */
	unsigned char row[ROW_MOST];
};

static void
progress_watch(j_common_ptr common)
{
	if (((j_decompress_ptr)common)->input_scan_number > JPEG_SCANS_MOST)
		turbo_fail(common, "too many scans");
}

/* libjpeg goes on with grey where there is no data. Many cameras are a few bits short in the
 * last row. */
static void
message_watch(j_common_ptr common, int level)
{
	const struct jpeg_decompress_struct *jpeg = (j_decompress_ptr)common;
	struct jpeg_decoder *decoder = common->client_data;

	if (level < 0 && common->err->msg_code == JWRN_HIT_MARKER &&
	    jpeg->input_iMCU_row + 1 < jpeg->total_iMCU_rows)
		decoder->cut = true;
	if (level < 0)
		common->err->num_warnings++;
}

struct jpeg_decoder *
jpeg_decoder_new(void)
{
	struct jpeg_decoder *decoder = calloc(1, sizeof *decoder);

	if (decoder == NULL)
		return NULL;
	turbo_init(&decoder->turbo, (j_common_ptr)&decoder->jpeg);
	decoder->turbo.errors.emit_message = message_watch;
	if (setjmp(decoder->turbo.failed) != 0) {
		jpeg_decoder_free(&decoder);
		return NULL;
	}
	jpeg_create_decompress(&decoder->jpeg);
	decoder->jpeg.client_data = decoder;
	decoder->jpeg.mem->max_memory_to_use = MEMORY_MOST;
	turbo_pool(&decoder->turbo, (j_common_ptr)&decoder->jpeg);
	decoder->progress.progress_monitor = progress_watch;
	decoder->jpeg.progress = &decoder->progress;
	return decoder;
}

void
jpeg_decoder_free(struct jpeg_decoder **decoder)
{
	if (*decoder == NULL)
		return;
	turbo_deinit(&(*decoder)->turbo, (j_common_ptr) & (*decoder)->jpeg);
	free(*decoder);
	*decoder = NULL;
}

/* 1/8 scale needs only each block's mean, and grey only Y. The chroma is still walked through,
 * because Huffman codes cannot be skipped, but not computed. */
static void
decoder_begin(struct jpeg_decoder *decoder, const unsigned char *data, uint32_t length)
{
	struct jpeg_decompress_struct *jpeg = &decoder->jpeg;

	decoder->cut = decoder->drawn = false;
	jpeg_mem_src(jpeg, data, length);
	jpeg_read_header(jpeg, TRUE);
	jpeg->scale_num = 1;
	jpeg->scale_denom = DCTSIZE;
	jpeg->out_color_space = jpeg->num_components == CMYK ? JCS_CMYK : JCS_GRAYSCALE;
	jpeg->dct_method = JDCT_IFAST;
	jpeg->do_fancy_upsampling = FALSE;
	jpeg->do_block_smoothing = FALSE;
	jpeg_calc_output_dimensions(jpeg);
}

/* Rows go to `grey`; NULL: nowhere. */
static void
decoder_run(struct jpeg_decoder *decoder, unsigned char *grey)
{
	struct jpeg_decompress_struct *jpeg = &decoder->jpeg;

	jpeg_start_decompress(jpeg);
	while (jpeg->output_scanline < jpeg->output_height) {
		JSAMPROW row = grey != NULL
		    ? grey + (size_t)jpeg->output_scanline * jpeg->output_width
		    : decoder->row;
		jpeg_read_scanlines(jpeg, &row, 1);
	}
	decoder->drawn = true;
	jpeg_finish_decompress(jpeg);
}

static int
decoder_end(struct jpeg_decoder *decoder, struct cause *why)
{
	return decoder->cut ? cause_set(why, "truncated: its data ends early") : 0;
}

int
jpeg_decode_grey8(struct jpeg_decoder *decoder, const unsigned char *data, uint32_t length,
    unsigned char *grey, uint32_t capacity, uint32_t *width, uint32_t *height, struct cause *why)
{
	struct jpeg_decompress_struct *jpeg = &decoder->jpeg;

	decoder->turbo.why = why;
	if (setjmp(decoder->turbo.failed) != 0)
		goto refused;
	decoder_begin(decoder, data, length);
	*width = jpeg->output_width;
	*height = jpeg->output_height;
	if (jpeg->num_components == CMYK) {
		cause_set(why, "CMYK pictures have no brightness of their own");
		goto refused;
	}
	if ((uint64_t)jpeg->output_width * jpeg->output_height > capacity) {
		cause_set(why, "%ux%u is more than there is room for", jpeg->image_width,
		    jpeg->image_height);
		goto refused;
	}
	decoder_run(decoder, grey);
	return decoder_end(decoder, why);

refused:
	jpeg_abort_decompress(jpeg);
	return decoder->drawn ? decoder_end(decoder, why) : -1;
}

int
jpeg_decode_whole(
    struct jpeg_decoder *decoder, const unsigned char *data, uint32_t length, struct cause *why)
{
	decoder->turbo.why = why;
	if (setjmp(decoder->turbo.failed) != 0) {
		jpeg_abort_decompress(&decoder->jpeg);
		return decoder->drawn ? decoder_end(decoder, why) : -1;
	}
	decoder_begin(decoder, data, length);
	decoder_run(decoder, NULL);
	return decoder_end(decoder, why);
}
