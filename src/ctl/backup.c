/* SPDX-License-Identifier: ISC */
/* orielctl backup and restore */
#include "config.h"

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
#include "base/json.h"
#include "ctl/ctl.h"
#include "ctl/backup_parts.h"
#include "protocol/camera_name.h"
#include "store/store.h"

enum { FOLDER_SIZE = 1024, NO_SESSIONS_S = 1 };

struct keeping {
	struct ctl *ctl;
	const char *state_dir, *file;
	bool pictures, force;
	char camera[CAMERA_NAME_MAX + 1], folder[FOLDER_SIZE];
	unsigned count; /* of pictures */
	bool accounts;
	struct cause note; /* why the accounts are not with it */
	struct backup *backup;
	struct cause why;
};

static int
keeping_options(struct keeping *keeping, int argc, char **argv)
{
	static const struct option names[] = { { "state-dir", required_argument, NULL, 's' },
		{ "pictures", no_argument, NULL, 'p' }, { "force", no_argument, NULL, 'f' },
		{ NULL, 0, NULL, 0 } };
	int option;

	optind = 0;
	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (option == '?' || (option == 'p' && strcmp(argv[0], "backup") != 0))
			return ctl_usage(argv[0]);
		if (option == 's')
			keeping->state_dir = optarg;
		keeping->pictures = keeping->pictures || option == 'p';
		keeping->force = keeping->force || option == 'f';
	}
	if (optind + 1 != argc)
		return ctl_usage(argv[0]);
	keeping->file = argv[optind];
	return CTL_OK;
}

static int
keeping_set_camera(struct keeping *keeping, const char *name)
{
	if (!camera_name_valid(name))
		return ctl_fail(keeping->ctl, CTL_USAGE, "\"%.40s\" is no camera's name", name);
	snprintf(keeping->camera, sizeof keeping->camera, "%s", name);
	if ((size_t)snprintf(keeping->folder, sizeof keeping->folder, "%s/%s", keeping->state_dir,
		name) >= sizeof keeping->folder)
		return ctl_fail(keeping->ctl, CTL_USAGE, "--state-dir is too long");
	return CTL_OK;
}

static int
keeping_failed(const struct keeping *keeping)
{
	return ctl_fail(keeping->ctl, CTL_REFUSED, "%s", keeping->why.text);
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
		return 0; /* removed meanwhile: the oldest go */
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
send_pictures(const struct keeping *keeping, int fd)
{
	char path[FOLDER_SIZE + 8];
	struct dirent *entry;
	DIR *snaps;

	snprintf(path, sizeof path, "%s/snaps", keeping->folder);
	snaps = opendir(path);
	if (snaps == NULL)
		return;
	while ((entry = readdir(snaps)) != NULL)
		if (store_name_valid(entry->d_name) &&
		    send_file(fd, dirfd(snaps), entry->d_name) == -1)
			break;
	closedir(snaps);
}

static enum part_verdict
save_state(void *arg, int fd, struct cause *why)
{
	const struct keeping *keeping = arg;
	unsigned char *bytes;
	size_t length;

	if (store_save(keeping->folder, &bytes, &length, why) != STORE_OK)
		return PART_FAILED;
	part_send(fd, "state.db", bytes, length);
	free(bytes);
	if (keeping->pictures)
		send_pictures(keeping, fd);
	return PART_OK;
}

/* As orield does: so long as this is held, none can start. Inherited by nobody. */
static bool
lock_folder(const struct keeping *keeping, struct cause *why)
{
	int fd = open(keeping->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd != -1 && flock(fd, LOCK_EX | LOCK_NB) == 0)
		return true;
	if (errno == EWOULDBLOCK)
		cause_set(why,
		    "orield runs for camera %s: stop it first (systemctl stop orield@%s), and start it afterwards",
		    keeping->camera, keeping->camera);
	else
		cause_errno(why, "%s", keeping->folder);
	return false;
}

static bool
may_restore(const struct keeping *keeping, struct cause *why)
{
	char path[FOLDER_SIZE + 16];

	if (mkdir(keeping->folder, 0750) == -1 && errno != EEXIST) {
		cause_errno(why, "%s", keeping->folder);
		return false;
	}
	if (!lock_folder(keeping, why))
		return false;
	snprintf(path, sizeof path, "%s/state.db", keeping->folder);
	if (keeping->force || access(path, F_OK) == -1)
		return true;
	cause_set(why,
	    "%s is there already (--force replaces it, and keeps it as state.db.replaced)", path);
	return false;
}

static int
restore_part(const struct keeping *keeping, const struct part *part, const unsigned char *bytes,
    struct cause *why)
{
	if (strcmp(part->name, "state.db") == 0)
		return store_restore(keeping->folder, bytes, (size_t)part->length, why);
	if (strncmp(part->name, "snaps/", 6) == 0)
		return store_restore_picture(
		    keeping->folder, part->name + 6, bytes, (size_t)part->length, why);
	return STORE_OK;
}

static enum part_verdict
restore_state(void *arg, int fd, struct cause *why)
{
	const struct keeping *keeping = arg;
	struct part part;
	unsigned char *bytes;
	int result = STORE_OK;

	if (!may_restore(keeping, why))
		return PART_REFUSED;
	while (result == STORE_OK && part_receive(fd, &part, &bytes) == 0 && bytes != NULL) {
		result = restore_part(keeping, &part, bytes, why);
		free(bytes);
	}
	return result == STORE_OK ? PART_OK : PART_FAILED;
}

/* ---- the child that owns the accounts -------------------------------- */

static struct account_db *
open_book(const struct keeping *keeping, struct cause *why)
{
	struct account_db_settings settings = { keeping->ctl->accounts, keeping->ctl->run_dir,
		NO_SESSIONS_S, NO_SESSIONS_S };

	return secret_init(why) == 0 ? account_db_new(&settings, why) : NULL;
}

static enum part_verdict
save_accounts(void *arg, int fd, struct cause *why)
{
	struct account_db *db = open_book(arg, why);
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

static enum part_verdict
restore_accounts(void *arg, int fd, struct cause *why)
{
	const struct keeping *keeping = arg;
	struct account_db *db = open_book(keeping, why);
	unsigned char *bytes = NULL;
	struct part part;
	enum account_db_result result = ACCOUNT_DB_TROUBLE;

	if (db != NULL && part_receive(fd, &part, &bytes) == 0 && bytes != NULL)
		result = account_db_restore(db, bytes, (size_t)part.length, keeping->force,
		    (int64_t)(clock_wall_ns() / CLOCK_S), why);
	free(bytes);
	account_db_free(&db);
	return result == ACCOUNT_DB_OK ? PART_OK : PART_FAILED;
}

/* ---- backup ---------------------------------------------------------- */

/* The camera meant: --camera, or the only one that has a state. */
static int
choose_camera(struct keeping *keeping)
{
	DIR *dir = opendir(keeping->state_dir);
	struct dirent *entry;
	unsigned count = 0;
	char path[FOLDER_SIZE], only[CAMERA_NAME_MAX + 1] = CAMERA_FIRST;

	while (dir != NULL && keeping->ctl->camera[0] == '\0' && (entry = readdir(dir)) != NULL) {
		if (!camera_name_valid(entry->d_name))
			continue;
		snprintf(
		    path, sizeof path, "%.800s/%.64s/state.db", keeping->state_dir, entry->d_name);
		if (access(path, F_OK) == 0 && count++ == 0)
			snprintf(only, sizeof only, "%.*s", CAMERA_NAME_MAX, entry->d_name);
	}
	if (dir != NULL)
		closedir(dir);
	if (count > 1)
		return ctl_fail(keeping->ctl, CTL_USAGE,
		    "which camera? --camera=NAME chooses one of those in %s", keeping->state_dir);
	return keeping_set_camera(
	    keeping, keeping->ctl->camera[0] != '\0' ? keeping->ctl->camera : only);
}

static int
put_about(struct keeping *keeping)
{
	json_t *about = json_pack("{si ss sI ss}", "oriel", BACKUP_FORM, "camera", keeping->camera,
	    "made", (json_int_t)(clock_wall_ns() / CLOCK_S), "version", PACKAGE_VERSION);
	char *text = json_line(about);
	int result = text != NULL
	    ? backup_put(keeping->backup, "about", text, strlen(text), &keeping->why)
	    : STORE_FAILED;

	free(text);
	json_decref(about);
	return result;
}

/* All that a child sends, until its verdict. */
static enum part_verdict
take_parts(struct keeping *keeping, const char *folder,
    enum part_verdict (*work)(void *, int, struct cause *), struct cause *why)
{
	struct backup_parts parts;
	struct part part;
	unsigned char *bytes;
	int result = STORE_OK;

	if (backup_parts_begin(&parts, folder, work, keeping, why) == -1)
		return PART_FAILED;
	part.verdict = PART_FAILED;
	cause_set(&part.why, "the process that reads %.100s is gone", folder);
	while (part_receive(parts.fd, &part, &bytes) == 0 && bytes != NULL) {
		if (result == STORE_OK)
			result = backup_put(
			    keeping->backup, part.name, bytes, (size_t)part.length, &keeping->why);
		keeping->count += strncmp(part.name, "snaps/", 6) == 0;
		free(bytes);
	}
	*why = result == STORE_OK ? part.why : keeping->why;
	backup_parts_end(&parts, &(struct cause){ "" });
	return result == STORE_OK ? (enum part_verdict)part.verdict : PART_FAILED;
}

static int
backup_said(const struct keeping *keeping)
{
	if (keeping->ctl->json) {
		json_t *reply = json_pack("{sb ss ss sb si}", "ok", 1, "file", keeping->file,
		    "camera", keeping->camera, "accounts", keeping->accounts, "pictures",
		    keeping->count);

		ctl_print(reply);
		json_decref(reply);
		return CTL_OK;
	}
	printf("%s: state of camera %s, %s, %s\n", keeping->file, keeping->camera,
	    keeping->accounts ? "accounts" : "no accounts",
	    keeping->pictures ? "pictures" : "no pictures (--pictures)");
	if (!keeping->accounts)
		fprintf(stderr, "orielctl: the accounts are not in it: %s\n", keeping->note.text);
	return CTL_OK;
}

static int
backup_all(struct keeping *keeping)
{
	if (!keeping->force && access(keeping->file, F_OK) == 0)
		return ctl_fail(keeping->ctl, CTL_REFUSED,
		    "%s is there already (--force replaces it)", keeping->file);
	keeping->backup = backup_make(keeping->file, &keeping->why);
	if (keeping->backup == NULL || put_about(keeping) != STORE_OK ||
	    take_parts(keeping, keeping->folder, save_state, &keeping->why) != PART_OK)
		return keeping_failed(keeping);
	keeping->accounts = take_parts(keeping, keeping->ctl->accounts, save_accounts,
				&keeping->note) == PART_OK;
	if (backup_finish(keeping->backup, keeping->force, &keeping->why) != STORE_OK)
		return keeping_failed(keeping);
	return backup_said(keeping);
}

int
ctl_backup(struct ctl *ctl, int argc, char **argv)
{
	struct keeping keeping = { .ctl = ctl, .state_dir = "/var/lib/oriel" };
	int status = keeping_options(&keeping, argc, argv);

	if (status == CTL_OK)
		status = choose_camera(&keeping);
	if (status == CTL_OK)
		status = backup_all(&keeping);
	backup_free(&keeping.backup);
	return status;
}

/* ---- restore --------------------------------------------------------- */

/* A newer form is refused here, a newer layout by whom it concerns. */
static int
read_about(struct keeping *keeping)
{
	unsigned char *bytes = NULL;
	size_t length = 0;
	long long form = 0;
	json_t *about = NULL;
	int status;

	if (backup_get(keeping->backup, "about", &bytes, &length, &keeping->why) == STORE_OK)
		about = json_parse_object((const char *)bytes, length);
	free(bytes);
	if (!json_get_integer(about, "oriel", 1, INT32_MAX, &form))
		status = ctl_fail(
		    keeping->ctl, CTL_REFUSED, "%s is no backup of Oriel's", keeping->file);
	else if (form > BACKUP_FORM)
		status = ctl_fail(keeping->ctl, CTL_REFUSED, "%s is from a newer version of Oriel",
		    keeping->file);
	else
		status = keeping_set_camera(keeping,
		    keeping->ctl->camera[0] != '\0'		 ? keeping->ctl->camera
			: json_get_text(about, "camera") != NULL ? json_get_text(about, "camera")
								 : "");
	json_decref(about);
	return status;
}

static int
give_part(struct keeping *keeping, const char *name, int fd)
{
	unsigned char *bytes;
	size_t length;
	int result = backup_get(keeping->backup, name, &bytes, &length, &keeping->why);

	if (result == STORE_OK)
		result = part_send(fd, name, bytes, length);
	free(bytes);
	return result;
}

static enum part_verdict
give_parts(struct keeping *keeping, const char *folder, const char *first, bool pictures,
    enum part_verdict (*work)(void *, int, struct cause *))
{
	char name[BACKUP_NAME_SIZE] = "snaps/";
	struct backup_parts parts;
	int result;

	if (backup_parts_begin(&parts, folder, work, keeping, &keeping->why) == -1)
		return PART_FAILED;
	result = give_part(keeping, first, parts.fd);
	while (result == STORE_OK && pictures && backup_next(keeping->backup, name, name) &&
	    strncmp(name, "snaps/", 6) == 0) {
		result = give_part(keeping, name, parts.fd);
		keeping->count += result == STORE_OK;
	}
	part_send_end(parts.fd);
	return backup_parts_end(&parts, &keeping->why);
}

static int
restore_said(const struct keeping *keeping)
{
	if (keeping->ctl->json) {
		json_t *reply = json_pack("{sb ss sb si}", "ok", 1, "camera", keeping->camera,
		    "accounts", keeping->accounts, "pictures", keeping->count);

		ctl_print(reply);
		json_decref(reply);
	} else {
		printf("camera %s has the state of %s; %s; %u pictures\n", keeping->camera,
		    keeping->file,
		    keeping->accounts ? "users and tokens too, and everybody has to log in again"
				      : "no accounts were in it",
		    keeping->count);
	}
	return CTL_OK;
}

static bool
is_there(const char *path)
{
	return access(path, F_OK) == 0;
}

static int
restore_all(struct keeping *keeping)
{
	unsigned char *bytes;
	size_t length;

	keeping->accounts = backup_get(keeping->backup, "auth.db", &bytes, &length,
				&keeping->why) == STORE_OK;
	free(bytes);
	if (!is_there(keeping->state_dir) ||
	    (keeping->accounts && !is_there(keeping->ctl->accounts)))
		return ctl_fail(keeping->ctl, CTL_REFUSED,
		    "%s: there is no such folder (install Oriel first, or name another: "
		    "--state-dir, --accounts)",
		    is_there(keeping->state_dir) ? keeping->ctl->accounts : keeping->state_dir);
	if (give_parts(keeping, is_there(keeping->folder) ? keeping->folder : keeping->state_dir,
		"state.db", true, restore_state) != PART_OK)
		return keeping_failed(keeping);
	if (keeping->accounts &&
	    give_parts(keeping, keeping->ctl->accounts, "auth.db", false, restore_accounts) !=
		PART_OK)
		return ctl_fail(keeping->ctl, CTL_REFUSED,
		    "the camera's state is restored, the accounts are not: %s", keeping->why.text);
	return restore_said(keeping);
}

int
ctl_restore(struct ctl *ctl, int argc, char **argv)
{
	struct keeping keeping = { .ctl = ctl, .state_dir = "/var/lib/oriel" };
	int status = keeping_options(&keeping, argc, argv);

	if (status != CTL_OK)
		return status;
	keeping.backup = backup_open(keeping.file, &keeping.why);
	if (keeping.backup == NULL)
		return keeping_failed(&keeping);
	status = read_about(&keeping);
	if (status == CTL_OK)
		status = restore_all(&keeping);
	backup_free(&keeping.backup);
	return status;
}
