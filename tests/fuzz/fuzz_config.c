/* SPDX-License-Identifier: ISC */
/* A configuration file: it is refused with a reason, or read. What was read, written by
 * --dump-config, gives the same when it is read again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "protocol/settings.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static int
config_read(struct options *options, const void *data, size_t size, struct cause *why)
{
	int fd = memfd_create("config", MFD_CLOEXEC), result;
	char path[64];

	if (fd == -1 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	why->text[0] = '\0';
	result = options_read_file(options, path, why);
	close(fd);
	if (result == -1 && why->text[0] == '\0')
		abort();
	return result;
}

static char *
config_dump(const struct options *options, size_t *size)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, size);

	if (out == NULL)
		abort();
	options_dump(options, out);
	fclose(out);
	return text;
}

static void
insist_same(const struct options *one, const struct options *other)
{
	for (size_t row = 0; row < options_count(one); row++)
		if (strcmp(options_text(one, row), options_text(other, row)) != 0 ||
		    options_number(one, row) != options_number(other, row))
			abort();
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct options *options = options_new(&settings_program),
		       *again = options_new(&settings_program);
	struct cause why;
	char *text;

	if (config_read(options, data, size, &why) == 0) {
		text = config_dump(options, &size);
		if (config_read(again, text, size, &why) == -1)
			abort();
		insist_same(options, again);
		free(text);
	}
	options_free(&options);
	options_free(&again);
	return 0;
}
