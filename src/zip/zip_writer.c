/* SPDX-License-Identifier: ISC */
#include "zip/zip_writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include "zip/zip_record.h"

struct zip_writer {
	zip_write_fn *write;
	void *arg;
	uint64_t size, count; /* bytes written, entries ended */
	struct zip_entry entry;
	FILE *central; /* in memory */
	char *headers;
	size_t headers_size;
};

static int
zip_writer_put(struct zip_writer *zip, const void *bytes, size_t length)
{
	zip->size += length;
	return zip->write(zip->arg, bytes, length);
}

struct zip_writer *
zip_writer_new(zip_write_fn *write, void *arg)
{
	struct zip_writer *zip = calloc(1, sizeof *zip);

	if (zip == NULL)
		return NULL;
	zip->write = write;
	zip->arg = arg;
	zip->central = open_memstream(&zip->headers, &zip->headers_size);
	if (zip->central == NULL)
		zip_writer_free(&zip);
	return zip;
}

void
zip_writer_free(struct zip_writer **zip)
{
	struct zip_writer *gone = *zip;

	if (gone == NULL)
		return;
	if (gone->central != NULL)
		fclose(gone->central);
	free(gone->headers);
	free(gone);
	*zip = NULL;
}

int
zip_writer_begin(struct zip_writer *zip, const char *name, time_t when, uint64_t most)
{
	unsigned char header[ZIP_LOCAL_MAX];

	zip->entry = (struct zip_entry){ .when = when,
		.large = most > ZIP_SMALL_MAX,
		.sum = (uint32_t)crc32(0, NULL, 0),
		.offset = zip->size };
	snprintf(zip->entry.name, sizeof zip->entry.name, "%s", name);
	return zip_writer_put(zip, header, zip_local(header, &zip->entry));
}

int
zip_writer_add(struct zip_writer *zip, const void *bytes, size_t length)
{
	zip->entry.sum = (uint32_t)crc32_z(zip->entry.sum, bytes, length);
	zip->entry.size += length;
	return zip_writer_put(zip, bytes, length);
}

int
zip_writer_end(struct zip_writer *zip)
{
	unsigned char record[ZIP_CENTRAL_MAX];
	size_t length = zip_central(record, &zip->entry);

	if (fwrite(record, length, 1, zip->central) != 1)
		return -1;
	zip->count++;
	return zip_writer_put(zip, record, zip_descriptor(record, &zip->entry));
}

int
zip_writer_finish(struct zip_writer *zip)
{
	unsigned char ending[ZIP_ENDING_MAX];
	uint64_t offset = zip->size;

	if (fflush(zip->central) == EOF ||
	    zip_writer_put(zip, zip->headers, zip->headers_size) == -1)
		return -1;
	return zip_writer_put(
	    zip, ending, zip_ending(ending, zip->count, zip->headers_size, offset));
}

uint64_t
zip_writer_size(const struct zip_writer *zip)
{
	return zip->size;
}
