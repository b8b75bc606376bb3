/* SPDX-License-Identifier: ISC */
/* clips: movies of what happened, in folder/clips/. While STEM is recorded and encoded:
 *
 *   .STEM.journal   frames as they came (clip/journal.h); stays until the row is on disk
 *   .STEM.movie     what the encoder writes
 *   .STEM.jpg       its poster
 *
 * Done, these are STEM.mp4 (or .mkv) and STEM.jpg, and there is a row. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "protocol/reasons.h"
#include "store/store_internal.h"

enum { FILE_SIZE = STORE_NAME_SIZE + 16, STEM_TRIES = 1000, CLIP_AROUND = 400 };
static const char *const ends[] = { ".mp4", ".mkv" };

int
store_clip_error(const struct store *store, struct cause *why)
{
	bool full = errno == ENOSPC || errno == EDQUOT;

	cause_errno(why, "%s%s/clips", full ? "disk full: " : "", store->folder);
	return full ? STORE_FULL : STORE_FAILED;
}

static int
clip_missing(struct cause *why)
{
	cause_reason(why, &reason_no_such_clip);
	return STORE_MISSING;
}

/* ---- names ----------------------------------------------------------- */

static bool
stem_valid(const char *stem)
{
	size_t length = strlen(stem);

	return length > 0 && length + sizeof ".mp4" <= STORE_NAME_SIZE &&
	    strspn(stem, STORE_NAME_LETTERS) == length;
}

/* The stem of STEM.mp4 or STEM.mkv. */
bool
store_clip_stem(const char *name, char stem[STORE_NAME_SIZE])
{
	size_t length = strspn(name, STORE_NAME_LETTERS);

	if (length == 0 || length + sizeof ".mp4" > STORE_NAME_SIZE ||
	    (strcmp(name + length, ends[0]) != 0 && strcmp(name + length, ends[1]) != 0))
		return false;
	memcpy(stem, name, length);
	stem[length] = '\0';
	return true;
}

bool
store_clip_has(const struct store *store, const char *begin, const char *stem, const char *end)
{
	char name[FILE_SIZE];

	snprintf(name, sizeof name, "%s%s%s", begin, stem, end);
	return faccessat(store->clips, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int
clip_open_file(
    const struct store *store, const char *stem, const char *end, int flags, struct cause *why)
{
	char name[FILE_SIZE];
	int fd;

	snprintf(name, sizeof name, ".%s%s", stem, end);
	fd = openat(store->clips, name, flags | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd == -1)
		store_clip_error(store, why);
	return fd;
}

/* Gone, or never there. */
int
store_clip_remove(const struct store *store, const char *begin, const char *stem, const char *end)
{
	char name[FILE_SIZE];

	snprintf(name, sizeof name, "%s%s%s", begin, stem, end);
	return unlinkat(store->clips, name, 0) == 0 || errno == ENOENT ? 0 : -1;
}

/* ---- rows ------------------------------------------------------------ */

int
store_clips_count(struct store *store, struct cause *why)
{
	int64_t count, bytes;
	int result = sql_ask(store->sql, "SELECT count(*) FROM clip", &count, why);

	if (result == STORE_OK)
		result = sql_ask(store->sql, "SELECT sum(bytes) FROM clip", &bytes, why);
	if (result == STORE_OK) {
		store->clip_count = (uint64_t)count;
		store->clip_bytes = (uint64_t)bytes;
	}
	return result;
}

/* *bytes of its row, STORE_MISSING when there is none. */
int
store_clip_find(struct store *store, const char *name, struct cause *why)
{
	struct sql_statement *say = store->say[STORE_CLIP_FIND];
	int result;

	sql_bind(say, "t", name);
	result = sql_step(say, why);
	sql_done(say);
	return result > 0 ? STORE_OK : result == 0 ? clip_missing(why) : result;
}

int
store_clip_drop_row(struct store *store, const char *name, struct cause *why)
{
	int result = sql_do(store->say[STORE_CLIP_DROP], why, "t", name);

	if (result == STORE_OK)
		result = store_pin_drop(store, name, why);
	return result == STORE_OK ? store_clips_count(store, why) : result;
}

/* The files first: a row without its movie goes at the next start. */
int
store_clip_evict(struct store *store, const char *name, struct cause *why)
{
	char stem[STORE_NAME_SIZE];

	if (!store_clip_stem(name, stem))
		return clip_missing(why);
	if (store_note(store, name, false) == -1) {
		cause_reason(why, &reason_out_of_memory);
		return STORE_FAILED;
	}
	if (store_clip_remove(store, "", name, "") == -1 ||
	    store_clip_remove(store, "", stem, ".jpg") == -1 || fsync(store->clips) == -1)
		return store_clip_error(store, why);
	return store_clip_drop_row(store, name, why);
}

int
store_delete_clip(struct store *store, const char *name, struct cause *why)
{
	int result = store_clip_find(store, name, why);

	return result == STORE_OK ? store_clip_evict(store, name, why) : result;
}

/* ---- recording ------------------------------------------------------- */

static bool
stem_is_free(const struct store *store, const char *stem)
{
	return !store_clip_has(store, ".", stem, ".journal") &&
	    !store_clip_has(store, "", stem, ends[0]) && !store_clip_has(store, "", stem, ends[1]);
}

int
store_open_clip(struct store *store, const char *wanted, const struct store_limits *limits,
    char stem[STORE_NAME_SIZE], int *fd, struct cause *why)
{
	int result = store_make_room(store, &(struct store_room){ .clip = true }, limits, why);

	if (result != STORE_OK)
		return result;
	snprintf(stem, STORE_NAME_SIZE, "%.50s", wanted);
	for (int number = 2; !stem_is_free(store, stem) && number <= STEM_TRIES; number++)
		snprintf(stem, STORE_NAME_SIZE, "%.50s-%d", wanted, number);
	*fd = clip_open_file(store, stem, ".journal", O_RDWR | O_CREAT | O_EXCL, why);
	if (*fd == -1)
		return STORE_FAILED;
	store->recording = true;
	/* What is in it is not on disk before its name is. */
	if (fsync(store->clips) == 0)
		return STORE_OK;
	close(*fd);
	*fd = -1;
	return store_clip_error(store, why);
}

int
store_open_movie(struct store *store, const char *stem, int fds[3], struct cause *why)
{
	enum { NEW = O_RDWR | O_CREAT | O_TRUNC };

	fds[0] = fds[1] = fds[2] = -1;
	if (!stem_valid(stem) || !store_clip_has(store, ".", stem, ".journal"))
		return clip_missing(why);
	fds[0] = clip_open_file(store, stem, ".journal", O_RDONLY, why);
	if (fds[0] != -1)
		fds[1] = clip_open_file(store, stem, ".movie", NEW, why);
	if (fds[1] != -1)
		fds[2] = clip_open_file(store, stem, ".jpg", NEW, why);
	if (fds[2] != -1)
		return STORE_OK;
	for (int i = 0; i < 3; i++) {
		if (fds[i] != -1)
			close(fds[i]);
		fds[i] = -1;
	}
	return STORE_FAILED;
}

/* On disk, under its own name. *bytes: how large. */
static int
clip_publish_file(struct store *store, const char *stem, const char *from, const char *to,
    uint64_t *bytes, struct cause *why)
{
	char old[FILE_SIZE], new[FILE_SIZE];
	struct stat st;
	int fd = clip_open_file(store, stem, from, O_RDONLY, why);
	bool good = fd != -1 && fstat(fd, &st) == 0 && fsync(fd) == 0;

	if (fd == -1)
		return STORE_FAILED;
	close(fd);
	snprintf(old, sizeof old, ".%s%s", stem, from);
	snprintf(new, sizeof new, "%s%s", stem, to);
	if (!good || renameat(store->clips, old, store->clips, new) == -1)
		return store_clip_error(store, why);
	*bytes = (uint64_t)st.st_size;
	return STORE_OK;
}

/* The movie last: with its name and a row it is a clip. */
static int
clip_publish(struct store *store, struct store_clip *clip, struct cause *why)
{
	uint64_t poster;
	int result = clip_publish_file(store, clip->stem, ".jpg", ".jpg", &poster, why);

	if (result == STORE_OK)
		result = clip_publish_file(
		    store, clip->stem, ".movie", ends[clip->matroska], &clip->bytes, why);
	if (result == STORE_OK && fsync(store->clips) == -1)
		result = store_clip_error(store, why);
	return result;
}

static int
clip_add_row(struct store *store, const struct store_clip *clip, struct cause *why)
{
	char *text = json_line(clip->data);
	int result = STORE_FAILED;

	if (text != NULL)
		result = sql_do(store->say[STORE_CLIP_ADD], why, "tiit", clip->name,
		    (int64_t)clip->bytes, (int64_t)clip->wall_ns, text);
	else
		cause_reason(why, &reason_out_of_memory);
	free(text);
	return result == STORE_OK ? store_clips_count(store, why) : result;
}

static int
clip_movie_bytes(struct store *store, const char *stem, uint64_t *bytes, struct cause *why)
{
	char name[FILE_SIZE];
	struct stat st;

	snprintf(name, sizeof name, ".%s.movie", stem);
	if (fstatat(store->clips, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return clip_missing(why);
	*bytes = (uint64_t)st.st_size;
	return STORE_OK;
}

int
store_add_clip(struct store *store, struct store_clip *clip, const struct store_limits *limits,
    struct cause *why)
{
	uint64_t bytes = 0;
	int result = stem_valid(clip->stem) ? clip_movie_bytes(store, clip->stem, &bytes, why)
					    : clip_missing(why);

	snprintf(clip->name, sizeof clip->name, "%.55s%s", clip->stem, ends[clip->matroska]);
	if (result == STORE_OK)
		result = store_make_room(store,
		    &(struct store_room){ .bytes = bytes, .clip = true, .stem = clip->stem },
		    limits, why);
	if (result == STORE_OK)
		result = clip_publish(store, clip, why);
	return result == STORE_OK ? clip_add_row(store, clip, why) : result;
}

int
store_drop_clip(struct store *store, const char *stem, struct cause *why)
{
	if (!stem_valid(stem))
		return clip_missing(why);
	if (store_clip_remove(store, ".", stem, ".movie") == -1 ||
	    store_clip_remove(store, ".", stem, ".jpg") == -1 ||
	    store_clip_remove(store, ".", stem, ".journal") == -1)
		return store_clip_error(store, why);
	return STORE_OK;
}

/* ---- looking --------------------------------------------------------- */

/* What else is to be known of it. */
static json_t *
clip_data(struct sql_statement *say)
{
	const char *data = sql_text(say, 6);

	return json_parse_object(data, strlen(data));
}

int
store_clips(
    struct store *store, const struct store_query *query, json_t **answer, struct cause *why)
{
	const struct store_list clips = { .name = "clips",
		.say = store->say[STORE_CLIP_PAGE],
		.around = CLIP_AROUND,
		.data = clip_data,
		.count = store->clip_count,
		.bytes = store->clip_bytes };

	return store_list(store, &clips, query, answer, why);
}
