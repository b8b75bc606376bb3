/* SPDX-License-Identifier: ISC */
/* pictures: saved pictures, files first and then their rows. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "protocol/reasons.h"
#include "store/store_internal.h"

enum { NAME_TRIES = 1000, FULL_TRIES = 3, PICTURE_AROUND = 176 };
static const char unfinished[] = ".new"; /* the one file being written */

bool
store_name_valid(const char *name)
{
	size_t stem = strspn(name, STORE_NAME_LETTERS);

	return stem > 0 && stem + sizeof ".jpg" <= STORE_NAME_SIZE &&
	    strcmp(name + stem, ".jpg") == 0;
}

/* ---- rows ------------------------------------------------------------ */

int
store_pictures_count(struct store *store, struct cause *why)
{
	int64_t count, bytes;
	int result = sql_ask(store->sql, "SELECT count(*) FROM picture", &count, why);

	if (result == STORE_OK)
		result = sql_ask(store->sql, "SELECT sum(bytes) FROM picture", &bytes, why);
	if (result == STORE_OK) {
		store->count = (uint64_t)count;
		store->bytes = (uint64_t)bytes;
	}
	return result;
}

int
store_picture_add_row(
    struct store *store, const char *name, uint64_t bytes, uint64_t wall_ns, struct cause *why)
{
	int result = sql_do(
	    store->say[STORE_PICTURE_ADD], why, "tii", name, (int64_t)bytes, (int64_t)wall_ns);

	if (result == STORE_OK) {
		store->count++;
		store->bytes += bytes;
	}
	return result;
}

int
store_picture_find(struct store *store, const char *name, uint64_t *bytes, struct cause *why)
{
	struct sql_statement *say = store->say[STORE_PICTURE_FIND];
	int result;

	sql_bind(say, "t", name);
	result = sql_step(say, why);
	*bytes = result > 0 ? (uint64_t)sql_number(say, 0) : 0;
	sql_done(say);
	if (result == 0)
		cause_reason(why, &reason_no_such_picture);
	return result > 0 ? STORE_OK : result == 0 ? STORE_MISSING : result;
}

int
store_picture_drop_row(struct store *store, const char *name, struct cause *why)
{
	uint64_t bytes;
	int result = store_picture_find(store, name, &bytes, why);

	if (result == STORE_OK)
		result = sql_do(store->say[STORE_PICTURE_DROP], why, "t", name);
	if (result == STORE_OK) {
		store->count--;
		store->bytes -= bytes;
		result = store_pin_drop(store, name, why);
	}
	return result;
}

/* ---- saving ---------------------------------------------------------- */

static int
picture_error(struct store *store, struct cause *why)
{
	bool full = errno == ENOSPC || errno == EDQUOT;

	cause_errno(why, "%s%s/snaps", full ? "disk full: " : "", store->folder);
	return full ? STORE_FULL : STORE_FAILED;
}

static int
write_all(int fd, const unsigned char *data, size_t length)
{
	while (length > 0) {
		ssize_t done = write(fd, data, length);

		if (done == -1 && errno == EINTR)
			continue;
		if (done == -1)
			return -1;
		data += done;
		length -= (size_t)done;
	}
	return fsync(fd);
}

static int
picture_write(struct store *store, const unsigned char *jpeg, uint32_t length, struct cause *why)
{
	int fd = openat(
	    store->snaps, unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	int result = STORE_OK;

	if (fd == -1)
		return picture_error(store, why);
	if (write_all(fd, jpeg, length) == -1)
		result = picture_error(store, why);
	/* Some file systems say "full" only here (NFS). */
	if (close(fd) == -1 && result == STORE_OK)
		result = picture_error(store, why);
	if (result != STORE_OK)
		unlinkat(store->snaps, unfinished, 0);
	return result;
}

static int
picture_write_making_room(
    struct store *store, const unsigned char *jpeg, uint32_t length, struct cause *why)
{
	int result = picture_write(store, jpeg, length, why);

	for (int tries = 0; result == STORE_FULL && tries < FULL_TRIES; tries++) {
		if (store_evict(store, length, NULL) != STORE_OK)
			break;
		result = picture_write(store, jpeg, length, why);
	}
	return result;
}

/* Name the unfinished file `name`, unless another file has that name: EEXIST. */
static int
rename_new(int folder, const char *name)
{
	if (renameat2(folder, unfinished, folder, name, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	/* The file system does not know that flag. Nobody else writes here. */
	if (faccessat(folder, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return -1;
	}
	return renameat(folder, unfinished, folder, name);
}

static int
picture_name(struct store *store, const char *stem, char name[STORE_NAME_SIZE], struct cause *why)
{
	int number = 1;

	snprintf(name, STORE_NAME_SIZE, "%s.jpg", stem);
	while (rename_new(store->snaps, name) == -1) {
		if (errno != EEXIST || ++number > NAME_TRIES)
			return picture_error(store, why);
		snprintf(name, STORE_NAME_SIZE, "%s-%d.jpg", stem, number);
	}
	return STORE_OK;
}

static int
picture_publish(
    struct store *store, const char *stem, struct store_picture *saved, struct cause *why)
{
	int result = picture_name(store, stem, saved->name, why);

	if (result != STORE_OK) {
		unlinkat(store->snaps, unfinished, 0);
		return result;
	}
	if (store_note(store, saved->name, true) == -1) {
		unlinkat(store->snaps, saved->name, 0);
		cause_reason(why, &reason_out_of_memory);
		return STORE_FAILED;
	}
	if (fsync(store->snaps) == -1)
		return picture_error(store, why);
	result = store_picture_add_row(store, saved->name, saved->bytes, saved->wall_ns, why);
	saved->id = sql_last_id(store->sql);
	return result;
}

int
store_save_picture(struct store *store, const char *stem, const unsigned char *jpeg,
    uint32_t length, uint64_t wall_ns, const struct store_limits *limits,
    struct store_picture *saved, struct cause *why)
{
	int result;

	if (strlen(stem) + sizeof "-1000.jpg" > STORE_NAME_SIZE) {
		cause_set(why, "%.64s: too long a name", stem);
		return STORE_FAILED;
	}
	*saved = (struct store_picture){ .bytes = length, .wall_ns = wall_ns };
	result = store_begin(store, why);
	if (result != STORE_OK)
		return result;
	result = store_make_room(store, &(struct store_room){ .bytes = length }, limits, why);
	if (result == STORE_OK)
		result = picture_write_making_room(store, jpeg, length, why);
	if (result == STORE_OK)
		result = picture_publish(store, stem, saved, why);
	if (result == STORE_OK)
		return store_commit(store, why);
	store_rollback(store);
	return result;
}

/* ---- deleting -------------------------------------------------------- */

/* Delete the file first, and durably. A row without a file is mended at the next start, but a
 * file without a row would come back. */
static int
picture_delete(struct store *store, const char *name, struct cause *why)
{
	uint64_t bytes;
	int result = store_picture_find(store, name, &bytes, why);

	if (result != STORE_OK)
		return result;
	if (store_note(store, name, false) == -1) {
		cause_reason(why, &reason_out_of_memory);
		return STORE_FAILED;
	}
	if ((unlinkat(store->snaps, name, 0) == -1 && errno != ENOENT) || fsync(store->snaps) == -1)
		return picture_error(store, why);
	return store_picture_drop_row(store, name, why);
}

int
store_delete_picture(struct store *store, const char *name, struct cause *why)
{
	int result;

	if (!store_name_valid(name)) {
		cause_reason(why, &reason_no_such_picture);
		return STORE_MISSING;
	}
	result = store_begin(store, why);
	if (result != STORE_OK)
		return result;
	result = picture_delete(store, name, why);
	if (result == STORE_OK)
		return store_commit(store, why);
	store_rollback(store);
	return result;
}

/* ---- looking --------------------------------------------------------- */

int
store_pictures(
    struct store *store, const struct store_query *query, json_t **answer, struct cause *why)
{
	const struct store_list pictures = { .name = "snaps",
		.say = store->say[STORE_PICTURE_PAGE],
		.around = PICTURE_AROUND,
		.count = store->count,
		.bytes = store->bytes };

	return store_list(store, &pictures, query, answer, why);
}

void
store_picture_totals(struct store *store, uint64_t *count, uint64_t *bytes)
{
	*count = store->count;
	*bytes = store->bytes;
}
