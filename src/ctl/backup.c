/* SPDX-License-Identifier: ISC */
/* orielctl backup */
#include "config.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "ctl/transfer.h"
#include "store/store.h"

/* The camera: --camera, or the only one that has a state. */
static int
choose_camera(struct transfer *transfer)
{
	DIR *dir = opendir(transfer->state_dir);
	struct dirent *entry;
	unsigned count = 0;
	char path[TRANSFER_FOLDER_SIZE], only[CAMERA_NAME_MAX + 1] = CAMERA_FIRST;

	while (dir != NULL && transfer->ctl->camera[0] == '\0' && (entry = readdir(dir)) != NULL) {
		if (!camera_name_valid(entry->d_name))
			continue;
		snprintf(
		    path, sizeof path, "%.800s/%.64s/state.db", transfer->state_dir, entry->d_name);
		if (access(path, F_OK) == 0 && count++ == 0)
			snprintf(only, sizeof only, "%.*s", CAMERA_NAME_MAX, entry->d_name);
	}
	if (dir != NULL)
		closedir(dir);
	if (count > 1)
		return ctl_fail(transfer->ctl, CTL_USAGE,
		    "which camera? --camera=NAME chooses one of those in %s", transfer->state_dir);
	return transfer_set_camera(
	    transfer, transfer->ctl->camera[0] != '\0' ? transfer->ctl->camera : only);
}

static int
put_about(struct transfer *transfer)
{
	json_t *about = json_pack("{s:i, s:s, s:I, s:s}", "oriel", BACKUP_FORM, "camera",
	    transfer->camera, "made", (json_int_t)(clock_wall_ns() / CLOCK_S), "version",
	    PACKAGE_VERSION);
	char *text = json_line(about);
	int result = text != NULL
	    ? backup_put(transfer->backup, "about", text, strlen(text), &transfer->why)
	    : STORE_FAILED;

	free(text);
	json_decref(about);
	return result;
}

/* All that a child sends, until its verdict. */
static enum part_verdict
take_parts(struct transfer *transfer, const char *folder,
    enum part_verdict (*work)(void *, int, struct cause *), struct cause *why)
{
	struct backup_parts parts;
	struct part part;
	unsigned char *bytes;
	int result = STORE_OK;

	if (backup_parts_begin(&parts, folder, work, transfer, why) == -1)
		return PART_FAILED;
	part.verdict = PART_FAILED;
	cause_set(&part.why, "the process that reads %.100s is gone", folder);
	while (part_receive(parts.fd, &part, &bytes) == 0 && bytes != NULL) {
		if (result == STORE_OK)
			result = backup_put(transfer->backup, part.name, bytes, (size_t)part.length,
			    &transfer->why);
		transfer->count += strncmp(part.name, "snaps/", 6) == 0;
		free(bytes);
	}
	*why = result == STORE_OK ? part.why : transfer->why;
	backup_parts_end(&parts, &(struct cause){ .text = "" });
	return result == STORE_OK ? (enum part_verdict)part.verdict : PART_FAILED;
}

static int
backup_said(const struct transfer *transfer)
{
	if (transfer->ctl->json) {
		json_t *reply = json_pack("{s:b, s:s, s:s, s:b, s:i}", "ok", 1, "file",
		    transfer->file, "camera", transfer->camera, "accounts", transfer->accounts,
		    "pictures", transfer->count);

		ctl_print(reply);
		json_decref(reply);
		return CTL_OK;
	}
	printf("%s: state of camera %s, %s, %s\n", transfer->file, transfer->camera,
	    transfer->accounts ? "accounts" : "no accounts",
	    transfer->pictures ? "pictures" : "no pictures (--pictures)");
	if (!transfer->accounts)
		fprintf(stderr, "orielctl: the accounts are not in it: %s\n", transfer->note.text);
	return CTL_OK;
}

static int
backup_all(struct transfer *transfer)
{
	if (!transfer->force && access(transfer->file, F_OK) == 0)
		return ctl_fail(transfer->ctl, CTL_REFUSED,
		    "%s is there already (--force replaces it)", transfer->file);
	transfer->backup = backup_make(transfer->file, &transfer->why);
	if (transfer->backup == NULL || put_about(transfer) != STORE_OK ||
	    take_parts(transfer, transfer->folder, transfer_save_state, &transfer->why) != PART_OK)
		return transfer_failed(transfer);
	transfer->accounts = take_parts(transfer, transfer->ctl->accounts, transfer_save_accounts,
				 &transfer->note) == PART_OK;
	if (backup_finish(transfer->backup, transfer->force, &transfer->why) != STORE_OK)
		return transfer_failed(transfer);
	return backup_said(transfer);
}

int
ctl_backup(struct ctl *ctl, int argc, char **argv)
{
	struct transfer transfer = { .ctl = ctl, .state_dir = "/var/lib/oriel" };
	int status = transfer_options(&transfer, argc, argv);

	if (status == CTL_OK)
		status = choose_camera(&transfer);
	if (status == CTL_OK)
		status = backup_all(&transfer);
	backup_free(&transfer.backup);
	return status;
}
