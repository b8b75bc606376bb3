/* SPDX-License-Identifier: ISC */
/* orielctl: talk to a camera's orield, and look after the installation. */
#include "config.h"

#include <getopt.h>
#include <stdio.h>

#include "base/log.h"
#include "ctl/ctl.h"

static const struct option names[] = {
	{ .name = "camera", .has_arg = required_argument, .val = 'c' },
	{ .name = "run-dir", .has_arg = required_argument, .val = 'r' },
	{ .name = "accounts", .has_arg = required_argument, .val = 'a' },
	{ .name = "json", .has_arg = no_argument, .val = 'j' },
	{ .name = "help", .has_arg = no_argument, .val = 'h' },
	{ .name = "version", .has_arg = no_argument, .val = 'V' },
	{ .name = NULL },
};

static int
run(struct ctl *ctl, int argc, char **argv)
{
	const struct ctl_command *command = ctl_find(argv[0]);
	int status;

	if (command->name == NULL) {
		fprintf(stderr, "orielctl: unknown command \"%s\" (see orielctl help)\n", argv[0]);
		return CTL_USAGE;
	}
	status = command->run(ctl, argc, argv);
	control_client_close(&ctl->call);
	if (fflush(stdout) == EOF && status == CTL_OK)
		return ctl_fail(ctl, CTL_REFUSED, "standard output: %m");
	return status;
}

int
main(int argc, char **argv)
{
	static char *const help[] = { (char *)"help", NULL };
	static struct ctl ctl = {
		.run_dir = "/run/oriel", .accounts = "/var/lib/oriel-fcgi", .camera = ""
	};
	int option;

	log_init("orielctl", LOG_LEVEL_WARNING);
	/* "+": options after the command belong to the command. */
	while ((option = getopt_long(argc, argv, "+c:r:a:jhV", names, NULL)) != -1) {
		switch (option) {
		case 'c': ctl.camera = optarg; break;
		case 'r': ctl.run_dir = optarg; break;
		case 'a': ctl.accounts = optarg; break;
		case 'j': ctl.json = true; break;
		case 'h': return run(&ctl, 1, (char **)help);
		case 'V': puts("orielctl " PACKAGE_VERSION); return CTL_OK;
		default: return CTL_USAGE;
		}
	}
	if (optind == argc) {
		run(&ctl, 1, (char **)help);
		return CTL_USAGE;
	}
	return run(&ctl, argc - optind, argv + optind);
}
