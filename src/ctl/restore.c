/* SPDX-License-Identifier: ISC */
/* orielctl restore */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "ctl/transfer.h"
#include "store/store.h"

/* A newer format is refused here; a newer layout is refused where it is read. */
static int
read_about(struct transfer *transfer)
{
	unsigned char *bytes = NULL;
	size_t length = 0;
	long long form = 0;
	json_t *about = NULL;
	int status;

	if (backup_get(transfer->backup, "about", &bytes, &length, &transfer->why) == STORE_OK)
		about = json_parse_object((const char *)bytes, length);
	free(bytes);
	if (!json_get_integer(about, "oriel", 1, INT32_MAX, &form))
		status = ctl_fail(
		    transfer->ctl, CTL_REFUSED, "%s is no backup of Oriel's", transfer->file);
	else if (form > BACKUP_FORM)
		status = ctl_fail(transfer->ctl, CTL_REFUSED, "%s is from a newer version of Oriel",
		    transfer->file);
	else
		status = transfer_set_camera(transfer,
		    transfer->ctl->camera[0] != '\0'		 ? transfer->ctl->camera
			: json_get_text(about, "camera") != NULL ? json_get_text(about, "camera")
								 : "");
	json_decref(about);
	return status;
}

static int
give_part(struct transfer *transfer, const char *name, int fd)
{
	unsigned char *bytes;
	size_t length;
	int result = backup_get(transfer->backup, name, &bytes, &length, &transfer->why);

	if (result == STORE_OK)
		result = part_send(fd, name, bytes, length);
	free(bytes);
	return result;
}

static enum part_verdict
give_parts(struct transfer *transfer, const char *folder, const char *first, bool pictures,
    enum part_verdict (*work)(void *, int, struct cause *))
{
	char name[BACKUP_NAME_SIZE] = "snaps/";
	struct backup_parts parts;
	int result;

	if (backup_parts_begin(&parts, folder, work, transfer, &transfer->why) == -1)
		return PART_FAILED;
	result = give_part(transfer, first, parts.fd);
	while (result == STORE_OK && pictures && backup_next(transfer->backup, name, name) &&
	    strncmp(name, "snaps/", 6) == 0) {
		result = give_part(transfer, name, parts.fd);
		transfer->count += result == STORE_OK;
	}
	part_send_end(parts.fd);
	return backup_parts_end(&parts, &transfer->why);
}

static int
restore_said(const struct transfer *transfer)
{
	if (transfer->ctl->json) {
		json_t *reply = json_pack("{s:b, s:s, s:b, s:i}", "ok", 1, "camera",
		    transfer->camera, "accounts", transfer->accounts, "pictures", transfer->count);

		ctl_print(reply);
		json_decref(reply);
	} else {
		printf("camera %s has the state of %s; %s; %u pictures\n", transfer->camera,
		    transfer->file,
		    transfer->accounts ? "users and tokens too, and everybody has to log in again"
				       : "no accounts were in it",
		    transfer->count);
	}
	return CTL_OK;
}

static bool
is_there(const char *path)
{
	return access(path, F_OK) == 0;
}

static int
restore_all(struct transfer *transfer)
{
	unsigned char *bytes;
	size_t length;

	transfer->accounts = backup_get(transfer->backup, "auth.db", &bytes, &length,
				 &transfer->why) == STORE_OK;
	free(bytes);
	if (!is_there(transfer->state_dir) ||
	    (transfer->accounts && !is_there(transfer->ctl->accounts)))
		return ctl_fail(transfer->ctl, CTL_REFUSED,
		    "%s: there is no such folder (install Oriel first, or name another: "
		    "--state-dir, --accounts)",
		    is_there(transfer->state_dir) ? transfer->ctl->accounts : transfer->state_dir);
	if (give_parts(transfer,
		is_there(transfer->folder) ? transfer->folder : transfer->state_dir, "state.db",
		true, transfer_restore_state) != PART_OK)
		return transfer_failed(transfer);
	if (transfer->accounts &&
	    give_parts(transfer, transfer->ctl->accounts, "auth.db", false,
		transfer_restore_accounts) != PART_OK)
		return ctl_fail(transfer->ctl, CTL_REFUSED,
		    "the camera's state is restored, the accounts are not: %s", transfer->why.text);
	return restore_said(transfer);
}

int
ctl_restore(struct ctl *ctl, int argc, char **argv)
{
	struct transfer transfer = { .ctl = ctl, .state_dir = "/var/lib/oriel" };
	int status = transfer_options(&transfer, argc, argv);

	if (status != CTL_OK)
		return status;
	transfer.backup = backup_open(transfer.file, &transfer.why);
	if (transfer.backup == NULL)
		return transfer_failed(&transfer);
	status = read_about(&transfer);
	if (status == CTL_OK)
		status = restore_all(&transfer);
	backup_free(&transfer.backup);
	return status;
}
