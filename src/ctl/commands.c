/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "ctl/ctl.h"
#include "ctl/filters.h"
#include "ctl/show.h"
#include "source/source.h"
#include "protocol/commands.h"

/* Send the command and print its reply: as it is, or with `show`, if there is one. */
static int
ask_and_show(struct ctl *ctl, json_t *command, void (*show)(const json_t *reply))
{
	json_t *reply;
	int status = ctl_ask(ctl, command, &reply);

	if (status != CTL_OK)
		return status;
	if (ctl->json || show == NULL)
		ctl_print(reply);
	else
		show(reply);
	json_decref(reply);
	return CTL_OK;
}

/* ---- looking --------------------------------------------------------- */

/* Enough for most: send the row's command, and show the reply. */
static int
run_asking(struct ctl *ctl, int argc, char **argv)
{
	const struct ctl_command *row = ctl_find(argv[0]);
	json_t *command = filters_read(command_find(row->asks), NULL, NULL, argc, argv);

	return command != NULL ? ask_and_show(ctl, command, row->show) : ctl_usage(argv[0]);
}

/* One setting or counter, as a script wants it: the bare value. */
static int
show_one(struct ctl *ctl, const json_t *reply, const char *key)
{
	json_t *value = json_object_get(reply, key), *one;

	if (value == NULL || json_is_object(value))
		return ctl_fail(ctl, CTL_REFUSED, "unknown setting %.64s", key);
	if (!ctl->json && json_is_string(value)) {
		show_text(json_string_value(value));
		puts("");
		return CTL_OK;
	}
	one = ctl->json ? json_pack("{s:O}", key, value) : json_incref(value);
	if (ctl->json)
		ctl_print(one);
	else
		json_dumpf(one, stdout, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15)), puts("");
	json_decref(one);
	return CTL_OK;
}

static int
run_get(struct ctl *ctl, int argc, char **argv)
{
	json_t *reply;
	int status;

	if (argc > 2)
		return ctl_usage(argv[0]);
	if (argc == 1)
		return ask_and_show(ctl, json_pack("{s:s}", "cmd", "get"), show_settings);
	status = ctl_ask(ctl, json_pack("{s:s}", "cmd", "get"), &reply);
	if (status == CTL_OK) {
		status = show_one(ctl, reply, argv[1]);
		json_decref(reply);
	}
	return status;
}

static int
run_cameras(struct ctl *ctl, int argc, char **argv)
{
	json_t *list;

	if (argc != 1)
		return ctl_usage(argv[0]);
	list = source_list();
	if (list == NULL)
		return ctl_fail(ctl, CTL_REFUSED, "out of memory");
	if (ctl->json)
		ctl_print(list);
	else
		show_cameras(list);
	json_decref(list);
	return CTL_OK;
}

/* ---- changing -------------------------------------------------------- */

/* `text` as the type of the present value. If it does not fit, it goes as a string, and orield
 * says what is wrong with it. */
static json_t *
value_like(const json_t *now, const char *text)
{
	json_t *number;
	bool truth = now == NULL || json_is_boolean(now); /* a button has no value: it takes true */

	if (truth &&
	    (strcmp(text, "yes") == 0 || strcmp(text, "true") == 0 || strcmp(text, "on") == 0))
		return json_true();
	if (truth &&
	    (strcmp(text, "no") == 0 || strcmp(text, "false") == 0 || strcmp(text, "off") == 0))
		return json_false();
	number = json_is_string(now) ? NULL : json_loads(text, JSON_DECODE_ANY, NULL);
	if (json_is_number(number))
		return number;
	json_decref(number);
	return json_string(text);
}

/* Add KEY=VALUE to the command. False when it is not of that form. */
static bool
add_pair(json_t *command, const json_t *now, const char *pair)
{
	const char *equals = strchr(pair, '=');
	char key[65];

	if (equals == NULL || equals == pair || (size_t)(equals - pair) >= sizeof key)
		return false;
	memcpy(key, pair, (size_t)(equals - pair));
	key[equals - pair] = '\0';
	if (strcmp(key, "cmd") == 0 || strcmp(key, "id") == 0 || strcmp(key, "tenths") == 0)
		return false;
	return json_object_set_new(
		   command, key, value_like(json_object_get(now, key), equals + 1)) == 0;
}

/* The command `name` with all the pairs; NULL when one has not that form. */
static json_t *
change_command(const char *name, const json_t *now, int argc, char **argv)
{
	json_t *command = json_pack("{s:s}", "cmd", name);

	for (int i = 1; i < argc; i++) {
		if (!add_pair(command, now, argv[i])) {
			json_decref(command);
			return NULL;
		}
	}
	return command;
}

static int
run_set(struct ctl *ctl, int argc, char **argv)
{
	json_t *now, *command;
	int status;

	if (argc < 2)
		return ctl_usage(argv[0]);
	status = ctl_ask(ctl, json_pack("{s:s}", "cmd", "get"), &now);
	if (status != CTL_OK)
		return status;
	command = change_command("set", now, argc, argv);
	json_decref(now);
	if (command != NULL)
		json_object_set_new(command, "tenths", json_true());
	return command != NULL ? ask_and_show(ctl, command, show_changed) : ctl_usage(argv[0]);
}

/* Out of the list of all controls: {"name": value, …}. */
static json_t *
controls_by_name(const json_t *list)
{
	json_t *named = json_object(), *control;
	size_t index;

	json_array_foreach(list, index, control)
		if (json_get_text(control, "name") != NULL)
			json_object_set(named, json_get_text(control, "name"),
			    json_object_get(control, "value"));
	return named;
}

static int
run_control(struct ctl *ctl, int argc, char **argv)
{
	json_t *reply, *now, *command;
	int status;

	if (argc < 2)
		return ctl_usage(argv[0]);
	status = ctl_ask(ctl, json_pack("{s:s}", "cmd", "controls"), &reply);
	if (status != CTL_OK)
		return status;
	now = controls_by_name(json_object_get(reply, "controls"));
	json_decref(reply);
	command = change_command("control", now, argc, argv);
	json_decref(now);
	return command != NULL ? ask_and_show(ctl, command, show_controls) : ctl_usage(argv[0]);
}

static void
show_reset(const json_t *reply)
{
	(void)reply;
	puts("trigger_count = 0");
}

static void
show_nothing(const json_t *reply)
{
	(void)reply;
}

/* A picture is NAME.jpg, a clip something else. */
static int
run_delete(struct ctl *ctl, int argc, char **argv)
{
	int status = argc > 1 ? CTL_OK : ctl_usage(argv[0]);

	for (int i = 1; i < argc && status == CTL_OK; i++) {
		bool picture = strcmp(strchrnul(argv[i], '.'), ".jpg") == 0;

		status = ask_and_show(ctl,
		    json_pack("{s:s, s:s}", "cmd", picture ? "snap_delete" : "clip_delete", "name",
			argv[i]),
		    show_nothing);
	}
	return status;
}

static int
run_keep(struct ctl *ctl, int argc, char **argv)
{
	bool keep = strcmp(argv[0], "keep") == 0;
	int status = argc > 1 ? CTL_OK : ctl_usage(argv[0]);

	for (int i = 1; i < argc && status == CTL_OK; i++)
		status = ask_and_show(ctl,
		    json_pack("{s:s, s:s, s:b}", "cmd", "keep", "name", argv[i], "keep", keep),
		    show_nothing);
	return status;
}

static void
show_record(const json_t *reply)
{
	long long seconds = json_integer_value(json_object_get(reply, "seconds"));

	if (seconds > 0)
		printf("recording for %lld s\n", seconds);
	else
		puts("recording ends");
}

static int
run_record(struct ctl *ctl, int argc, char **argv)
{
	json_t *command;
	char *end;
	long long seconds;

	if (argc != 2)
		return ctl_usage(argv[0]);
	if (strcmp(argv[1], "stop") == 0)
		return ask_and_show(
		    ctl, json_pack("{s:s, s:b}", "cmd", "record", "stop", 1), show_record);
	seconds = strtoll(argv[1], &end, 10);
	if (end == argv[1] || *end != '\0')
		return ctl_usage(argv[0]);
	command = json_pack("{s:s, s:I}", "cmd", "record", "seconds", (json_int_t)seconds);
	return ask_and_show(ctl, command, show_record);
}

/* ---- the table ------------------------------------------------------- */

static int
run_help(struct ctl *ctl, int argc, char **argv)
{
	char arguments[CTL_ARGUMENTS_SIZE];

	(void)ctl, (void)argc, (void)argv;
	puts(
	    "usage: orielctl [--camera=NAME] [--run-dir=DIR] [--accounts=DIR] [--json] COMMAND [arguments]\n");
	for (const struct ctl_command *command = ctl_commands; command->name != NULL; command++)
		printf("  %s %s\n        %s\n", command->name, ctl_arguments(command, arguments),
		    command->help);
	puts(
	    "\n  --camera=NAME   the camera (default: the only one there is, else " CAMERA_FIRST
	    ")\n"
	    "  --run-dir=DIR   where the cameras' control sockets are (default /run/oriel)\n"
	    "  --accounts=DIR  where the site's accounts are (default /var/lib/oriel-fcgi)\n"
	    "  --json          print the daemon's answers as JSON, for scripts\n"
	    "  --version, --help\n\n"
	    "exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 camera daemon not running");
	return CTL_OK;
}

const struct ctl_command ctl_commands[] = {
	{ .name = "status",
	    .asks = "status",
	    .help = "What the camera, the pictures and the viewers are doing.",
	    .run = run_asking,
	    .show = show_status },
	{ .name = "get",
	    .arguments = "[KEY]",
	    .help = "All settings and where they come from, or the value of one.",
	    .run = run_get },
	{ .name = "set",
	    .arguments = "KEY=VALUE ...",
	    .help = "Change settings, all of them or none, and keep them.",
	    .run = run_set },
	{ .name = "snapshot",
	    .arguments = "[FILE]",
	    .help =
		"Save the newest picture on the camera's disk, or in FILE (- is standard output).",
	    .run = ctl_snapshot },
	{ .name = "reset",
	    .asks = "reset",
	    .help = "Set the motion counter to 0.",
	    .run = run_asking,
	    .show = show_reset },
	{ .name = "events",
	    .arguments = "[-f]",
	    .asks = "events",
	    .help =
		"Past events, the oldest first; -f (--follow): go on with those that come (-n 0: only those); "
		"-a: after ID.",
	    .run = ctl_events },
	{ .name = "snaps",
	    .asks = "snaps",
	    .help = "Saved pictures, the newest first; -b: before ID.",
	    .run = run_asking,
	    .show = show_snaps },
	{ .name = "delete",
	    .arguments = "NAME ...",
	    .help = "Delete saved pictures and clips.",
	    .run = run_delete },
	{ .name = "keep",
	    .arguments = "NAME ...",
	    .help = "Keep saved pictures and clips: they never go by themselves.",
	    .run = run_keep },
	{ .name = "unkeep",
	    .arguments = "NAME ...",
	    .help = "Keep them no longer.",
	    .run = run_keep },
	{ .name = "export",
	    .arguments = "[--from=TIME] [--to=TIME] FILE",
	    .help =
		"What happened in a time as one ZIP (- is standard output): events, saved pictures, clips and their checksums. TIME is 2026-11-29, 2026-11-29T06:30 or seconds since 1970.",
	    .run = ctl_export },
	{ .name = "record",
	    .arguments = "SECONDS | stop",
	    .help =
		"Record a clip, from a little before now on, for so long (1 to 600); stop: no longer.",
	    .run = run_record },
	{ .name = "clips",
	    .asks = "clips",
	    .help = "Clips, the newest first; -b: before ID.",
	    .run = run_asking,
	    .show = show_clips },
	{ .name = "controls",
	    .asks = "controls",
	    .help = "The camera's own controls.",
	    .run = run_asking,
	    .show = show_controls },
	{ .name = "control",
	    .arguments = "NAME=VALUE ...",
	    .help = "Set controls, and keep them.",
	    .run = run_control },
	{ .name = "cameras",
	    .help = "The cameras of this machine, their formats, sizes and rates.",
	    .run = run_cameras },
	{ .name = "doctor",
	    .arguments = "[--state-dir=DIR] [--fcgi-socket=FILE] [--ws-socket=FILE] [--nginx=CONF]",
	    .help = "Check devices, sockets, memory, disk, accounts and nginx, and say "
		    "what to do; for root also show the set-up token.",
	    .run = ctl_doctor },
	{ .name = "user",
	    .arguments =
		"list | add NAME [--role=viewer|operator] | passwd NAME | role NAME ROLE | del NAME",
	    .help =
		"Who may log in. A password is asked for, or read from standard input. All but list and add end the user's sessions.",
	    .run = ctl_user },
	{ .name = "session",
	    .arguments = "list | revoke ID ... | revoke --user=NAME | revoke --all",
	    .help = "Who is logged in; end sessions, and what is open for them, at once.",
	    .run = ctl_session },
	{ .name = "token",
	    .arguments = "list | add NAME [--role=viewer|operator] [--days=N] | del NAME",
	    .help =
		"Bearer tokens for programs, for a year unless N says otherwise (0: for ever); a new one is printed once.",
	    .run = ctl_token },
	{ .name = "backup",
	    .arguments = "[--pictures] [--force] [--state-dir=DIR] FILE",
	    .help =
		"Settings, counters, events and accounts (and the saved pictures) in one file; everything may be running. As root.",
	    .run = ctl_backup },
	{ .name = "restore",
	    .arguments = "[--force] [--state-dir=DIR] FILE",
	    .help = "Put a backup back, here or on a new machine, while the camera's "
		    "orield is stopped. --force: replace what is there.",
	    .run = ctl_restore },
	{ .name = "tls",
	    .arguments = "self-signed [--force] DIR [NAME|ADDRESS ...]",
	    .help =
		"Make a key and a certificate for this machine's names and addresses, or those given.",
	    .run = ctl_tls },
	{ .name = "notsent-lowat",
	    .arguments = "[--bytes=N] [PID|FILE]",
	    .help = "Limit the unsent bytes of each connection on nginx's listening "
		    "sockets (16384), so that far viewers get the line's rate and slow "
		    "ones fresh pictures; FILE holds nginx's process number "
		    "(/run/nginx.pid).",
	    .run = ctl_notsent_lowat },
	{ .name = "help", .help = "Print this.", .run = run_help },
	{ .name = NULL },
};
