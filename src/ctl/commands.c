/* SPDX-License-Identifier: ISC */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "ctl/ctl.h"
#include "ctl/show.h"
#include "source/source.h"
#include "protocol/events.h"

/* Ask, and print the reply: as it is, or as `show` does. */
static int
ask_and_show(struct ctl *ctl, json_t *command, void (*show)(const json_t *reply))
{
	json_t *reply;
	int status = ctl_ask(ctl, command, &reply);

	if (status != CTL_OK)
		return status;
	if (ctl->json)
		ctl_print(reply);
	else
		show(reply);
	json_decref(reply);
	return CTL_OK;
}

/* ---- looking --------------------------------------------------------- */

static int
run_status(struct ctl *ctl, int argc, char **argv)
{
	if (argc != 1)
		return ctl_usage(argv[0]);
	return ask_and_show(ctl, json_pack("{s:s}", "cmd", "status"), show_status);
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

static bool
add_number(json_t *command, const char *key, const char *text)
{
	char *end;
	long long number = strtoll(text, &end, 10);

	return end != text && *end == '\0' &&
	    json_object_set_new(command, key, json_integer(number)) == 0;
}

static int
run_snaps(struct ctl *ctl, int argc, char **argv)
{
	json_t *command = json_pack("{s:s}", "cmd", "snaps");
	int option;

	optind = 0;
	while ((option = getopt(argc, argv, "b:n:")) != -1)
		if (option == '?' ||
		    !add_number(command, option == 'b' ? "before" : "limit", optarg))
			break;
	if (option == -1 && optind == argc)
		return ask_and_show(ctl, command, show_snaps);
	json_decref(command);
	return ctl_usage(argv[0]);
}

static int
run_controls(struct ctl *ctl, int argc, char **argv)
{
	if (argc != 1)
		return ctl_usage(argv[0]);
	return ask_and_show(ctl, json_pack("{s:s}", "cmd", "controls"), show_controls);
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

/* `text` as the kind of value that is there now; if it does not look like one it
 * goes as a string, and orield says what is wrong with it. */
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

/* Add KEY=VALUE to the command; false when it is none. */
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

/* The command `name` with all the pairs; NULL when one is none. */
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

	json_array_foreach(list, index, control) if (json_get_text(control, "name") != NULL)
	    json_object_set(
		named, json_get_text(control, "name"), json_object_get(control, "value"));
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

static int
run_reset(struct ctl *ctl, int argc, char **argv)
{
	if (argc != 1)
		return ctl_usage(argv[0]);
	return ask_and_show(ctl, json_pack("{s:s}", "cmd", "reset"), show_reset);
}

static void
show_nothing(const json_t *reply)
{
	(void)reply;
}

static int
run_delete(struct ctl *ctl, int argc, char **argv)
{
	int status = argc > 1 ? CTL_OK : ctl_usage(argv[0]);

	for (int i = 1; i < argc && status == CTL_OK; i++)
		status = ask_and_show(ctl,
		    json_pack("{s:s, s:s}", "cmd", "snap_delete", "name", argv[i]), show_nothing);
	return status;
}

/* ---- the table ------------------------------------------------------- */

static int
run_help(struct ctl *ctl, int argc, char **argv)
{
	(void)ctl, (void)argc, (void)argv;
	puts(
	    "usage: orielctl [--camera=NAME] [--run-dir=DIR] [--accounts=DIR] [--json] COMMAND [arguments]\n");
	for (const struct ctl_command *command = ctl_commands; command->name != NULL; command++)
		printf("  %s %s\n        %s\n", command->name, command->arguments, command->help);
	puts(
	    "\n  --camera=NAME   the camera meant (default: the only one there is, else " CAMERA_FIRST
	    ")\n"
	    "  --run-dir=DIR   where the cameras' control sockets are (default /run/oriel)\n"
	    "  --accounts=DIR  where the site's accounts are (default /var/lib/oriel-fcgi)\n"
	    "  --json          print what the camera daemon said, for scripts\n"
	    "  --version, --help\n\n"
	    "exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 camera daemon not running");
	return CTL_OK;
}

const struct ctl_command ctl_commands[] = {
	{ "status", "", "What the camera, the pictures and the viewers are doing.", run_status },
	{ "get", "[KEY]", "All settings and where they come from, or the value of one.", run_get },
	{ "set", "KEY=VALUE ...", "Change settings, all of them or none, and keep them.", run_set },
	{ "snapshot", "[FILE]",
	    "Save the newest picture on the camera's disk, or in FILE (- is standard output).",
	    ctl_snapshot },
	{ "reset", "", "Set the motion counter to 0.", run_reset },
	{ "events", "[-f] [-n LIMIT] [-a ID] [-t " EVENT_TYPES "]",
	    "Past events, the oldest first; -f (--follow): go on with those that come (-n 0: only those); "
	    "-a: after ID.",
	    ctl_events },
	{ "snaps", "[-n LIMIT] [-b ID]", "Saved pictures, the newest first; -b: before ID.",
	    run_snaps },
	{ "delete", "NAME ...", "Delete saved pictures.", run_delete },
	{ "controls", "", "What the camera lets one adjust.", run_controls },
	{ "control", "NAME=VALUE ...", "Adjust it, and keep that.", run_control },
	{ "cameras", "", "The cameras of this machine, their formats, sizes and rates.",
	    run_cameras },
	{ "doctor", "[--state-dir=DIR] [--fcgi-socket=FILE] [--ws-socket=FILE] [--nginx=CONF]",
	    "Check devices, sockets, memory, disk, accounts and nginx, and say what to do; to root also the set-up token.",
	    ctl_doctor },
	{ "user",
	    "list | add NAME [--role=viewer|operator] | passwd NAME | role NAME ROLE | del NAME",
	    "Who may log in. A password is asked for, or read from standard input. All but list and add end the user's sessions.",
	    ctl_user },
	{ "session", "list | revoke ID ... | revoke --user=NAME | revoke --all",
	    "Who is logged in; end that, and what is open of it, at once.", ctl_session },
	{ "token", "list | add NAME [--role=viewer|operator] [--days=N] | del NAME",
	    "Bearer tokens for programs, for a year unless N says otherwise (0: for ever); a new one is printed once.",
	    ctl_token },
	{ "backup", "[--pictures] [--force] [--state-dir=DIR] FILE",
	    "Settings, counters, events and accounts (and the saved pictures) in one file; everything may be running. As root.",
	    ctl_backup },
	{ "restore", "[--force] [--state-dir=DIR] FILE",
	    "Put them back, here or on a new machine, while the camera's orield is stopped. --force: in the place of what is there.",
	    ctl_restore },
	{ "tls", "self-signed [--force] DIR [NAME|ADDRESS ...]",
	    "Make a key and a certificate for this machine's names and addresses, or those given.",
	    ctl_tls },
	{ "notsent-lowat", "[--bytes=N] [PID|FILE]",
	    "Bound what nginx's listening sockets let a connection hold unsent (16384), so that far viewers get "
	    "the line's rate and slow ones fresh pictures; FILE holds its number (/run/nginx.pid).",
	    ctl_notsent_lowat },
	{ "help", "", "This.", run_help },
	{ NULL, NULL, NULL, NULL },
};
