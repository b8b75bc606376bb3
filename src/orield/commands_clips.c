/* SPDX-License-Identifier: ISC */
/* Commands about clips: to watch, and to record. */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "orield/commands_internal.h"
#include "orield/orield.h"
#include "orield/wanted.h"
#include "protocol/arguments.h"
#include "protocol/reasons.h"

/* ---- clips ----------------------------------------------------------- */

void
handle_RECORD(struct orield *orield, struct call *call, const json_t *command)
{
	bool stop = json_is_true(json_object_get(command, "stop"));
	struct cause why;
	int64_t seconds = stop ? 0 : argument_integer(command, "seconds", 0);
	json_t *data = stop ? json_pack("{s:b}", "stop", 1)
			    : json_pack("{s:I}", "seconds", (json_int_t)seconds);

	if (!stop && seconds == 0) {
		json_decref(data);
		cause_detail(&why, &reason_missing_argument, "missing seconds");
		call_error_why(call, &why);
	} else if (!publisher_record(orield->publisher, data)) {
		call_refuse(call, &reason_no_recorder);
	} else {
		call_reply(call, json_pack("{s:b, s:I}", "ok", 1, "seconds", (json_int_t)seconds));
	}
}

void
handle_CLIPS(struct orield *orield, struct call *call, const json_t *command)
{
	struct store_job *job = request_page_job(
	    orield, call, command, STORE_JOB_CLIPS, request_answered);

	if (job != NULL)
		request_submit(orield, job);
}

void
handle_CLIP_DELETE(struct orield *orield, struct call *call, const json_t *command)
{
	request_named(orield, call, command, STORE_JOB_CLIP_DELETE, request_published);
}

void
handle_KEEP(struct orield *orield, struct call *call, const json_t *command)
{
	struct store_job *job = request_named_job(
	    orield, call, command, STORE_JOB_KEEP, request_published);

	if (job == NULL)
		return;
	job->keep = json_is_true(json_object_get(command, "keep"));
	request_submit(orield, job);
}

/* ---- for the recorder ------------------------------------------------ */

static void
recorder_done(struct request *request, struct store_job *job)
{
	struct peer *peer = call_peer(request->call);

	if (peer != NULL)
		peer->recorder = true;
	call_reply(request->call, json_pack("{s:b, s:O}", "ok", 1, "left", job->answer));
}

/* Only one recorder: two would take each other's unfinished clips. */
void
handle_RECORDER(struct orield *orield, struct call *call, const json_t *command)
{
	struct peer *peer = control_server_first(orield->control);
	struct store_job *job;

	(void)command;
	while (peer != NULL && !peer->recorder)
		peer = control_server_next(peer);
	if (peer != NULL && peer != call_peer(call)) {
		call_refuse(call, &reason_other_recorder);
		return;
	}
	job = request_job(orield, call, STORE_JOB_CLIPS_LEFT, recorder_done);
	if (job != NULL)
		request_submit(orield, job);
}

static void
call_reply_job_fds(struct call *call, json_t *reply, struct store_job *job)
{
	call_reply_fds(call, reply, job->fds);
	for (int i = 0; i < LINES_FDS; i++)
		job->fds[i] = -1;
}

static void
clip_opened(struct request *request, struct store_job *job)
{
	call_reply_job_fds(request->call, json_pack("{s:b, s:s}", "ok", 1, "name", job->name), job);
}

/* Names: motion-SECONDS-EVENT, manual-SECONDS, always-SECONDS */
void
handle_CLIP_OPEN(struct orield *orield, struct call *call, const json_t *command)
{
	const char *cause = json_get_text(command, "cause");
	int64_t seconds = argument_integer(command, "wall_ns", 0) / (int64_t)CLOCK_S,
		motion = argument_integer(command, "motion", 0);
	struct store_job *job = request_job(orield, call, STORE_JOB_CLIP_OPEN, clip_opened);

	if (job == NULL)
		return;
	job->limits = wanted_limits(orield->options);
	if (motion != 0)
		snprintf(
		    job->name, sizeof job->name, "motion-%" PRId64 "-%" PRId64, seconds, motion);
	else
		snprintf(job->name, sizeof job->name, "%.15s-%" PRId64,
		    cause != NULL ? cause : "manual", seconds);
	request_submit(orield, job);
}

static void
clip_movie_opened(struct request *request, struct store_job *job)
{
	call_reply_job_fds(request->call, json_pack("{s:b}", "ok", 1), job);
}

void
handle_CLIP_MOVIE(struct orield *orield, struct call *call, const json_t *command)
{
	request_named(orield, call, command, STORE_JOB_CLIP_MOVIE, clip_movie_opened);
}

void
handle_CLIP_DONE(struct orield *orield, struct call *call, const json_t *command)
{
	struct store_job *job = request_named_job(
	    orield, call, command, STORE_JOB_CLIP_DONE, request_published);
	const char *codec = json_get_text(command, "codec");
	json_t *motion = json_object_get(command, "motion"),
	       *cause = json_object_get(command, "cause");

	if (job == NULL)
		return;
	job->limits = wanted_limits(orield->options);
	job->matroska = codec != NULL && strcmp(codec, "mjpeg") == 0;
	job->wall_ns = (uint64_t)argument_integer(command, "wall_ns", 0);
	job->data = json_pack("{s:f, s:f, s:o, s:b}", "seconds",
	    (double)argument_integer(command, "ms", 0) / 1000, "before",
	    (double)argument_integer(command, "before_ms", 0) / 1000, "cause",
	    cause != NULL ? json_incref(cause) : json_string("manual"), "cut",
	    json_is_true(json_object_get(command, "cut")));
	if (motion != NULL)
		json_object_set(job->data, "motion", motion);
	request_submit(orield, job);
}

void
handle_CLIP_DROP(struct orield *orield, struct call *call, const json_t *command)
{
	request_named(orield, call, command, STORE_JOB_CLIP_DROP, request_published);
}
