/* SPDX-License-Identifier: ISC */
#include "jpeg/jpeg.h"

#include <stdlib.h>

#include "jpeg/turbo.h"

/* A camera has a few scans; every further one costs a pass over the picture. */
enum { SCANS_MOST = 64 };

struct jpeg_decoder {
	struct jpeg_decompress_struct jpeg;
	struct turbo turbo;
	struct jpeg_progress_mgr progress;
};

static void
progress_watch(j_common_ptr common)
{
	if (((j_decompress_ptr)common)->input_scan_number > SCANS_MOST)
		turbo_fail(common, "too many scans");
}

struct jpeg_decoder *
jpeg_decoder_new(void)
{
	struct jpeg_decoder *decoder = calloc(1, sizeof *decoder);

	if (decoder == NULL)
		return NULL;
	turbo_init(&decoder->turbo, (j_common_ptr)&decoder->jpeg);
	if (setjmp(decoder->turbo.failed) != 0) {
		jpeg_decoder_free(&decoder);
		return NULL;
	}
	jpeg_create_decompress(&decoder->jpeg);
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
	turbo_deinit(&(*decoder)->turbo, (j_common_ptr)&(*decoder)->jpeg);
	free(*decoder);
	*decoder = NULL;
}

/* 1/8 scale needs each block's mean only, grey only Y: the chroma is still
 * walked through, since Huffman codes cannot be skipped, but not computed. */
static void
decoder_setup(struct jpeg_decompress_struct *jpeg)
{
	jpeg->scale_num = 1;
	jpeg->scale_denom = DCTSIZE;
	jpeg->out_color_space = JCS_GRAYSCALE;
	jpeg->dct_method = JDCT_IFAST;
	jpeg->do_fancy_upsampling = FALSE;
	jpeg->do_block_smoothing = FALSE;
}

int
jpeg_decode_grey8(struct jpeg_decoder *decoder, const unsigned char *data, uint32_t length,
	unsigned char *grey, uint32_t capacity, uint32_t *width, uint32_t *height, struct cause *why)
{
	struct jpeg_decompress_struct *jpeg = &decoder->jpeg;

	decoder->turbo.why = why;
	if (setjmp(decoder->turbo.failed) != 0)
		goto refused;
	jpeg_mem_src(jpeg, data, length);
	jpeg_read_header(jpeg, TRUE);
	decoder_setup(jpeg);
	jpeg_calc_output_dimensions(jpeg);
	if ((uint64_t)jpeg->output_width * jpeg->output_height > capacity) {
		cause_set(why, "%ux%u is more than there is room for",
		    jpeg->image_width, jpeg->image_height);
		goto refused;
	}
	jpeg_start_decompress(jpeg);
	while (jpeg->output_scanline < jpeg->output_height) {
		JSAMPROW row = grey + (size_t)jpeg->output_scanline * jpeg->output_width;
		jpeg_read_scanlines(jpeg, &row, 1);
	}
	*width = jpeg->output_width;
	*height = jpeg->output_height;
	jpeg_finish_decompress(jpeg);
	return 0;

refused:
	jpeg_abort_decompress(jpeg);
	return -1;
}
