/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "protocol/camera_name.h"
#include "protocol/settings.h"
#include "confine/confine.h"
#include "orield/commands.h"
#include "orield/folder.h"
#include "orield/orield.h"

enum { EXIT_USAGE = 2 };

static int
complain(const struct cause *why, int status)
{
	fprintf(stderr, "orield: %s\n", why->text);
	return status;
}

static void
signals_init(void)
{
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN); /* there is no file to read again */
}

enum { FOLDER_SIZE = 2 * OPTION_TEXT_SIZE };

/* The camera's own folder below the folder of option `parent`. */
static void
folder_name(const struct options *options, enum setting parent, char path[FOLDER_SIZE])
{
	snprintf(path, FOLDER_SIZE, "%s/%s", options_text(options, parent),
	    options_text(options, SETTING_CAMERA));
}

/* Make and lock the folder. -1 with *why; errno is EWOULDBLOCK if a second orield runs for this
 * camera. */
static int
folder_take(const struct options *options, enum setting parent, struct cause *why)
{
	char path[FOLDER_SIZE];

	folder_name(options, parent, path);
	if (folder_make(path, why) == -1)
		return -1;
	return folder_lock(path, why);
}

/* What orield may do from here on. It gets the folders, not the files, of nodes in /dev and
 * of a FIFO: those come and go. */
static void
give_up_rights(const struct options *options)
{
	const char *input = options_text(options, SETTING_INPUT);
	char state[FOLDER_SIZE], sockets[FOLDER_SIZE];
	const struct confine_path paths[] = {
		{ .path = state, .may = CONFINE_READ | CONFINE_WRITE | CONFINE_MAKE },
		{ .path = sockets, .may = CONFINE_SOCKETS },
		{ .path = "/dev", .may = CONFINE_READ | CONFINE_WRITE | CONFINE_DEVICES },
		{ .path = options_text(options, SETTING_DEVICE),
		    .may = CONFINE_READ | CONFINE_WRITE | CONFINE_DEVICES | CONFINE_AROUND },
		{ .path = strcmp(input, "-") != 0 ? input : "",
		    .may = CONFINE_READ | CONFINE_AROUND },
		{ .path = options_text(options, SETTING_MASK), .may = CONFINE_READ },
	};

	folder_name(options, SETTING_STATE_DIR, state);
	folder_name(options, SETTING_RUN_DIR, sockets);
	confine(CONFINE_THREADS | CONFINE_STORE | CONFINE_WATCH | CONFINE_CAMERA | CONFINE_LISTEN,
	    paths, sizeof paths / sizeof paths[0]);
}

/* In one folder, both locks would be the same, and the socket would be among the pictures. */
static bool
folders_differ(const struct options *options, struct cause *why)
{
	struct stat run, state;

	if (stat(options_text(options, SETTING_RUN_DIR), &run) == 0 &&
	    stat(options_text(options, SETTING_STATE_DIR), &state) == 0 &&
	    run.st_dev == state.st_dev && run.st_ino == state.st_ino)
		return cause_set(why,
			   "run_dir and state_dir are the same folder (%s); they must be two",
			   options_text(options, SETTING_RUN_DIR)),
		       false;
	return true;
}

static int
run(struct options *options)
{
	struct orield *orield;
	struct cause why;

	if (!folders_differ(options, &why))
		return complain(&why, EXIT_USAGE);
	if (folder_take(options, SETTING_RUN_DIR, &why) == -1)
		return complain(&why, EXIT_FAILURE);
	/* Without its state folder the camera still works; the store says why. */
	if (folder_take(options, SETTING_STATE_DIR, &why) == -1 && errno == EWOULDBLOCK)
		return complain(&why, EXIT_FAILURE);
	if (options_number(options, SETTING_CONFINE) != 0)
		give_up_rights(options);
	orield = orield_new(options, &commands_hooks, &why);
	if (orield == NULL)
		return complain(&why, EXIT_FAILURE);
	orield_run(orield);
	orield_free(&orield);
	return EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
	struct options *options = options_new(&settings_program);
	struct cause why;
	int status;

	if (options == NULL)
		return EXIT_FAILURE;
	switch (options_read(options, argc, argv, &why)) {
	case OPTIONS_DONE: options_free(&options); return EXIT_SUCCESS;
	case OPTIONS_WRONG: return complain(&why, EXIT_USAGE);
	case OPTIONS_RUN: break;
	}
	log_init(
	    "orield", (enum log_level)log_level_parse(options_text(options, SETTING_LOG_LEVEL)));
	log_never_wait();
	if (!camera_name_valid(options_text(options, SETTING_CAMERA))) {
		cause_set(&why, "camera must be 1 to %d of a-z, 0-9, - and _", CAMERA_NAME_MAX);
		return complain(&why, EXIT_USAGE);
	}
	signals_init();
	umask(0027);
	json_object_seed(0); /* before there are threads */
	clock_fix_zone();
	status = run(options);
	options_free(&options);
	return status;
}
