/* SPDX-License-Identifier: ISC */
/* At start, the movies in folder/clips/ and their rows are brought together; and which journals
 * wait for their movie. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/store_internal.h"

/* The stem of ".STEM.journal". */
static bool
journal_stem(const char *name, char stem[STORE_NAME_SIZE])
{
	size_t length = name[0] == '.' ? strspn(name + 1, STORE_NAME_LETTERS) : 0;

	if (length == 0 || length + sizeof ".mp4" > STORE_NAME_SIZE ||
	    strcmp(name + 1 + length, ".journal") != 0)
		return false;
	memcpy(stem, name + 1, length);
	stem[length] = '\0';
	return true;
}

static DIR *
clips_list(const struct store *store)
{
	int fd = openat(store->clips, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd != -1 ? fdopendir(fd) : NULL;

	if (folder == NULL && fd != -1)
		close(fd);
	return folder;
}

int
store_clips_left(struct store *store, json_t **stems, struct cause *why)
{
	char stem[STORE_NAME_SIZE];
	DIR *folder = clips_list(store);
	struct dirent *entry;

	*stems = json_array();
	if (folder == NULL)
		return store_clip_error(store, why);
	while ((entry = readdir(folder)) != NULL)
		if (journal_stem(entry->d_name, stem))
			json_array_append_new(*stems, json_string(stem));
	closedir(folder);
	return STORE_OK;
}

/* ".STEM.journal", ".STEM.movie" and ".STEM.jpg" are files of an unfinished clip. */
static bool
clip_file_is_of(const char *file, const char *stem)
{
	size_t length = stem != NULL ? strlen(stem) : 0;

	return length > 0 && strncmp(file + 1, stem, length) == 0 && file[1 + length] == '.';
}

uint64_t
store_clips_unfinished(struct store *store, const char *except)
{
	DIR *folder = store->recording ? clips_list(store) : NULL;
	struct dirent *entry;
	struct stat st;
	uint64_t bytes = 0;
	bool any = false;

	if (folder == NULL)
		return 0;
	while ((entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] != '.' ||
		    fstatat(store->clips, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
		    !S_ISREG(st.st_mode))
			continue;
		any = true;
		if (!clip_file_is_of(entry->d_name, except))
			bytes += (uint64_t)st.st_size;
	}
	closedir(folder);
	store->recording = any;
	return bytes;
}

/* ---- opening --------------------------------------------------------- */

/* Rows whose movie has gone go as well. */
static int
clips_drop_rows(struct store *store, struct cause *why)
{
	struct sql_statement *say = store->say[STORE_CLIP_NAMES];
	json_t *gone = json_array(), *name;
	size_t index;
	int result;

	while ((result = sql_step(say, why)) > 0)
		if (!store_clip_has(store, "", sql_text(say, 0), ""))
			json_array_append_new(gone, json_string(sql_text(say, 0)));
	sql_done(say);
	json_array_foreach(gone, index, name)
		if (result == STORE_OK)
			result = store_clip_drop_row(store, json_string_value(name), why);
	json_decref(gone);
	return result;
}

/* A movie with a row is done: its journal is left over. One without a row and without a journal
 * gets a row: its database was lost. */
static int
clip_mend(struct store *store, const char *name, struct cause *why)
{
	char stem[STORE_NAME_SIZE];
	struct stat st;
	int result;

	if (!store_clip_stem(name, stem))
		return STORE_OK;
	result = store_clip_find(store, name, why);
	if (result == STORE_OK)
		store_clip_remove(store, ".", stem, ".journal");
	if (result != STORE_MISSING)
		return result;
	if (store_clip_has(store, ".", stem, ".journal") ||
	    fstatat(store->clips, name, &st, AT_SYMLINK_NOFOLLOW) == -1 || !S_ISREG(st.st_mode))
		return STORE_OK;
	return sql_do(store->say[STORE_CLIP_ADD], why, "tiit", name, (int64_t)st.st_size,
	    (int64_t)st.st_mtim.tv_sec * (int64_t)CLOCK_S, "{}");
}

static int
clips_mend(struct store *store, struct cause *why)
{
	DIR *folder = clips_list(store);
	int result = clips_drop_rows(store, why);
	struct dirent *entry;

	if (folder == NULL)
		return store_clip_error(store, why);
	while (result == STORE_OK && (entry = readdir(folder)) != NULL)
		result = clip_mend(store, entry->d_name, why);
	closedir(folder);
	return result;
}

int
store_clips_open(struct store *store, struct cause *why)
{
	int folder = open(store->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), result;

	if (store->clips == -1 && folder != -1 &&
	    (mkdirat(folder, "clips", 0750) == 0 || errno == EEXIST) && fsync(folder) == 0)
		store->clips = openat(folder, "clips", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder != -1)
		close(folder);
	if (store->clips == -1)
		return store_clip_error(store, why);
	store->recording = true;
	result = clips_mend(store, why);
	return result == STORE_OK ? store_clips_count(store, why) : result;
}
