/* SPDX-License-Identifier: ISC */
/* The camera's controls. The loop sends requests, and reports answer them. Values that were
 * set are set again each time the camera comes back.
 *
 * Pictures never wait for more than one call to the driver: capture_controls_step makes at
 * most one, between pictures. One reading answers all requests that came meanwhile: */
/*
 *    opening ─► read ─► set wished values again ─► read ───┐
 *                                                          ▼
 *    requests ─► set what they want, one after the other ─► read ─► answer them all
 */
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/log.h"
#include "protocol/reasons.h"
#include "capture/capture_internal.h"

enum { REQUESTS_MOST = 64, BATCH_MOST = 32 };
#define TELL_AFTER_NS (200 * CLOCK_MS) /* a slider somewhere else moves many times a second */

struct capture_controls_request {
	TAILQ_ENTRY(capture_controls_request) next;
	uint64_t token;
	json_t *values; /* NULL: read only */
	json_t *before; /* the old values of several, in case one is refused */
	void *at;	/* json_object_iter: the next to set; NULL = none left */
	json_t *done;	/* names of those that were set: an array */
	bool refused, invalid;
	struct cause reason;
};
TAILQ_HEAD(capture_controls_list, capture_controls_request);

struct capture_controls {
	struct queue *requests;			  /* from the loop */
	json_t *wished;				  /* controls to set at each opening: an object */
	struct capture_controls_list answers;	  /* wait for the reading */
	struct capture_controls_request *setting; /* the request whose values are being set */
	bool reading;
	bool touched;	       /* a control was set since the reading began */
	unsigned batch;	       /* requests that one reading will answer */
	json_t *again, *later; /* names still to be set in the camera just opened: arrays */
	uint64_t changed_ns;   /* when to report a change by others; 0 = none */
};

static void
request_free(void *item)
{
	struct capture_controls_request *request = item;

	if (request == NULL)
		return;
	json_decref(request->values);
	json_decref(request->before);
	json_decref(request->done);
	free(request);
}

int
capture_controls_init(struct capture *capture)
{
	const json_t *wished = capture->settings.controls;
	struct capture_controls *controls = capture->controls = calloc(1, sizeof *controls);

	if (controls == NULL)
		return -1;
	TAILQ_INIT(&controls->answers);
	controls->requests = queue_new(REQUESTS_MOST);
	controls->wished = wished != NULL ? json_deep_copy(wished) : json_object();
	controls->again = json_array();
	controls->later = json_array();
	return controls->requests != NULL && json_is_object(controls->wished) &&
		json_is_array(controls->again) && json_is_array(controls->later)
	    ? 0
	    : -1;
}

void
capture_controls_deinit(struct capture *capture)
{
	struct capture_controls *controls = capture->controls;
	struct capture_controls_request *request;

	if (controls == NULL)
		return;
	while ((request = TAILQ_FIRST(&controls->answers)) != NULL) {
		TAILQ_REMOVE(&controls->answers, request, next);
		request_free(request);
	}
	request_free(controls->setting);
	queue_free(&controls->requests, request_free);
	json_decref(controls->wished);
	json_decref(controls->again);
	json_decref(controls->later);
	free(controls);
	capture->controls = NULL;
}

/* ---- the loop's side ------------------------------------------------- */

static bool
post(struct capture *capture, uint64_t token, json_t *values)
{
	struct capture_controls_request *request = calloc(1, sizeof *request);

	if (request == NULL) {
		json_decref(values);
		return false;
	}
	request->token = token;
	request->values = values;
	if (!queue_push(capture->controls->requests, request)) {
		request_free(request);
		return false;
	}
	capture_poke(capture);
	return true;
}

bool
capture_request_controls(struct capture *capture, uint64_t token)
{
	return post(capture, token, NULL);
}

bool
capture_set_controls(struct capture *capture, const json_t *values, uint64_t token)
{
	json_t *copy = json_deep_copy(values);

	return copy != NULL && post(capture, token, copy);
}

/* ---- answers --------------------------------------------------------- */

static const json_t *
control_named(const json_t *controls, const char *name)
{
	const json_t *control;
	size_t i;

	json_array_foreach(controls, i, control) {
		const char *own = json_get_text(control, "name");

		if (own != NULL && strcmp(own, name) == 0)
			return control;
	}
	return NULL;
}

static bool
is_button(const json_t *controls, const char *name)
{
	const char *type = json_get_text(control_named(controls, name), "type");

	return type != NULL && strcmp(type, "button") == 0;
}

/* Remember the values that were set, for each opening. Buttons have no value. */
static void
keep(struct capture_controls *controls, json_t *values, struct capture_report *report)
{
	const char *name;
	json_t *value;

	report->set = json_object();
	json_object_foreach(values, name, value) {
		if (is_button(report->controls, name))
			continue;
		json_object_set(controls->wished, name, value);
		json_object_set_new(report->set, name, json_deep_copy(value)); /* the loop's */
	}
}

static void
answer(struct capture *capture, struct capture_controls_request *request)
{
	struct capture_report report = { .kind = CAPTURE_CONTROLS,
		.token = request->token,
		.reason = request->reason,
		.invalid = request->invalid };

	if (!request->refused)
		report.controls = source_controls(capture->source);
	if (!request->refused && request->values != NULL)
		keep(capture->controls, request->values, &report);
	capture_report(capture, &report, NULL);
	request_free(request);
}

static void
answer_all(struct capture *capture)
{
	struct capture_controls *controls = capture->controls;
	struct capture_controls_request *request;

	while ((request = TAILQ_FIRST(&controls->answers)) != NULL) {
		TAILQ_REMOVE(&controls->answers, request, next);
		answer(capture, request);
	}
}

/* After a control was set, read all: others may have changed. Else only those that change alone. */
static void
begin_reading(struct capture *capture)
{
	struct capture_controls *controls = capture->controls;

	source_read_controls(capture->source, controls->touched);
	controls->reading = true;
	controls->touched = false;
	controls->batch = 0;
}

static void
refuse(struct capture_controls *controls, struct capture_controls_request *request,
    const struct cause *reason)
{
	request->reason = *reason;
	request->refused = true;
	TAILQ_INSERT_TAIL(&controls->answers, request, next);
}

/* ---- setting, one call a step ---------------------------------------- */

/* Check all values before one is set. False: refused. */
static bool
begin_setting(struct capture *capture, struct capture_controls_request *request)
{
	const char *name;
	json_t *value;

	json_object_foreach(request->values, name, value) {
		if (source_check_control(capture->source, name, value, &request->reason) == 0)
			continue;
		request->refused = request->invalid = true;
		return false;
	}
	if (json_object_size(request->values) > 1)
		request->before = source_controls(capture->source);
	request->done = json_array();
	request->at = json_object_iter(request->values);
	return true;
}

/* A value was refused: give the last control that was set its old value. The order is
 * reversed, because a control may have unlocked later ones. False: all are back. */
static bool
undo_one(struct capture *capture, struct capture_controls_request *request)
{
	size_t count = json_array_size(request->done);
	struct cause ignored;
	const char *name;
	const json_t *old;

	if (count == 0)
		return false;
	name = json_string_value(json_array_get(request->done, count - 1));
	old = json_object_get(control_named(request->before, name), "value");
	if (old != NULL)
		source_set_control(capture->source, name, old, &ignored);
	json_array_remove(request->done, count - 1);
	return true;
}

/* Set the next value, in the order given. False: none left. */
static bool
set_one(struct capture *capture, struct capture_controls_request *request)
{
	const char *name;

	if (request->refused)
		return undo_one(capture, request);
	if (request->at == NULL)
		return false;
	name = json_object_iter_key(request->at);
	if (source_set_control(capture->source, name, json_object_iter_value(request->at),
		&request->reason) == -1) {
		request->refused = true;
		return true;
	}
	json_array_append_new(request->done, json_string(name));
	request->at = json_object_iter_next(request->values, request->at);
	return true;
}

static void
step_setting(struct capture *capture)
{
	struct capture_controls *controls = capture->controls;

	controls->touched = true;
	if (set_one(capture, controls->setting))
		return;
	TAILQ_INSERT_TAIL(&controls->answers, controls->setting, next);
	controls->setting = NULL;
}

/* ---- after an opening ------------------------------------------------ */

void
capture_controls_opened(struct capture *capture)
{
	struct capture_controls *controls = capture->controls;
	struct cause anew;
	const char *name;
	json_t *value;

	cause_detail(&anew, &reason_control_refused, "the camera was opened anew meanwhile");
	if (controls->setting != NULL)
		refuse(controls, controls->setting, &anew);
	controls->setting = NULL;
	json_array_clear(controls->again);
	json_array_clear(controls->later);
	json_object_foreach(controls->wished, name, value)
		json_array_append_new(controls->again, json_string(name));
	controls->touched = true;
	begin_reading(capture);
}

/* A control may be inactive until a later one is set, so each that fails gets a second try.
 * False: none left. */
static bool
set_again(struct capture *capture)
{
	struct capture_controls *controls = capture->controls;
	bool last = json_array_size(controls->again) == 0;
	json_t *list = last ? controls->later : controls->again;
	const char *name = json_string_value(json_array_get(list, 0));
	struct cause why;

	if (name == NULL)
		return false;
	controls->touched = true;
	if (source_set_control(
		capture->source, name, json_object_get(controls->wished, name), &why) == -1) {
		if (last)
			log_info("capture", "not set again: %s", why.text);
		else
			json_array_append_new(controls->later, json_string(name));
	}
	json_array_remove(list, 0);
	return true;
}

/* ---- the thread's side ----------------------------------------------- */

/* Take the next request. False: there is none, or BATCH_MOST wait for the reading. */
static bool
take_request(struct capture *capture)
{
	struct capture_controls *controls = capture->controls;
	struct capture_controls_request *request = controls->batch < BATCH_MOST
	    ? queue_pop(controls->requests)
	    : NULL;

	if (request == NULL)
		return false;
	controls->batch++;
	if (request->values != NULL && begin_setting(capture, request))
		controls->setting = request;
	else
		TAILQ_INSERT_TAIL(&controls->answers, request, next);
	return true;
}

/* Without a camera. */
static void
refuse_all(struct capture *capture)
{
	struct capture_controls *controls = capture->controls;
	const struct cause *reason = &capture->status.reason;
	struct capture_controls_request *request;

	TAILQ_FOREACH(request, &controls->answers, next) {
		if (!request->refused)
			request->reason = capture->status.reason;
		request->refused = true;
	}
	if (controls->setting != NULL)
		refuse(controls, controls->setting, reason);
	controls->setting = NULL;
	while ((request = queue_pop(controls->requests)) != NULL)
		refuse(controls, request, reason);
	controls->reading = controls->touched = false;
	controls->batch = 0;
	controls->changed_ns = 0;
	json_array_clear(controls->again);
	json_array_clear(controls->later);
	answer_all(capture);
}

static bool
is_restoring(const struct capture_controls *controls)
{
	return json_array_size(controls->again) + json_array_size(controls->later) > 0;
}

bool
capture_controls_pending(const struct capture *capture)
{
	const struct capture_controls *controls = capture->controls;

	return controls->reading || controls->touched || controls->setting != NULL ||
	    is_restoring(controls) || !TAILQ_EMPTY(&controls->answers) ||
	    queue_length(controls->requests) > 0;
}

void
capture_controls_step(struct capture *capture)
{
	struct capture_controls *controls = capture->controls;

	if (capture->source == NULL) {
		refuse_all(capture);
		return;
	}
	if (controls->reading) {
		controls->reading = source_step_controls(capture->source);
		if (!controls->reading && !is_restoring(controls))
			answer_all(capture);
		return;
	}
	if (controls->setting != NULL)
		step_setting(capture);
	else if (!set_again(capture) && !take_request(capture)) {
		if (controls->batch > 0 || controls->touched)
			begin_reading(capture);
		else
			answer_all(capture);
	}
}

void
capture_controls_noticed(struct capture *capture)
{
	if (capture->controls->changed_ns == 0)
		capture->controls->changed_ns = clock_mono_ns() + TELL_AFTER_NS;
}

uint64_t
capture_controls_tell(struct capture *capture, uint64_t now_ns)
{
	struct capture_controls *controls = capture->controls;
	struct capture_controls_request *request;

	if (controls->changed_ns == 0 || now_ns < controls->changed_ns)
		return controls->changed_ns;
	controls->changed_ns = 0;
	request = calloc(1, sizeof *request);
	if (request != NULL)
		TAILQ_INSERT_TAIL(&controls->answers, request, next);
	controls->touched = true;
	return 0;
}
