/* SPDX-License-Identifier: ISC */
#include "ctl/ctl.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "ctl/filters.h"
#include "protocol/camera_name.h"
#include "protocol/reasons.h"

void
ctl_print(const json_t *value)
{
	char *line = json_line(value);
	unsigned code;

	/* If a terminal would act on the text, write all that is not ASCII as JSON does. */
	for (const char *at = line; at != NULL && *at != '\0'; at++) {
		if (((unsigned char)*at & 0xc0) == 0x80 || text_hazard(at, &code) == 0)
			continue; /* jansson writes only UTF-8 */
		free(line);
		line = json_dumps(value,
		    JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(15) |
			JSON_ENSURE_ASCII);
		break;
	}
	for (const char *at = line; at != NULL && *at != '\0'; at++)
		if (*at == 0x7f)
			fputs("\\u007f", stdout);
		else
			putchar(*at);
	puts("");
	free(line);
}

int
ctl_fail_why(const struct ctl *ctl, int status, const struct cause *why)
{
	static const struct reason *const usual[] = { [CTL_REFUSED] = &reason_refused,
		[CTL_USAGE] = &reason_bad_argument,
		[CTL_NO_DAEMON] = &reason_no_daemon };
	struct cause said = *why;
	json_t *refusal;

	if (!ctl->json) {
		fprintf(stderr, "orielctl: %s\n", said.text);
		return status;
	}
	cause_default(&said, usual[status]);
	refusal = reason_refusal(&said);
	ctl_print(refusal);
	json_decref(refusal);
	return status;
}

int
ctl_fail(const struct ctl *ctl, int status, const char *format, ...)
{
	char text[sizeof((struct cause *)0)->text];
	struct cause why;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	cause_set(&why, "%s", text); /* without control characters */
	return ctl_fail_why(ctl, status, &why);
}

const struct ctl_command *
ctl_find(const char *name)
{
	const struct ctl_command *command = ctl_commands;

	while (command->name != NULL && strcmp(command->name, name) != 0)
		command++;
	return command;
}

const char *
ctl_arguments(const struct ctl_command *command, char text[CTL_ARGUMENTS_SIZE])
{
	const char *own = command->arguments != NULL ? command->arguments : "";
	char filters[CTL_ARGUMENTS_SIZE / 2] = "";

	if (command->asks != NULL)
		filters_usage(command_find(command->asks), filters, sizeof filters);
	snprintf(text, CTL_ARGUMENTS_SIZE, "%s%s%s", own,
	    own[0] != '\0' && filters[0] != '\0' ? " " : "", filters);
	return text;
}

int
ctl_usage(const char *name)
{
	const struct ctl_command *command = ctl_find(name);
	char arguments[CTL_ARGUMENTS_SIZE];

	fprintf(stderr, "usage: orielctl %s %s\n       %s\n", name,
	    ctl_arguments(command, arguments), command->help);
	return CTL_USAGE;
}

/* ---- to a camera and back -------------------------------------------- */

static void
list_names(const struct cameras *cameras, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < cameras->count && used < size; i++)
		used += (size_t)snprintf(
		    text + used, size - used, "%s%s", i > 0 ? ", " : "", cameras->name[i]);
}

/* Which camera, and the path of its socket. */
static int
find_camera(struct ctl *ctl)
{
	struct cameras cameras;
	const char *name;
	char names[160];

	cameras_list(&cameras, ctl->run_dir);
	list_names(&cameras, names, sizeof names);
	name = cameras_default(&cameras, ctl->camera);
	if (name == NULL)
		return ctl_fail(
		    ctl, CTL_USAGE, "which camera? --camera=NAME chooses one of: %s", names);
	if (!camera_name_valid(name))
		return ctl_fail(ctl, CTL_USAGE, "\"%.40s\" is no camera's name", name);
	if (!camera_socket(ctl->path, ctl->run_dir, name))
		return ctl_fail(ctl, CTL_USAGE, "--run-dir is too long for the path of a socket");
	if (cameras.count > 0 && !cameras_have(&cameras, name))
		return ctl_fail(ctl, CTL_NO_DAEMON, "%s: %s (there are: %s)", reason_no_daemon.text,
		    ctl->path, names);
	return CTL_OK;
}

int
ctl_open(struct ctl *ctl)
{
	int status = find_camera(ctl);

	if (status != CTL_OK || control_client_open(&ctl->call, ctl->path) == 0)
		return status;
	if (errno == ENOENT || errno == ECONNREFUSED)
		return ctl_fail(ctl, CTL_NO_DAEMON, "%s: %s", reason_no_daemon.text, ctl->path);
	if (errno == EACCES)
		return ctl_fail(ctl, CTL_REFUSED,
		    "%s: permission denied (root and members of the group "
		    "oriel may; see orielctl doctor)",
		    ctl->path);
	return ctl_fail(ctl, CTL_REFUSED, "%s: %s", ctl->path, strerror(errno));
}

/* Is it a refusal? Then it has been printed. */
static bool
say_refusal(const struct ctl *ctl, const json_t *reply)
{
	struct cause why;

	if (!reason_get(reply, "error", &why)) {
		if (!json_is_false(json_object_get(reply, "ok")))
			return false;
		if (!reason_get(reply, "reason", &why))
			cause_reason(&why, &reason_refused);
	}
	if (ctl->json)
		ctl_print(reply);
	else
		ctl_fail_why(ctl, CTL_REFUSED, &why);
	return true;
}

int
ctl_ask(struct ctl *ctl, json_t *command, json_t **reply)
{
	struct cause why;
	int status;

	if (ctl->call.lines == NULL && (status = ctl_open(ctl)) != CTL_OK) {
		json_decref(command);
		return status;
	}
	*reply = control_client_ask(&ctl->call, command, &why);
	if (*reply == NULL)
		return ctl_fail_why(ctl, CTL_REFUSED, &why);
	if (!say_refusal(ctl, *reply))
		return CTL_OK;
	json_decref(*reply);
	*reply = NULL;
	return CTL_REFUSED;
}
