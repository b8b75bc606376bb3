/* SPDX-License-Identifier: ISC */
#include "ctl/transfer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/account_db.h"
#include "base/clock.h"
#include "store/store.h"

enum { NO_SESSIONS_S = 1 };

int
transfer_options(struct transfer *transfer, int argc, char **argv)
{
	static const struct option names[] = {
		{ .name = "state-dir", .has_arg = required_argument, .val = 's' },
		{ .name = "pictures", .has_arg = no_argument, .val = 'p' },
		{ .name = "force", .has_arg = no_argument, .val = 'f' }, { .name = NULL }
	};
	int option;

	optind = 0;
	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (option == '?' || (option == 'p' && strcmp(argv[0], "backup") != 0))
			return ctl_usage(argv[0]);
		if (option == 's')
			transfer->state_dir = optarg;
		transfer->pictures = transfer->pictures || option == 'p';
		transfer->force = transfer->force || option == 'f';
	}
	if (optind + 1 != argc)
		return ctl_usage(argv[0]);
	transfer->file = argv[optind];
	return CTL_OK;
}

int
transfer_set_camera(struct transfer *transfer, const char *name)
{
	if (!camera_name_valid(name))
		return ctl_fail(transfer->ctl, CTL_USAGE, "\"%.40s\" is no camera's name", name);
	snprintf(transfer->camera, sizeof transfer->camera, "%s", name);
	if ((size_t)snprintf(transfer->folder, sizeof transfer->folder, "%s/%s",
		transfer->state_dir, name) >= sizeof transfer->folder)
		return ctl_fail(transfer->ctl, CTL_USAGE, "--state-dir is too long");
	return CTL_OK;
}

int
transfer_failed(const struct transfer *transfer)
{
	return ctl_fail(transfer->ctl, CTL_REFUSED, "%s", transfer->why.text);
}

/* ---- the child that owns the state ----------------------------------- */

static int
send_file(int fd, int folder, const char *file)
{
	char name[BACKUP_NAME_SIZE];
	unsigned char *bytes = NULL;
	struct stat st;
	int from = openat(folder, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), result = 0;

	if (from == -1)
		return 0; /* removed meanwhile, as the oldest are */
	if (fstat(from, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
		bytes = malloc((size_t)st.st_size);
	if (bytes != NULL && read(from, bytes, (size_t)st.st_size) == st.st_size) {
		snprintf(name, sizeof name, "snaps/%.*s", STORE_NAME_SIZE - 1, file);
		result = part_send(fd, name, bytes, (size_t)st.st_size);
	}
	free(bytes);
	close(from);
	return result;
}

static void
send_pictures(const struct transfer *transfer, int fd)
{
	char path[TRANSFER_FOLDER_SIZE + 8];
	struct dirent *entry;
	DIR *snaps;

	snprintf(path, sizeof path, "%s/snaps", transfer->folder);
	snaps = opendir(path);
	if (snaps == NULL)
		return;
	while ((entry = readdir(snaps)) != NULL)
		if (store_name_valid(entry->d_name) &&
		    send_file(fd, dirfd(snaps), entry->d_name) == -1)
			break;
	closedir(snaps);
}

enum part_verdict
transfer_save_state(void *arg, int fd, struct cause *why)
{
	const struct transfer *transfer = arg;
	unsigned char *bytes;
	size_t length;

	if (store_save(transfer->folder, &bytes, &length, why) != STORE_OK)
		return PART_FAILED;
	part_send(fd, "state.db", bytes, length);
	free(bytes);
	if (transfer->pictures)
		send_pictures(transfer, fd);
	return PART_OK;
}

/* As orield does it: while this is held, no orield can start. No child inherits it. */
static bool
lock_folder(const struct transfer *transfer, struct cause *why)
{
	int fd = open(transfer->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd != -1 && flock(fd, LOCK_EX | LOCK_NB) == 0)
		return true;
	if (errno == EWOULDBLOCK)
		cause_set(why,
		    "orield runs for camera %s: stop it first (systemctl stop orield@%s), and start it afterwards",
		    transfer->camera, transfer->camera);
	else
		cause_errno(why, "%s", transfer->folder);
	return false;
}

static bool
may_restore(const struct transfer *transfer, struct cause *why)
{
	char path[TRANSFER_FOLDER_SIZE + 16];

	if (mkdir(transfer->folder, 0750) == -1 && errno != EEXIST) {
		cause_errno(why, "%s", transfer->folder);
		return false;
	}
	if (!lock_folder(transfer, why))
		return false;
	snprintf(path, sizeof path, "%s/state.db", transfer->folder);
	if (transfer->force || access(path, F_OK) == -1)
		return true;
	cause_set(why,
	    "%s is there already (--force replaces it, and keeps it as state.db.replaced)", path);
	return false;
}

static int
restore_part(const struct transfer *transfer, const struct part *part, const unsigned char *bytes,
    struct cause *why)
{
	if (strcmp(part->name, "state.db") == 0)
		return store_restore(transfer->folder, bytes, (size_t)part->length, why);
	if (strncmp(part->name, "snaps/", 6) == 0)
		return store_restore_picture(
		    transfer->folder, part->name + 6, bytes, (size_t)part->length, why);
	return STORE_OK;
}

enum part_verdict
transfer_restore_state(void *arg, int fd, struct cause *why)
{
	const struct transfer *transfer = arg;
	struct part part;
	unsigned char *bytes;
	int result = STORE_OK;

	if (!may_restore(transfer, why))
		return PART_REFUSED;
	while (result == STORE_OK && part_receive(fd, &part, &bytes) == 0 && bytes != NULL) {
		result = restore_part(transfer, &part, bytes, why);
		free(bytes);
	}
	return result == STORE_OK ? PART_OK : PART_FAILED;
}

/* ---- the child that owns the accounts -------------------------------- */

static struct account_db *
open_accounts(const struct transfer *transfer, struct cause *why)
{
	struct account_db_settings settings = { transfer->ctl->accounts, transfer->ctl->run_dir,
		NO_SESSIONS_S, NO_SESSIONS_S };

	return secret_init(why) == 0 ? account_db_new(&settings, why) : NULL;
}

enum part_verdict
transfer_save_accounts(void *arg, int fd, struct cause *why)
{
	struct account_db *db = open_accounts(arg, why);
	unsigned char *bytes = NULL;
	size_t length;
	enum account_db_result result = db != NULL ? account_db_save(db, &bytes, &length, why)
						   : ACCOUNT_DB_TROUBLE;

	if (result == ACCOUNT_DB_OK)
		part_send(fd, "auth.db", bytes, length);
	free(bytes);
	account_db_free(&db);
	return result == ACCOUNT_DB_OK ? PART_OK : PART_FAILED;
}

enum part_verdict
transfer_restore_accounts(void *arg, int fd, struct cause *why)
{
	const struct transfer *transfer = arg;
	struct account_db *db = open_accounts(transfer, why);
	unsigned char *bytes = NULL;
	struct part part;
	enum account_db_result result = ACCOUNT_DB_TROUBLE;

	if (db != NULL && part_receive(fd, &part, &bytes) == 0 && bytes != NULL)
		result = account_db_restore(db, bytes, (size_t)part.length, transfer->force,
		    (int64_t)(clock_wall_ns() / CLOCK_S), why);
	free(bytes);
	account_db_free(&db);
	return result == ACCOUNT_DB_OK ? PART_OK : PART_FAILED;
}
