/* SPDX-License-Identifier: ISC */
/* The commands that change nothing. */
#include <stdio.h>

#include "base/json.h"
#include "orield/commands_internal.h"
#include "orield/orield.h"
#include "protocol/arguments.h"
#include "protocol/reasons.h"

void
handle_STATUS(struct orield *orield, struct call *call, const json_t *command)
{
	struct status_values values;

	(void)command;
	orield_values(orield, &values);
	call_reply(call, status_json(&values));
}

void
handle_GET(struct orield *orield, struct call *call, const json_t *command)
{
	struct status_values values;

	(void)command;
	orield_values(orield, &values);
	call_reply(call, status_settings(&values));
}

void
handle_HELP(struct orield *orield, struct call *call, const json_t *command)
{
	json_t *list = json_array();

	(void)orield, (void)command;
	for (int id = 0; id < COMMAND_COUNT; id++)
		json_array_append_new(list,
		    json_pack("{s:s, s:o, s:s, s:o}", "cmd", command_rows[id].name, "arguments",
			arguments_names(command_rows[id].arguments), "help", command_rows[id].help,
			"takes", arguments_describe(command_rows[id].arguments)));
	call_reply(call, json_pack("{s:o}", "commands", list));
}

static void
events_done(struct request *request, struct store_job *job)
{
	if (job->query.after >= 0 && publisher_gap(job->answer, job->query.after))
		json_object_set_new(job->answer, "gap", json_true());
	request_answered(request, job);
}

void
handle_EVENTS(struct orield *orield, struct call *call, const json_t *command)
{
	const char *type = json_get_text(command, "type");
	struct store_job *job = request_page_job(
	    orield, call, command, STORE_JOB_EVENTS, events_done);

	if (job == NULL)
		return;
	job->query.after = argument_integer(command, "after", -1);
	snprintf(job->type, sizeof job->type, "%s", type != NULL ? type : "");
	request_submit(orield, job);
}

static void
snaps_done(struct request *request, struct store_job *job)
{
	char url[STORE_NAME_SIZE + 8];
	size_t index;
	json_t *snap;

	json_array_foreach(json_object_get(job->answer, "snaps"), index, snap) {
		snprintf(url, sizeof url, "snaps/%s", json_get_text(snap, "name"));
		json_object_set_new(snap, "url", json_string(url));
	}
	request_answered(request, job);
}

void
handle_SNAPS(struct orield *orield, struct call *call, const json_t *command)
{
	struct store_job *job = request_page_job(
	    orield, call, command, STORE_JOB_PICTURES, snaps_done);

	if (job != NULL)
		request_submit(orield, job);
}

static void
read_done(struct request *request, struct store_job *job)
{
	json_t *reply = json_pack("{s:b}", "ok", 1);

	if (job->fds[0] == -1)
		json_object_set_new(reply, "missing", json_words(job->why.text));
	call_reply_fds(request->call, reply, job->fds);
	job->fds[0] = -1;
}

void
handle_READ(struct orield *orield, struct call *call, const json_t *command)
{
	struct store_job *job = request_job(orield, call, STORE_JOB_READ, read_done);

	if (job == NULL)
		return;
	snprintf(job->url, sizeof job->url, "%s", json_get_text(command, "url"));
	request_submit(orield, job);
}
