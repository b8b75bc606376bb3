/* SPDX-License-Identifier: ISC */
#include "export/archive.h"

#include <errno.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "protocol/limits.h"
#include "protocol/reasons.h"

enum { CHUNK = 64 * 1024 };

struct archive {
	struct control_client *orield;
	const struct interval *interval;
	struct zip_writer *zip;
	struct archive_sums *sums;
	struct cause *why;
	struct sha256_ctx sha; /* of the entry that is being written */
	FILE *manifest;	       /* in memory */
	char *lines;
	size_t lines_size;
	char chunk[CHUNK];
};

/* orield's lists, newest first. Each row has the `url` of its file, and perhaps a `poster`. */
static const struct list {
	const char *command, *key;
} lists[] = {
	{ .command = "snaps", .key = "snaps" },
	{ .command = "clips", .key = "clips" },
};

/* ---- entries --------------------------------------------------------- */

/* The reader is gone, or there is no memory for the archive's directory. */
static int
archive_no_more(struct archive *archive)
{
	return cause_set(archive->why, "the archive cannot be written");
}

static int
entry_begin(struct archive *archive, const char *name, int64_t when, uint64_t most)
{
	sha256_init(&archive->sha);
	return zip_writer_begin(archive->zip, name, (time_t)when, most) == 0
	    ? 0
	    : archive_no_more(archive);
}

static int
entry_add(struct archive *archive, const void *bytes, size_t length)
{
	sha256_update(&archive->sha, length, bytes);
	return zip_writer_add(archive->zip, bytes, length) == 0 ? 0 : archive_no_more(archive);
}

static int
entry_end(struct archive *archive, const char *name)
{
	uint8_t digest[SHA256_DIGEST_SIZE];

	sha256_digest(&archive->sha, sizeof digest, digest);
	for (size_t i = 0; i < sizeof digest; i++)
		fprintf(archive->manifest, "%02x", digest[i]);
	fprintf(archive->manifest, "  %s\n", name);
	return zip_writer_end(archive->zip) == 0 ? 0 : archive_no_more(archive);
}

/* ---- asking ---------------------------------------------------------- */

/* Ask `command` (taken over): a new reference, or NULL. */
static json_t *
archive_ask(struct archive *archive, json_t *command)
{
	json_t *reply = control_client_ask(archive->orield, command, archive->why);

	if (reply == NULL)
		return NULL;
	if (!reason_get(reply, "error", archive->why)) {
		if (!json_is_false(json_object_get(reply, "ok")))
			return reply;
		if (!reason_get(reply, "reason", archive->why))
			cause_reason(archive->why, &reason_refused);
	}
	json_decref(reply);
	return NULL;
}

/* The next page of a list: the rows behind number `last`. Moves `last` on. */
static json_t *
archive_page(struct archive *archive, const char *command, const char *key, const char *behind,
    json_int_t *last)
{
	json_t *ask = json_pack("{s:s, s:i, s:I, s:I}", "cmd", command, "limit", LIMIT_MAX, "from",
	    (json_int_t)archive->interval->from, "to", (json_int_t)archive->interval->to);
	json_t *reply, *page;

	if (*last != -1)
		json_object_set_new(ask, behind, json_integer(*last));
	reply = archive_ask(archive, ask);
	page = json_incref(json_object_get(reply, key));
	if (json_array_size(page) > 0)
		*last = json_integer_value(
		    json_object_get(json_array_get(page, json_array_size(page) - 1), "id"));
	json_decref(reply);
	return page;
}

/* ---- events ---------------------------------------------------------- */

static int
archive_event(struct archive *archive, const json_t *event)
{
	char *line = json_line(event);
	int result = -1;

	if (line == NULL)
		cause_reason(archive->why, &reason_out_of_memory);
	else if (entry_add(archive, line, strlen(line)) == 0)
		result = entry_add(archive, "\n", 1);
	free(line);
	archive->sums->events++;
	return result;
}

static int
archive_events(struct archive *archive)
{
	json_int_t last = 0;
	json_t *page, *event;
	size_t index, count;
	int result = entry_begin(archive, "events.jsonl", archive->interval->to, UINT32_MAX);

	do {
		page = result == 0 ? archive_page(archive, "events", "events", "after", &last)
				   : NULL;
		if (page == NULL)
			return -1;
		json_array_foreach(page, index, event)
			if (result == 0)
				result = archive_event(archive, event);
		count = json_array_size(page);
		json_decref(page);
	} while (count > 0);
	return entry_end(archive, "events.jsonl");
}

/* ---- files ----------------------------------------------------------- */

static void
archive_miss(struct archive *archive, const char *url, const char *reason)
{
	archive->sums->missing++;
	fprintf(archive->manifest, "# missing: %s: %s\n", url, reason);
}

/* Copy the file's `left` bytes. A read error makes the entry shorter. */
static int
archive_copy(struct archive *archive, const char *url, int64_t when, int fd, uint64_t left)
{
	ssize_t got = 1;
	int failed = 0;

	if (entry_begin(archive, url, when, left) == -1)
		return -1;
	while (left > 0 && got > 0) {
		got = read(fd, archive->chunk, left < CHUNK ? (size_t)left : CHUNK);
		if (got == -1)
			failed = errno;
		if (got > 0 && entry_add(archive, archive->chunk, (size_t)got) == -1)
			return -1;
		left -= got > 0 ? (uint64_t)got : 0;
	}
	if (left > 0)
		archive_miss(archive, url,
		    failed != 0 ? strerror(failed) : "it has become shorter meanwhile");
	archive->sums->files++;
	return entry_end(archive, url);
}

static int
archive_file(struct archive *archive, const char *url, int64_t when)
{
	json_t *reply = archive_ask(archive, json_pack("{s:s, s:s}", "cmd", "read", "url", url));
	const char *missing = json_get_text(reply, "missing");
	struct stat st;
	int fd, result = 0;

	if (reply == NULL)
		return -1;
	fd = control_client_take_fd(archive->orield);
	if (fd == -1)
		archive_miss(archive, url, missing != NULL ? missing : "no descriptor came");
	else if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode))
		archive_miss(archive, url, "it is no file");
	else
		result = archive_copy(archive, url, when, fd, (uint64_t)st.st_size);
	if (fd != -1)
		close(fd);
	json_decref(reply);
	return result;
}

static int
archive_row(struct archive *archive, const json_t *row)
{
	static const char *const files[] = { "url", "poster" };
	int64_t when = (int64_t)json_number_value(json_object_get(row, "ts"));
	int result = 0;

	for (size_t i = 0; i < sizeof files / sizeof files[0] && result == 0; i++)
		if (json_get_text(row, files[i]) != NULL)
			result = archive_file(archive, json_get_text(row, files[i]), when);
	return result;
}

static int
archive_list(struct archive *archive, const struct list *list)
{
	json_int_t last = -1;
	json_t *page, *row;
	size_t index, count;
	int result = 0;

	do {
		page = archive_page(archive, list->command, list->key, "before", &last);
		json_array_foreach(page, index, row)
			if (result == 0)
				result = archive_row(archive, row);
		count = json_array_size(page);
		if (page == NULL)
			result = -1;
		json_decref(page);
	} while (count > 0 && result == 0);
	return result;
}

/* ---- the whole ------------------------------------------------------- */

static int
archive_manifest(struct archive *archive)
{
	if (fflush(archive->manifest) == EOF)
		return cause_reason(archive->why, &reason_out_of_memory);
	if (zip_writer_begin(archive->zip, "SHA256SUMS", (time_t)archive->interval->to,
		archive->lines_size) == -1 ||
	    zip_writer_add(archive->zip, archive->lines, archive->lines_size) == -1 ||
	    zip_writer_end(archive->zip) == -1 || zip_writer_finish(archive->zip) == -1)
		return archive_no_more(archive);
	archive->sums->bytes = zip_writer_size(archive->zip);
	return 0;
}

static int
archive_all(struct archive *archive)
{
	int result = archive_events(archive);

	for (size_t i = 0; i < sizeof lists / sizeof lists[0] && result == 0; i++)
		result = archive_list(archive, &lists[i]);
	return result == 0 ? archive_manifest(archive) : -1;
}

int
archive_write(struct control_client *orield, const struct interval *interval, zip_write_fn *write,
    void *arg, struct archive_sums *sums, struct cause *why)
{
	struct archive *archive = calloc(1, sizeof *archive);
	int result = -1;

	*sums = (struct archive_sums){ 0 };
	if (archive == NULL)
		return cause_reason(why, &reason_out_of_memory);
	archive->orield = orield;
	archive->interval = interval;
	archive->sums = sums;
	archive->why = why;
	archive->zip = zip_writer_new(write, arg);
	archive->manifest = open_memstream(&archive->lines, &archive->lines_size);
	if (archive->zip != NULL && archive->manifest != NULL)
		result = archive_all(archive);
	else
		cause_reason(why, &reason_out_of_memory);
	if (archive->manifest != NULL)
		fclose(archive->manifest);
	free(archive->lines);
	zip_writer_free(&archive->zip);
	free(archive);
	return result;
}
