/* SPDX-License-Identifier: ISC */
/* transfer: a backup being made or restored: what was requested, and the work of the children
 * that act as the owners of the state and of the accounts (ctl/backup_parts.h). */
#ifndef ORIEL_CTL_TRANSFER_H
#define ORIEL_CTL_TRANSFER_H

#include <stdbool.h>

#include "ctl/backup_parts.h"
#include "ctl/ctl.h"
#include "protocol/camera_name.h"

enum { TRANSFER_FOLDER_SIZE = 1024 };

struct transfer {
	struct ctl *ctl;
	const char *state_dir, *file;
	bool pictures, force;
	char camera[CAMERA_NAME_MAX + 1], folder[TRANSFER_FOLDER_SIZE];
	unsigned count; /* of pictures */
	bool accounts;
	struct cause note; /* why the accounts are not in it */
	struct backup *backup;
	struct cause why;
};

/* Read the command's arguments. Returns an exit status; an error has been printed. */
int transfer_options(struct transfer *transfer, int argc, char **argv);

/* Set the camera, and so the folder of its state. Returns an exit status as above. */
int transfer_set_camera(struct transfer *transfer, const char *name);

/* Print transfer->why. Returns CTL_REFUSED. */
int transfer_failed(const struct transfer *transfer);

/* In a child; `arg` is the transfer. */
enum part_verdict transfer_save_state(void *arg, int fd, struct cause *why);
enum part_verdict transfer_restore_state(void *arg, int fd, struct cause *why);
enum part_verdict transfer_save_accounts(void *arg, int fd, struct cause *why);
enum part_verdict transfer_restore_accounts(void *arg, int fd, struct cause *why);

#endif
