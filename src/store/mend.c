/* SPDX-License-Identifier: ISC */
/* mend: at the start, bring the folder of pictures and their rows together. A crash between
 * rename and commit leaves a whole picture without a row: it gets one. (After a lost database
 * all pictures do.) A crash between the removal of a file and the commit leaves a row without a
 * file: the row goes. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "protocol/reasons.h"
#include "store/store_internal.h"

struct mend_name {
	char text[STORE_NAME_SIZE];
	bool matched;
	uint64_t bytes, wall_ns;
};

struct mend_list {
	struct mend_name *names;
	size_t count, room;
};

static int
mend_append(struct mend_list *list, const char *text)
{
	struct mend_name *names;

	if (list->count == list->room) {
		size_t room = list->room * 2 + 64;

		names = realloc(list->names, room * sizeof *names);
		if (names == NULL)
			return -1;
		list->names = names;
		list->room = room;
	}
	memset(&list->names[list->count], 0, sizeof list->names[0]);
	strncpy(list->names[list->count++].text, text, STORE_NAME_SIZE - 1);
	return 0;
}

static int
mend_by_name(const void *a, const void *b)
{
	return strcmp(((const struct mend_name *)a)->text, ((const struct mend_name *)b)->text);
}

static int
mend_by_age(const void *a, const void *b)
{
	const struct mend_name *left = a, *right = b;

	return (left->wall_ns > right->wall_ns) - (left->wall_ns < right->wall_ns);
}

/* The names of all pictures in the folder, sorted. Left-overs of an unfinished save are removed;
 * foreign files are left alone. */
static int
mend_read_folder(struct store *store, struct mend_list *files)
{
	int fd = openat(store->snaps, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd != -1 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	int result = 0;

	if (folder == NULL) {
		if (fd != -1)
			close(fd);
		return -1;
	}
	while (result == 0 && (errno = 0, entry = readdir(folder)) != NULL) {
		if (strcmp(entry->d_name, ".new") == 0)
			unlinkat(store->snaps, entry->d_name, 0);
		else if (store_name_valid(entry->d_name))
			result = mend_append(files, entry->d_name);
	}
	if (errno != 0)
		result = -1;
	closedir(folder);
	if (files->count > 0)
		qsort(files->names, files->count, sizeof files->names[0], mend_by_name);
	return result;
}

/* Mark the files that have a row; collect the rows that have no file. */
static int
mend_match(struct store *store, struct mend_list *files, struct mend_list *gone, struct cause *why)
{
	struct sql_statement *say = store->say[STORE_PICTURE_NAMES];
	int result;

	while ((result = sql_step(say, why)) > 0) {
		struct mend_name key = { .matched = false }, *file = NULL;

		strncpy(key.text, sql_text(say, 0), STORE_NAME_SIZE - 1);
		if (files->count > 0)
			file = bsearch(&key, files->names, files->count, sizeof key, mend_by_name);
		if (file != NULL)
			file->matched = true;
		else if (mend_append(gone, key.text) == -1)
			break;
	}
	sql_done(say);
	return result > 0 ? cause_reason(why, &reason_out_of_memory) : result;
}

/* Keep in the list only the files without a row, the oldest first. */
static void
mend_keep_strays(struct store *store, struct mend_list *files)
{
	size_t kept = 0;
	struct stat st;

	for (size_t i = 0; i < files->count; i++) {
		struct mend_name *file = &files->names[i];

		if (file->matched ||
		    fstatat(store->snaps, file->text, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
		    !S_ISREG(st.st_mode) || st.st_size == 0)
			continue;
		file->bytes = (uint64_t)st.st_size;
		file->wall_ns = (uint64_t)st.st_mtim.tv_sec * CLOCK_S +
		    (uint64_t)st.st_mtim.tv_nsec;
		files->names[kept++] = *file;
	}
	files->count = kept;
	if (kept > 0)
		qsort(files->names, kept, sizeof files->names[0], mend_by_age);
}

static int
mend_rows(struct store *store, const struct mend_list *strays, const struct mend_list *gone,
    struct cause *why)
{
	int result = store_begin(store, why);

	if (result != STORE_OK)
		return result;
	for (size_t i = 0; result == STORE_OK && i < gone->count; i++)
		result = store_picture_drop_row(store, gone->names[i].text, why);
	for (size_t i = 0; result == STORE_OK && i < strays->count; i++)
		result = store_picture_add_row(store, strays->names[i].text, strays->names[i].bytes,
		    strays->names[i].wall_ns, why);
	if (result == STORE_OK)
		return store_commit(store, why);
	store_rollback(store);
	return result;
}

static int
mend(struct store *store, struct cause *why)
{
	struct mend_list files = { .count = 0 }, gone = { .count = 0 };
	int result = STORE_OK;

	if (mend_read_folder(store, &files) == -1) {
		cause_errno(why, "%s/snaps", store->folder);
		result = STORE_FAILED;
	}
	if (result == STORE_OK)
		result = mend_match(store, &files, &gone, why);
	if (result == STORE_OK) {
		mend_keep_strays(store, &files);
		if (files.count + gone.count > 0) {
			log_notice("store",
			    "%s/snaps: %zu pictures had no row and have one now, %zu rows"
			    " had no picture and are gone",
			    store->folder, files.count, gone.count);
			result = mend_rows(store, &files, &gone, why);
		}
	}
	free(files.names);
	free(gone.names);
	return result;
}

/* Make folder/snaps if it is not there, and open it. Its pictures are not on disk before its own
 * name is, and a folder left by an earlier start may not be synced yet. */
static int
mend_open_folder(const struct store *store)
{
	int folder = open(store->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), snaps = -1;

	if (folder == -1)
		return -1;
	if ((mkdirat(folder, "snaps", 0750) == 0 || errno == EEXIST) && fsync(folder) == 0)
		snaps = openat(folder, "snaps", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	close(folder);
	return snaps;
}

int
store_pictures_open(struct store *store, struct cause *why)
{
	int result;

	if (store->snaps == -1)
		store->snaps = mend_open_folder(store);
	if (store->snaps == -1) {
		cause_errno(why, "%s/snaps", store->folder);
		return STORE_FAILED;
	}
	result = store_pictures_count(store, why);
	return result == STORE_OK ? mend(store, why) : result;
}
