/* SPDX-License-Identifier: ISC */
/* bare: the cost of the work on one picture with libjpeg-turbo alone and with our rooms, in
 * turns on the same pictures; and the pictures themselves. CPU time of this thread, the median
 * of all turns, as JSON. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jpeglib.h>

#include "base/clock.h"
#include "jpeg/jpeg.h"
#include "motion/motion.h"

enum { TURNS = 60, QUALITY = 80, PICTURES = 4, OUT_SIZE = 8 << 20 };

static unsigned char *out;

static double
cpu_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(double *values, size_t count)
{
	qsort(values, count, sizeof *values, compare);
	return values[count / 2];
}

/* ---- pictures -------------------------------------------------------- */

static uint32_t
noise(void)
{
	static uint64_t state = 88172645463325252u; /* xorshift, always the same */

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 32);
}

/* YUYV: a slope, an object at a place of its own in each picture, noise over all. */
static void
paint(unsigned char *yuyv, uint32_t width, uint32_t height, unsigned amplitude, unsigned number)
{
	uint32_t left = number * width / PICTURES;

	for (uint32_t y = 0; y < height; y++)
		for (uint32_t x = 0; x < width; x++) {
			bool object = x >= left && x < left + width / 8 && y > height / 3 &&
			    y < height / 2;
			int luma = object ? 220 : (int)(32 + 160 * x / width);

			luma += amplitude != 0 ? (int)(noise() % amplitude) - (int)amplitude / 2
					       : 0;
			yuyv[2 * ((size_t)y * width + x)] = (unsigned char)(luma < 0 ? 0
				: luma > 255					     ? 255
										     : luma);
			yuyv[2 * ((size_t)y * width + x) + 1] = (unsigned char)(x % 2 == 0
				? 96 + 64 * y / height
				: 128);
		}
}

static uint32_t
encode(unsigned char *yuyv, uint32_t width, uint32_t height)
{
	static struct jpeg_encoder *encoder;
	struct picture picture = { .data = yuyv,
		.length = 2 * width * height,
		.format = PIXEL_YUYV,
		.width = width,
		.height = height,
		.stride = 2 * width };
	struct cause why;
	long length;

	if (encoder == NULL)
		encoder = jpeg_encoder_new();
	length = jpeg_encode(encoder, &picture, QUALITY, out, OUT_SIZE, &why);
	if (length == -1) {
		fprintf(stderr, "bare: %s\n", why.text);
		exit(1);
	}
	return (uint32_t)length;
}

/* One JPEG of exactly `size` bytes (0: as it comes): a comment fills it up. */
static void
write_jpeg(FILE *file, uint32_t length, uint32_t size)
{
	static const unsigned char zeros[65536];

	fwrite(out, 1, 2, file);
	for (uint32_t missing = size > length ? size - length : 0; missing >= 4;) {
		uint32_t part = missing < 60000 ? missing : missing < 60004 ? 59000 : 60000;
		unsigned char head[4] = { 0xff, 0xfe, (unsigned char)((part - 2) >> 8),
			(unsigned char)(part - 2) };

		fwrite(head, 1, 4, file);
		fwrite(zeros, 1, part - 4, file);
		missing -= part;
	}
	fwrite(out + 2, 1, length - 2, file);
}

/* As much noise as the size allows. */
static unsigned
fitting_noise(unsigned char *yuyv, uint32_t width, uint32_t height, uint32_t size)
{
	unsigned least = 0, most = 256;

	while (most - least > 1) {
		unsigned middle = (least + most) / 2;

		paint(yuyv, width, height, middle, 0);
		if (encode(yuyv, width, height) + 512 <= size)
			least = middle;
		else
			most = middle;
	}
	return least;
}

static int
make(uint32_t width, uint32_t height, uint32_t size, const char *path)
{
	unsigned char *yuyv = malloc(2 * (size_t)width * height);
	unsigned amplitude = size != 0 ? fitting_noise(yuyv, width, height, size) : 12;
	FILE *file = fopen(path, "wb");

	if (file == NULL)
		return 1;
	for (unsigned i = 0; i < PICTURES; i++) {
		paint(yuyv, width, height, amplitude, i);
		write_jpeg(file, encode(yuyv, width, height), size);
	}
	free(yuyv);
	return fclose(file) == 0 ? 0 : 1;
}

/* ---- encoding: 8-line strips through the raw-data interface, 4:2:2 ---- */

static void
unzip(const unsigned char *restrict in, unsigned char *restrict even, unsigned char *restrict odd,
    size_t pairs)
{
	for (size_t i = 0; i < pairs; i++) {
		even[i] = in[2 * i];
		odd[i] = in[2 * i + 1];
	}
}

static void
bare_strip(struct jpeg_compress_struct *jpeg, const unsigned char *line, uint32_t width)
{
	static unsigned char rows[3][8][8192], chroma[8192];
	JSAMPROW pointers[3][8];
	JSAMPARRAY planes[3] = { pointers[0], pointers[1], pointers[2] };

	for (int i = 0; i < 8; i++, line += 2 * width) {
		unzip(line, rows[0][i], chroma, width);
		unzip(chroma, rows[1][i], rows[2][i], width / 2);
		for (int c = 0; c < 3; c++)
			pointers[c][i] = rows[c][i];
	}
	jpeg_write_raw_data(jpeg, planes, 8);
}

static void
bare_encode(const unsigned char *yuyv, uint32_t width, uint32_t height)
{
	static struct jpeg_compress_struct jpeg;
	static struct jpeg_error_mgr errors;
	unsigned char *to = out;
	unsigned long length = OUT_SIZE;

	if (jpeg.err == NULL) {
		jpeg.err = jpeg_std_error(&errors);
		jpeg_create_compress(&jpeg);
	}
	jpeg_mem_dest(&jpeg, &to, &length);
	jpeg.image_width = width;
	jpeg.image_height = height;
	jpeg.input_components = 3;
	jpeg.in_color_space = JCS_YCbCr;
	jpeg_set_defaults(&jpeg);
	jpeg_set_quality(&jpeg, QUALITY, TRUE);
	jpeg.comp_info[0].h_samp_factor = 2;
	jpeg.comp_info[0].v_samp_factor = 1;
	jpeg.raw_data_in = TRUE;
	jpeg_start_compress(&jpeg, TRUE);
	for (uint32_t y = 0; y + 8 <= height; y += 8)
		bare_strip(&jpeg, yuyv + (size_t)2 * width * y, width);
	jpeg_finish_compress(&jpeg);
}

static int
compare_encoding(uint32_t width, uint32_t height)
{
	unsigned char *yuyv = malloc(2 * (size_t)width * height);
	double bare[TURNS], ours[TURNS];

	/* The scene of the synthetic camera: what orield encodes in the same run. */
	paint(yuyv, width, height, 0, 0);
	for (int i = 0; i < TURNS; i++) {
		double begin = cpu_ms(), middle;

		bare_encode(yuyv, width, height);
		middle = cpu_ms();
		encode(yuyv, width, height);
		bare[i] = middle - begin;
		ours[i] = cpu_ms() - middle;
	}
	printf(
	    "{\"bare_ms\": %.4f, \"ours_ms\": %.4f}\n", median(bare, TURNS), median(ours, TURNS));
	free(yuyv);
	return 0;
}

/* ---- decoding to 1/8, for motion ------------------------------------- */

static void
bare_decode(const unsigned char *data, size_t length)
{
	static struct jpeg_decompress_struct jpeg;
	static struct jpeg_error_mgr errors;
	static unsigned char line[1024];
	JSAMPROW row = line;

	if (jpeg.err == NULL) {
		jpeg.err = jpeg_std_error(&errors);
		jpeg_create_decompress(&jpeg);
	}
	jpeg_mem_src(&jpeg, data, length);
	jpeg_read_header(&jpeg, TRUE);
	jpeg.out_color_space = JCS_GRAYSCALE;
	jpeg.scale_num = 1;
	jpeg.scale_denom = 8;
	jpeg_start_decompress(&jpeg);
	while (jpeg.output_scanline < jpeg.output_height)
		jpeg_read_scanlines(&jpeg, &row, 1);
	jpeg_finish_decompress(&jpeg);
}

/* Decoded and judged by our rooms, as orield does with each picture analysed. */
static void
our_decode(const unsigned char *data, size_t length, uint64_t number)
{
	static const struct motion_settings settings = {
		.threshold = 120, .noise = 16, .light_switch = 80
	};
	static struct jpeg_decoder *decoder;
	static struct motion *motion;
	static unsigned char grey[1 << 20];
	uint32_t width, height;
	struct cause why;

	if (decoder == NULL) {
		decoder = jpeg_decoder_new();
		motion = motion_new();
	}
	if (jpeg_decode_grey8(
		decoder, data, (uint32_t)length, grey, sizeof grey, &width, &height, &why) == -1)
		exit(1);
	motion_judge(motion, &settings, grey, width, height, number * CLOCK_S / 10);
}

static int
compare_decoding(uint32_t width, uint32_t height)
{
	unsigned char *yuyv = malloc(2 * (size_t)width * height), *jpegs[PICTURES];
	double bare[TURNS], ours[TURNS];
	uint32_t length[PICTURES];

	for (unsigned i = 0; i < PICTURES; i++) {
		paint(yuyv, width, height, 12, i);
		length[i] = encode(yuyv, width, height);
		jpegs[i] = memcpy(malloc(length[i]), out, length[i]);
	}
	for (unsigned i = 0; i < TURNS; i++) {
		double begin = cpu_ms(), middle;

		bare_decode(jpegs[i % PICTURES], length[i % PICTURES]);
		middle = cpu_ms();
		our_decode(jpegs[i % PICTURES], length[i % PICTURES], i);
		bare[i] = middle - begin;
		ours[i] = cpu_ms() - middle;
	}
	printf("{\"bare_ms\": %.4f, \"ours_ms\": %.4f, \"bytes\": %u}\n", median(bare, TURNS),
	    median(ours, TURNS), length[0]);
	return 0;
}

/* ---- copying: from one of 4 driver buffers to one of 6 slots, 30 times a second ---- */

static int
copying(uint32_t size, double seconds)
{
	struct timespec frame = { .tv_nsec = 1000000000 / 30 };
	unsigned char *buffers = malloc((size_t)4 * size), *slots = malloc((size_t)6 * size);
	unsigned count = (unsigned)(seconds * 30);
	double cpu = 0;

	memset(buffers, 1, (size_t)4 * size);
	memset(slots, 2, (size_t)6 * size);
	for (unsigned i = 0; i < count; i++) {
		double begin = cpu_ms();

		memcpy(slots + (size_t)(i % 6) * size, buffers + (size_t)(i % 4) * size, size);
		cpu += cpu_ms() - begin;
		nanosleep(&frame, NULL);
	}
	printf("{\"ms\": %.4f, \"check\": %u}\n", cpu / count, slots[size / 2]);
	return 0;
}

int
main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	uint32_t a = argc > 2 ? (uint32_t)atoi(argv[2]) : 0,
		 b = argc > 3 ? (uint32_t)atoi(argv[3]) : 0;

	out = malloc(OUT_SIZE);
	if (strcmp(verb, "make") == 0 && argc == 6)
		return make(a, b, (uint32_t)atoi(argv[4]), argv[5]);
	if (strcmp(verb, "encode") == 0 && argc == 4)
		return compare_encoding(a, b);
	if (strcmp(verb, "decode") == 0 && argc == 4)
		return compare_decoding(a, b);
	if (strcmp(verb, "copy") == 0 && argc == 4)
		return copying(a, atof(argv[3]));
	fprintf(stderr,
	    "usage: bare make WIDTH HEIGHT BYTES FILE | encode WIDTH HEIGHT | decode WIDTH HEIGHT | "
	    "copy BYTES SECONDS\n");
	return 2;
}
