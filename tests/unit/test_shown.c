/* SPDX-License-Identifier: ISC */
/* Our check against the decoder of browsers (libjpeg-turbo), on JPEGs of every kind, changed in
 * many ways: what is accepted is shown, and what is shown whole is accepted. With arguments: the
 * same for those files. */
#include "unit.h"

#include <setjmp.h>
#include <stdbool.h>
#include <string.h>

#include "jpeg/check.h"
#include "jpeg/jpeg.h"
#include "make_jpeg.h"
#include "random.h"

#include <jerror.h>

/* ---- the browser's side ---------------------------------------------- */

enum verdict { REFUSED, CUT, SHOWN };

struct browser {
	struct jpeg_error_mgr errors; /* first: libjpeg knows us by it */
	jmp_buf failed;
	bool cut;
	bool drawn; /* all lines are out: what comes then does no harm */
	char why[JMSG_LENGTH_MAX];
};

static void
browser_exit(j_common_ptr common)
{
	struct browser *browser = (struct browser *)common->err;

	common->err->format_message(common, browser->why);
	longjmp(browser->failed, 1);
}

static void
browser_message(j_common_ptr common, int level)
{
	const struct jpeg_decompress_struct *jpeg = (j_decompress_ptr)common;

	if (level < 0 && common->err->msg_code == JWRN_HIT_MARKER &&
	    jpeg->input_iMCU_row + 1 < jpeg->total_iMCU_rows)
		((struct browser *)common->err)->cut = true;
}

/* Decode it to colours, at full size. */
static enum verdict
show(const unsigned char *data, size_t length, uint32_t *width, uint32_t *height, char *why)
{
	struct jpeg_decompress_struct jpeg;
	struct browser browser = { .cut = false, .drawn = false };
	static unsigned char row[4 * 65536];

	jpeg.err = jpeg_std_error(&browser.errors);
	browser.errors.error_exit = browser_exit;
	browser.errors.emit_message = browser_message;
	why[0] = '\0';
	if (setjmp(browser.failed) != 0) {
		jpeg_destroy_decompress(&jpeg);
		strcpy(why, browser.why);
		return !browser.drawn ? REFUSED : browser.cut ? CUT : SHOWN;
	}
	jpeg_create_decompress(&jpeg);
	jpeg_mem_src(&jpeg, data, length);
	jpeg_read_header(&jpeg, TRUE);
	if (jpeg.arith_code) /* only Debian's library can */
		ERREXIT(&jpeg, JERR_ARITH_NOTIMPL);
	jpeg.out_color_space = jpeg.num_components == 4 ? JCS_CMYK : JCS_RGB;
	jpeg_start_decompress(&jpeg);
	while (jpeg.output_scanline < jpeg.output_height) {
		JSAMPROW rows = row;
		jpeg_read_scanlines(&jpeg, &rows, 1);
	}
	*width = jpeg.output_width;
	*height = jpeg.output_height;
	for (int i = 0; i < jpeg.num_components; i++) { /* scans are missing */
		browser.cut |= jpeg.comp_info[i].quant_table == NULL;
		for (int k = 0; k < DCTSIZE2 && jpeg.coef_bits != NULL; k++)
			browser.cut |= jpeg.coef_bits[i][k] != 0;
	}
	browser.drawn = true;
	jpeg_finish_decompress(&jpeg);
	jpeg_destroy_decompress(&jpeg);
	return browser.cut ? CUT : SHOWN;
}

/* ---- ours ------------------------------------------------------------ */

static struct jpeg_decoder *decoder;

/* As src/capture has it. */
static bool
take(const unsigned char *data, uint32_t length, struct jpeg_shape *shape, struct cause *why)
{
	unsigned char *exact = malloc(length + (length == 0));
	bool taken;

	memcpy(exact, data, length);
	taken = jpeg_check(exact, length, shape, why) == 0 &&
	    (!shape->doubtful ||
		jpeg_decode_whole(decoder, exact + shape->begin, shape->end - shape->begin, why) ==
		    0);
	free(exact);
	return taken;
}

static unsigned taken_count, shown_count;

static void
agree(const unsigned char *data, uint32_t length, const char *what)
{
	struct jpeg_shape shape;
	struct cause why = { .text = "" };
	char says[JMSG_LENGTH_MAX];
	uint32_t width = 0, height = 0;
	enum verdict verdict;

	if (take(data, length, &shape, &why)) {
		unsigned char *out = malloc(jpeg_repaired_length(&shape));

		jpeg_repair(data, &shape, out);
		verdict = show(out, jpeg_repaired_length(&shape), &width, &height, says);
		free(out);
		if (verdict == REFUSED)
			fail_msg("%s: taken, though no browser shows it: %s", what, says);
		assert_int_equal(width, shape.width);
		assert_int_equal(height, shape.height);
		taken_count++;
		return;
	}
	if (show(data, length, &width, &height, says) == SHOWN &&
	    (uint64_t)width * height < 1000000)
		fail_msg("%s: refused (%s), though browsers show it", what, why.text);
}

/* ---- kinds of pictures ----------------------------------------------- */

static const struct {
	const char *name;
	struct make_options options;
} kinds[] = {
	{ "4:2:0", { 0 } },
	{ "4:4:4", { .h = 1, .v = 1 } },
	{ "4:2:2", { .h = 2, .v = 1 } },
	{ "4:4:0", { .h = 1, .v = 2 } },
	{ "4:1:1", { .h = 4, .v = 1 } },
	{ "4:1:0", { .h = 4, .v = 2 } },
	{ "grey", { .components = 1 } },
	{ "CMYK", { .components = 4, .h = 1, .v = 1 } },
	{ "progressive", { .progressive = true } },
	{ "progressive grey", { .progressive = true, .components = 1 } },
	{ "optimised", { .optimised = true } },
	{ "three scans", { .separate = true } },
	{ "restarts", { .restart = 2 } },
	{ "progressive with restarts", { .progressive = true, .restart = 3 } },
};
enum { KINDS = sizeof kinds / sizeof kinds[0], WIDTH = 57, HEIGHT = 43 };

static void
test_every_kind_is_shown(void **state)
{
	(void)state;
	for (size_t i = 0; i < KINDS; i++) {
		struct made made = make_jpeg(WIDTH, HEIGHT, &kinds[i].options);
		unsigned before = taken_count;

		agree(made.jpeg, (uint32_t)made.length, kinds[i].name);
		assert_int_equal(taken_count, before + 1);
		/* EOI missing, and all the data there. */
		before = taken_count;
		agree(made.jpeg, (uint32_t)made.length - 2, kinds[i].name);
		assert_int_equal(taken_count, before + 1);
		/* Something behind it. */
		made.jpeg = realloc(made.jpeg, made.length + 3);
		memcpy(made.jpeg + made.length, "\xff\x00?", 3);
		agree(made.jpeg, (uint32_t)made.length + 3, kinds[i].name);
		free(made.jpeg);
	}
}

/* Where the first scan's data begins. */
static uint32_t
header_length(const struct made *made)
{
	for (uint32_t at = 2; at + 4 <= made->length;
	     at += 2u + (made->jpeg[at + 2] << 8) + made->jpeg[at + 3])
		if (made->jpeg[at + 1] == 0xda)
			return at + 2 + (made->jpeg[at + 2] << 8) + made->jpeg[at + 3];
	return 0;
}

/* Some bytes of the header changed, now and then also of the rest. */
static void
test_changed_headers(void **state)
{
	struct random random = { 11 };

	(void)state;
	taken_count = 0;
	for (size_t i = 0; i < KINDS; i++) {
		struct made made = make_jpeg(WIDTH, HEIGHT, &kinds[i].options);
		uint32_t header = header_length(&made);
		unsigned char *changed = malloc(made.length);
		char what[64];

		for (int round = 0; round < 250; round++) {
			memcpy(changed, made.jpeg, made.length);
			for (uint32_t n = 1 + random_below(&random, 3); n > 0; n--)
				changed[2 +
				    random_below(&random,
					random_below(&random, 4) > 0 ? header - 2
								     : (uint32_t)made.length - 2)] =
				    (unsigned char)random_below(&random, 256);
			snprintf(what, sizeof what, "%s, round %d", kinds[i].name, round);
			agree(changed, (uint32_t)made.length, what);
		}
		free(changed);
		free(made.jpeg);
	}
	assert_in_range(taken_count, 250 * KINDS / 10, 250 * KINDS);
}

/* Bytes put in anywhere: SOI, fill, stray bytes, lone markers, comments. */
static void
test_what_is_put_in(void **state)
{
	static const struct {
		const char *bytes;
		uint32_t length;
	} pieces[] = { { "\xff\xd8", 2 }, { "\xff\xff\xff", 3 }, { "\x00\x00", 2 }, { "text", 4 },
		{ "\xff\x00", 2 }, { "\xff\xd0", 2 }, { "\xff\x01", 2 }, { "\xff\xfe\x00\x03?", 5 },
		{ "\xff\xdc\x00\x04\x00\x10", 6 }, { "\xff\xe1\x00\x02", 4 },
		{ "\xff\xdd\x00\x04\x00\x01", 6 }, { "\xff\xd9", 2 }, { "\xff\x02\x00\x02", 4 } };

	(void)state;
	for (size_t i = 0; i < KINDS; i++) {
		struct made made = make_jpeg(WIDTH, HEIGHT, &kinds[i].options);
		unsigned char *changed = malloc(made.length + 8);

		for (size_t j = 0; j < sizeof pieces / sizeof pieces[0]; j++)
			for (uint32_t at = 0; at <= made.length; at += at < 30 ? 1 : 23) {
				char what[64];

				memcpy(changed, made.jpeg, at);
				memcpy(changed + at, pieces[j].bytes, pieces[j].length);
				memcpy(changed + at + pieces[j].length, made.jpeg + at,
				    made.length - at);
				snprintf(
				    what, sizeof what, "%s, piece %zu at %u", kinds[i].name, j, at);
				agree(changed, (uint32_t)made.length + pieces[j].length, what);
			}
		free(changed);
		free(made.jpeg);
	}
}

/* Cut anywhere: no picture that is not whole, no whole one refused. */
static void
test_cut_anywhere(void **state)
{
	(void)state;
	for (size_t i = 0; i < KINDS; i++) {
		struct made made = make_jpeg(WIDTH, HEIGHT, &kinds[i].options);

		for (uint32_t length = 0; length < made.length; length++) {
			struct jpeg_shape shape;
			struct cause why;

			agree(made.jpeg, length, kinds[i].name);
			/* Half of the data is less than all but the last row of MCUs. */
			if (length <
			    header_length(&made) + (made.length - header_length(&made)) / 2)
				assert_false(take(made.jpeg, length, &shape, &why));
		}
		free(made.jpeg);
	}
}

/* ---- files ----------------------------------------------------------- */

static void
agree_file(const char *path)
{
	static unsigned char data[64 << 20];
	FILE *file = fopen(path, "rb");
	size_t length;

	assert_non_null(file);
	length = fread(data, 1, sizeof data, file);
	fclose(file);
	agree(data, (uint32_t)length, path);
	shown_count++;
}

static char **files;

static void
test_files(void **state)
{
	(void)state;
	taken_count = 0;
	for (char **path = files; *path != NULL; path++)
		agree_file(*path);
	print_message("%u of %u files are shown\n", taken_count, shown_count);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_kind_is_shown),
		cmocka_unit_test(test_changed_headers),
		cmocka_unit_test(test_what_is_put_in),
		cmocka_unit_test(test_cut_anywhere),
	}, named[] = { cmocka_unit_test(test_files) };
	int failed;

	decoder = jpeg_decoder_new();
	files = argv + 1;
	failed = argc > 1 ? cmocka_run_group_tests(named, NULL, NULL)
			  : cmocka_run_group_tests(tests, NULL, NULL);
	jpeg_decoder_free(&decoder);
	return failed;
}
