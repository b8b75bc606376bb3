/* SPDX-License-Identifier: ISC */
#include "motion/mask.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SIDE_MOST = 8192, HEAD_MOST = 4096 };
enum { FILE_MOST = SIDE_MOST * SIDE_MOST + HEAD_MOST };

struct text {
	const unsigned char *at, *end;
};

static void
text_skip_blank(struct text *text)
{
	while (text->at < text->end && (isspace(*text->at) || *text->at == '#')) {
		if (*text->at == '#')
			while (text->at < text->end && *text->at != '\n')
				text->at++;
		else
			text->at++;
	}
}

/* Skip blanks and comments, then read a decimal number; 0 unless it is in 1..most. */
static uint32_t
text_number(struct text *text, uint32_t most)
{
	uint32_t number = 0;

	text_skip_blank(text);
	for (; text->at < text->end && isdigit(*text->at); text->at++) {
		number = number * 10 + (uint32_t)(*text->at - '0');
		if (number > most)
			return 0;
	}
	return number;
}

int
mask_parse(struct mask *mask, const unsigned char *file, size_t length, struct cause *why)
{
	struct text text = { file + 2, file + length };
	uint32_t width, height, white;
	unsigned char *pixels;
	size_t size;

	if (length < 3 || memcmp(file, "P5", 2) != 0 || !(isspace(file[2]) || file[2] == '#'))
		return cause_set(why, "not a binary grey PGM (P5)");
	width = text_number(&text, SIDE_MOST);
	height = text_number(&text, SIDE_MOST);
	if (width == 0 || height == 0)
		return cause_set(why, "width and height must be 1..%d", SIDE_MOST);
	white = text_number(&text, UINT16_MAX);
	if (white == 0 || white > 255)
		return cause_set(why, "only 8 bits a pixel (maxval 1..255) are understood");
	if (text.at == text.end || !isspace(*text.at++))
		return cause_set(why, "no blank between maxval and pixels");
	size = (size_t)width * height;
	if ((size_t)(text.end - text.at) < size)
		return cause_set(why, "truncated: %ux%u pixels, %zu bytes", width, height,
		    (size_t)(text.end - text.at));
	if (*text.at == 0 && memcmp(text.at, text.at + 1, size - 1) == 0)
		return cause_set(why, "all black: nothing would be looked at");
	pixels = malloc(size);
	if (pixels == NULL)
		return cause_set(why, "out of memory");
	memcpy(pixels, text.at, size);
	mask->width = width;
	mask->height = height;
	mask->pixels = pixels;
	return 0;
}

/* The whole of a regular file: *file is the caller's to free. */
static int
file_read(int fd, unsigned char **file, size_t *length, struct cause *why)
{
	struct stat st;
	ssize_t got;

	if (fstat(fd, &st) == -1)
		return cause_errno(why, "fstat");
	if (!S_ISREG(st.st_mode))
		return cause_set(why, "not a regular file");
	if (st.st_size > FILE_MOST)
		return cause_set(why, "larger than any mask");
	*file = malloc((size_t)st.st_size + 1);
	if (*file == NULL)
		return cause_set(why, "out of memory");
	for (*length = 0; *length < (size_t)st.st_size; *length += (size_t)got) {
		got = read(fd, *file + *length, (size_t)st.st_size - *length);
		if (got == -1 && errno == EINTR)
			got = 0;
		else if (got == -1)
			return cause_errno(why, "read");
		else if (got == 0)
			break;
	}
	return 0;
}

int
mask_load(struct mask *mask, const char *path, struct cause *why)
{
	unsigned char *file = NULL;
	size_t length = 0;
	struct cause reason;
	int result = -1, fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd == -1)
		return cause_errno(why, "motion mask %s", path);
	if (file_read(fd, &file, &length, &reason) == 0)
		result = mask_parse(mask, file, length, &reason);
	if (result == -1)
		cause_set(why, "motion mask %s: %s", path, reason.text);
	free(file);
	close(fd);
	return result;
}

void
mask_deinit(struct mask *mask)
{
	free(mask->pixels);
	*mask = (struct mask){ 0 };
}

/* The mask's pixel under the middle of pixel `at`. */
static uint32_t
nearest(uint32_t at, uint32_t size, uint32_t mask_size)
{
	return (uint32_t)((2 * (uint64_t)at + 1) * mask_size / (2 * (uint64_t)size));
}

uint32_t
mask_scale(const struct mask *mask, uint32_t width, uint32_t height, unsigned char *look)
{
	uint32_t count = 0;

	if (mask->pixels == NULL) {
		memset(look, 1, (size_t)width * height);
		return width * height;
	}
	for (uint32_t y = 0; y < height; y++) {
		const unsigned char *line = mask->pixels +
		    (size_t)nearest(y, height, mask->height) * mask->width;

		for (uint32_t x = 0; x < width; x++) {
			*look = line[nearest(x, width, mask->width)] != 0;
			count += *look++;
		}
	}
	return count;
}
