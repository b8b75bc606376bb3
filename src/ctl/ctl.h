/* SPDX-License-Identifier: ISC */
/* ctl: what the commands of orielctl share. */
#ifndef ORIEL_CTL_CTL_H
#define ORIEL_CTL_CTL_H

#include <stdbool.h>

#include "client/cameras.h"
#include "client/control_client.h"

/* Exit statuses, documented in orielctl(1). */
enum { CTL_OK, CTL_REFUSED, CTL_USAGE, CTL_NO_DAEMON };

struct ctl {
	const char *run_dir;
	const char *accounts;	     /* folder of auth.db: oriel-fcgi's state_dir */
	const char *camera;	     /* "" = the only one, or CAMERA_FIRST */
	bool json;		     /* for scripts: one JSON value a line on standard output */
	char path[CAMERA_PATH_SIZE]; /* of the camera's control socket, after ctl_open() */
	struct control_client call;  /* call.lines is NULL until ctl_open() said CTL_OK */
};

struct ctl_command {
	const char *name;
	const char *arguments; /* before those of `asks`; NULL: none */
	const char *asks;      /* the camera's command whose arguments are options; NULL: none */
	const char *help;
	int (*run)(
	    struct ctl *ctl, int argc, char **argv); /* argv[0] is the name; an exit status */
	void (*show)(const json_t *reply); /* prints the reply of `asks`; NULL: as --json */
};
extern const struct ctl_command ctl_commands[]; /* ends with a NULL name */

/* The row of that name, or the last one, without a name. */
const struct ctl_command *ctl_find(const char *name);

/* Connect to the camera's orield. A failure has been printed. */
int ctl_open(struct ctl *ctl);

/* Send the command; on CTL_OK *reply is a new reference. Anything else has been printed already,
 * with --json as the reply itself. Takes the reference to `command`. */
int ctl_ask(struct ctl *ctl, json_t *command, json_t **reply);

/* Print what is wrong: one line on standard error, or {"ok": false, "reason": …, "code": …}.
 * Without a reason the code is that of the status. Returns `status`. */
int ctl_fail_why(const struct ctl *ctl, int status, const struct cause *why);
int ctl_fail(const struct ctl *ctl, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* "[-n LIMIT] …" of a row. */
enum { CTL_ARGUMENTS_SIZE = 256 };
const char *ctl_arguments(const struct ctl_command *command, char text[CTL_ARGUMENTS_SIZE]);

/* "usage: orielctl NAME ARGUMENTS" on standard error; returns CTL_USAGE. */
int ctl_usage(const char *name);

/* A JSON value as a line on standard output. */
void ctl_print(const json_t *value);

/* The commands that have a file of their own. */
int ctl_events(struct ctl *ctl, int argc, char **argv);
int ctl_snapshot(struct ctl *ctl, int argc, char **argv);
int ctl_doctor(struct ctl *ctl, int argc, char **argv);
int ctl_user(struct ctl *ctl, int argc, char **argv);
int ctl_token(struct ctl *ctl, int argc, char **argv);
int ctl_session(struct ctl *ctl, int argc, char **argv);
int ctl_notsent_lowat(struct ctl *ctl, int argc, char **argv);
int ctl_backup(struct ctl *ctl, int argc, char **argv);
int ctl_restore(struct ctl *ctl, int argc, char **argv);
int ctl_export(struct ctl *ctl, int argc, char **argv);
int ctl_tls(struct ctl *ctl, int argc, char **argv);

#endif
