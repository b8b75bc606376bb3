/* SPDX-License-Identifier: ISC */
#include "orield/camera_controls.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/json.h"
#include "loop/timer.h"
#include "protocol/reasons.h"
#include "protocol/events.h"

enum { ANSWER_SECONDS = 5 };	 /* later than that, the driver hangs */
#define KNOWN_NS CLOCK_S	 /* values read are answers for this long */
#define STORED_PREFIX "control." /* before a control's name, among the stored values */

/* A command that the capture thread, or after it the store, has not answered yet. */
struct asked {
	TAILQ_ENTRY(asked) next;
	struct camera_controls *controls;
	struct call *call;
	uint64_t token, deadline_ns;
	json_t *reply; /* set when it only waits for the disk */
};
TAILQ_HEAD(asked_list, asked);

struct camera_controls {
	struct capture *capture;
	struct store_worker *store_worker;
	struct publisher *publisher;
	struct asked_list asked; /* the oldest first */
	uint64_t last_token;
	uint64_t reading; /* token of the reading that new commands may wait for; 0 = none */
	json_t *known;	  /* the controls as last read; NULL = not known */
	uint64_t known_ns;
	struct event *deadline;
};

static void
asked_free(struct asked *asked)
{
	json_decref(asked->reply);
	free(asked);
}

/* Set the timer to the oldest command's deadline. */
static void
camera_controls_arm(struct camera_controls *controls)
{
	struct asked *oldest = TAILQ_FIRST(&controls->asked);

	if (oldest == NULL)
		event_del(controls->deadline);
	else
		timer_start_at(controls->deadline, oldest->deadline_ns);
}

static void
camera_controls_late(evutil_socket_t fd, short what, void *arg)
{
	struct camera_controls *controls = arg;
	struct asked *oldest;

	(void)fd, (void)what;
	while ((oldest = TAILQ_FIRST(&controls->asked)) != NULL &&
	    oldest->deadline_ns <= clock_mono_ns()) {
		TAILQ_REMOVE(&controls->asked, oldest, next);
		if (oldest->token == controls->reading)
			controls->reading = 0;
		call_refuse(oldest->call, &reason_camera_hangs);
		asked_free(oldest);
	}
	camera_controls_arm(controls);
}

void
camera_controls_forget(struct camera_controls *controls)
{
	json_decref(controls->known);
	controls->known = NULL;
	controls->reading = 0;
}

/* Returns the token of the answer; 0: too much is waiting. After a change, a command must
 * not get values from before it. */
static uint64_t
camera_controls_send(struct camera_controls *controls, const json_t *values)
{
	struct capture *capture = controls->capture;
	uint64_t token;

	if (values == NULL && controls->reading != 0)
		return controls->reading;
	token = ++controls->last_token;
	if (values != NULL) {
		camera_controls_forget(controls);
		return capture_set_controls(capture, values, token) ? token : 0;
	}
	controls->reading = capture_request_controls(capture, token) ? token : 0;
	return controls->reading;
}

void
camera_controls_ask(struct camera_controls *controls, struct call *call, const json_t *values)
{
	struct asked *asked;
	uint64_t token;

	if (values == NULL && controls->known != NULL &&
	    clock_mono_ns() - controls->known_ns < KNOWN_NS) {
		call_reply(call, json_pack("{s:O}", "controls", controls->known));
		return;
	}
	asked = calloc(1, sizeof *asked);
	token = asked != NULL ? camera_controls_send(controls, values) : 0;
	if (token == 0) {
		free(asked);
		call_refuse(call, &reason_busy);
		return;
	}
	*asked = (struct asked){ .controls = controls,
		.call = call,
		.token = token,
		.deadline_ns = clock_mono_ns() + ANSWER_SECONDS * CLOCK_S };
	TAILQ_INSERT_TAIL(&controls->asked, asked, next);
	camera_controls_arm(controls);
}

/* ---- answers --------------------------------------------------------- */

static struct asked *
camera_controls_take(struct camera_controls *controls, uint64_t token)
{
	struct asked *asked;

	TAILQ_FOREACH(asked, &controls->asked, next) {
		if (asked->token != token)
			continue;
		TAILQ_REMOVE(&controls->asked, asked, next);
		camera_controls_arm(controls);
		return asked;
	}
	return NULL;
}

static void
camera_controls_kept(void *arg, struct store_job *job)
{
	struct asked *asked = arg;
	struct cause why;

	if (job->result == STORE_OK) {
		call_reply(asked->call, asked->reply);
		asked->reply = NULL;
	} else {
		cause_detail(&why, &reason_not_kept, "set, but not kept: %s", job->why.text);
		call_refuse_why(asked->call, &why);
	}
	asked_free(asked);
}

/* {"control.NAME": "JSON of the value"}, for the store. */
static json_t *
camera_controls_texts(const json_t *set)
{
	json_t *texts = json_object(), *value;
	char key[STORE_NAME_SIZE * 2];
	const char *name;

	json_object_foreach((json_t *)set, name, value) {
		char *text = json_dumps(value, JSON_ENCODE_ANY);

		snprintf(key, sizeof key, "%s%s", STORED_PREFIX, name);
		json_object_set_new(texts, key, json_string(text != NULL ? text : ""));
		free(text);
	}
	return texts;
}

/* Answer ok only when the values are on disk. */
static void
camera_controls_keep(struct asked *asked, const struct capture_report *report)
{
	struct store_job *job = store_job_new(STORE_JOB_SET, camera_controls_kept, asked);
	struct cause why;

	asked->reply = json_pack("{s:b, s:O}", "ok", 1, "controls", report->controls);
	if (job != NULL) {
		job->data = camera_controls_texts(report->set);
		if (store_worker_submit(asked->controls->store_worker, job))
			return;
	}
	store_job_free(&job);
	cause_detail(&why, &reason_not_kept, "set, but not kept: %s", reason_busy.text);
	call_refuse_why(asked->call, &why);
	asked_free(asked);
}

static void
camera_controls_answer(struct asked *asked, const struct capture_report *report)
{
	if (report->controls != NULL && report->set != NULL) {
		camera_controls_keep(asked, report);
		return;
	}
	if (report->controls != NULL)
		call_reply(asked->call, json_pack("{s:O}", "controls", report->controls));
	else if (report->invalid)
		call_error_why(asked->call, &report->reason);
	else
		call_refuse_why(asked->call, &report->reason);
	asked_free(asked);
}

void
camera_controls_report(struct camera_controls *controls, struct capture_report *report)
{
	bool changed = report->controls != NULL && (report->set != NULL || report->token == 0);
	struct asked *asked;

	if (report->token == controls->reading)
		controls->reading = 0;
	if (report->controls != NULL) {
		json_decref(controls->known);
		controls->known = json_incref(report->controls);
		controls->known_ns = clock_mono_ns();
	}
	if (changed)
		publisher_say(controls->publisher, EVENT_CONTROLS,
		    json_pack("{s:O}", "controls", report->controls));
	while ((asked = camera_controls_take(controls, report->token)) != NULL)
		camera_controls_answer(asked, report);
}

/* ---- what was kept --------------------------------------------------- */

json_t *
camera_controls_stored(const json_t *values)
{
	json_t *controls = json_object(), *text;
	const char *name;

	json_object_foreach((json_t *)values, name, text)
		if (strncmp(name, STORED_PREFIX, sizeof STORED_PREFIX - 1) == 0)
			json_object_set_new(controls, name + sizeof STORED_PREFIX - 1,
			    json_loads(json_string_value(text), JSON_DECODE_ANY, NULL));
	return controls;
}

void
camera_controls_restore(struct camera_controls *controls, const json_t *values)
{
	camera_controls_forget(controls);
	if (json_object_size(values) > 0)
		capture_set_controls(controls->capture, values, ++controls->last_token);
}

/* ---- life ------------------------------------------------------------ */

struct camera_controls *
camera_controls_new(struct event_base *base, struct capture *capture,
    struct store_worker *store_worker, struct publisher *publisher)
{
	struct camera_controls *controls = calloc(1, sizeof *controls);

	if (controls == NULL)
		return NULL;
	controls->capture = capture;
	controls->store_worker = store_worker;
	controls->publisher = publisher;
	TAILQ_INIT(&controls->asked);
	controls->deadline = evtimer_new(base, camera_controls_late, controls);
	if (controls->deadline == NULL)
		camera_controls_free(&controls);
	return controls;
}

void
camera_controls_free(struct camera_controls **controls)
{
	struct camera_controls *gone = *controls;
	struct asked *asked;

	if (gone == NULL)
		return;
	while ((asked = TAILQ_FIRST(&gone->asked)) != NULL) {
		TAILQ_REMOVE(&gone->asked, asked, next);
		call_refuse(asked->call, &reason_stopping);
		asked_free(asked);
	}
	json_decref(gone->known);
	if (gone->deadline != NULL)
		event_free(gone->deadline);
	free(gone);
	*controls = NULL;
}
