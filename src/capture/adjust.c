/* SPDX-License-Identifier: ISC */
/* The camera's controls: requests of the loop, answered by reports; and what was
 * set once, set again whenever the camera comes back.
 *
 * Nobody waits for the driver but who asked: adjust_step makes at most one call to
 * it, and is called between pictures. All that is asked meanwhile is answered by one
 * reading: */
/*
 *    opening ─► read ─► set again what was wished ─► read ─┐
 *                                                          ▼
 *    requests ─► set what they want, one after the other ─► read ─► answer them all
 */
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/log.h"
#include "capture/inside.h"

enum { REQUESTS_MOST = 64, BATCH_MOST = 32 };
#define TELL_AFTER_NS (200 * CLOCK_MS) /* a slider somewhere else moves many times a second */

struct adjust_request {
	TAILQ_ENTRY(adjust_request) next;
	uint64_t token;
	json_t *values; /* NULL: only asked */
	json_t *before; /* what several had, should one of them be refused */
	void *at;	/* json_object_iter: the next to set; NULL = all are */
	json_t *done;	/* names of those that were set: an array */
	bool refused, invalid;
	struct cause reason;
};
TAILQ_HEAD(adjust_list, adjust_request);

struct adjust {
	struct queue *requests;		/* from the loop */
	json_t *wished;			/* controls to set at each opening: an object */
	struct adjust_list answers;	/* due when all has been read */
	struct adjust_request *setting; /* its values are being set */
	bool reading;
	bool touched;	       /* one was set since the reading began */
	unsigned batch;	       /* requests that wait for one reading */
	json_t *again, *later; /* names still to be set in the camera just opened: arrays */
	uint64_t changed_ns;   /* when to tell that others changed some; 0 = they did not */
};

static void
request_free(void *item)
{
	struct adjust_request *request = item;

	if (request == NULL)
		return;
	json_decref(request->values);
	json_decref(request->before);
	json_decref(request->done);
	free(request);
}

int
adjust_init(struct capture *capture)
{
	const json_t *wished = capture->settings.controls;
	struct adjust *adjust = capture->adjust = calloc(1, sizeof *adjust);

	if (adjust == NULL)
		return -1;
	TAILQ_INIT(&adjust->answers);
	adjust->requests = queue_new(REQUESTS_MOST);
	adjust->wished = wished != NULL ? json_deep_copy(wished) : json_object();
	adjust->again = json_array();
	adjust->later = json_array();
	return adjust->requests != NULL && json_is_object(adjust->wished) &&
		json_is_array(adjust->again) && json_is_array(adjust->later)
	    ? 0
	    : -1;
}

void
adjust_deinit(struct capture *capture)
{
	struct adjust *adjust = capture->adjust;
	struct adjust_request *request;

	if (adjust == NULL)
		return;
	while ((request = TAILQ_FIRST(&adjust->answers)) != NULL) {
		TAILQ_REMOVE(&adjust->answers, request, next);
		request_free(request);
	}
	request_free(adjust->setting);
	queue_free(&adjust->requests, request_free);
	json_decref(adjust->wished);
	json_decref(adjust->again);
	json_decref(adjust->later);
	free(adjust);
	capture->adjust = NULL;
}

/* ---- the loop's side ------------------------------------------------------------------ */

static bool
post(struct capture *capture, uint64_t token, json_t *values)
{
	struct adjust_request *request = calloc(1, sizeof *request);

	if (request == NULL) {
		json_decref(values);
		return false;
	}
	request->token = token;
	request->values = values;
	if (!queue_push(capture->adjust->requests, request)) {
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

/* ---- answers ----------------------------------------------------------------------------- */

static const json_t *
control_named(const json_t *controls, const char *name)
{
	const json_t *control;
	size_t i;

	json_array_foreach(controls, i, control)
	{
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

/* What was set is wished from now on, but for buttons: they were pressed. */
static void
keep(struct adjust *adjust, json_t *values, struct capture_report *report)
{
	const char *name;
	json_t *value;

	report->set = json_object();
	json_object_foreach(values, name, value)
	{
		if (is_button(report->controls, name))
			continue;
		json_object_set(adjust->wished, name, value);
		json_object_set_new(report->set, name, json_deep_copy(value)); /* the loop's */
	}
}

static void
answer(struct capture *capture, struct adjust_request *request)
{
	struct capture_report report = { .kind = CAPTURE_CONTROLS,
		.token = request->token,
		.reason = request->reason,
		.invalid = request->invalid };

	if (!request->refused)
		report.controls = source_controls(capture->source);
	if (!request->refused && request->values != NULL)
		keep(capture->adjust, request->values, &report);
	capture_report(capture, &report, NULL);
	request_free(request);
}

static void
answer_all(struct capture *capture)
{
	struct adjust *adjust = capture->adjust;
	struct adjust_request *request;

	while ((request = TAILQ_FIRST(&adjust->answers)) != NULL) {
		TAILQ_REMOVE(&adjust->answers, request, next);
		answer(capture, request);
	}
}

/* What was set, and what it made of others, or only what changes by itself. */
static void
begin_reading(struct capture *capture)
{
	struct adjust *adjust = capture->adjust;

	source_read_controls(capture->source, adjust->touched);
	adjust->reading = true;
	adjust->touched = false;
	adjust->batch = 0;
}

static void
refuse(struct adjust *adjust, struct adjust_request *request, const char *reason)
{
	cause_set(&request->reason, "%s", reason);
	request->refused = true;
	TAILQ_INSERT_TAIL(&adjust->answers, request, next);
}

/* ---- setting, one call a step --------------------------------------------------------- */

/* Look at all before one is set. False: it is refused. */
static bool
begin_setting(struct capture *capture, struct adjust_request *request)
{
	const char *name;
	json_t *value;

	json_object_foreach(request->values, name, value)
	{
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

/* One before it was refused: the last one set gets what it had, since it may have
 * unlocked the others. False: all have. */
static bool
undo_one(struct capture *capture, struct adjust_request *request)
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

/* Set the next of its values, in the order given. False: that was all. */
static bool
set_one(struct capture *capture, struct adjust_request *request)
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
	struct adjust *adjust = capture->adjust;

	adjust->touched = true;
	if (set_one(capture, adjust->setting))
		return;
	TAILQ_INSERT_TAIL(&adjust->answers, adjust->setting, next);
	adjust->setting = NULL;
}

/* ---- after an opening ------------------------------------------------------------------- */

void
adjust_opened(struct capture *capture)
{
	struct adjust *adjust = capture->adjust;
	const char *name;
	json_t *value;

	if (adjust->setting != NULL)
		refuse(adjust, adjust->setting, "the camera was opened anew meanwhile");
	adjust->setting = NULL;
	json_array_clear(adjust->again);
	json_array_clear(adjust->later);
	json_object_foreach(adjust->wished, name, value)
	    json_array_append_new(adjust->again, json_string(name));
	adjust->touched = true;
	begin_reading(capture);
}

/* One control may be inactive until another one behind it is set: who refuses gets
 * one more turn. False: that was all. */
static bool
set_again(struct capture *capture)
{
	struct adjust *adjust = capture->adjust;
	bool last = json_array_size(adjust->again) == 0;
	json_t *list = last ? adjust->later : adjust->again;
	const char *name = json_string_value(json_array_get(list, 0));
	struct cause why;

	if (name == NULL)
		return false;
	adjust->touched = true;
	if (source_set_control(
		capture->source, name, json_object_get(adjust->wished, name), &why) == -1) {
		if (last)
			log_info("capture", "not set again: %s", why.text);
		else
			json_array_append_new(adjust->later, json_string(name));
	}
	json_array_remove(list, 0);
	return true;
}

/* ---- the thread's side -------------------------------------------------------------------- */

/* Take up the next request. False: there is none, or enough wait to be answered. */
static bool
take_request(struct capture *capture)
{
	struct adjust *adjust = capture->adjust;
	struct adjust_request *request = adjust->batch < BATCH_MOST ? queue_pop(adjust->requests)
								    : NULL;

	if (request == NULL)
		return false;
	adjust->batch++;
	if (request->values != NULL && begin_setting(capture, request))
		adjust->setting = request;
	else
		TAILQ_INSERT_TAIL(&adjust->answers, request, next);
	return true;
}

/* Without a camera. */
static void
refuse_all(struct capture *capture)
{
	struct adjust *adjust = capture->adjust;
	const char *reason = capture->status.reason.text;
	struct adjust_request *request;

	TAILQ_FOREACH(request, &adjust->answers, next)
	{
		if (!request->refused)
			request->reason = capture->status.reason;
		request->refused = true;
	}
	if (adjust->setting != NULL)
		refuse(adjust, adjust->setting, reason);
	adjust->setting = NULL;
	while ((request = queue_pop(adjust->requests)) != NULL)
		refuse(adjust, request, reason);
	adjust->reading = adjust->touched = false;
	adjust->batch = 0;
	adjust->changed_ns = 0;
	json_array_clear(adjust->again);
	json_array_clear(adjust->later);
	answer_all(capture);
}

static bool
is_restoring(const struct adjust *adjust)
{
	return json_array_size(adjust->again) + json_array_size(adjust->later) > 0;
}

bool
adjust_pending(const struct capture *capture)
{
	const struct adjust *adjust = capture->adjust;

	return adjust->reading || adjust->touched || adjust->setting != NULL ||
	    is_restoring(adjust) || !TAILQ_EMPTY(&adjust->answers) ||
	    queue_length(adjust->requests) > 0;
}

void
adjust_step(struct capture *capture)
{
	struct adjust *adjust = capture->adjust;

	if (capture->source == NULL) {
		refuse_all(capture);
		return;
	}
	if (adjust->reading) {
		adjust->reading = source_step_controls(capture->source);
		if (!adjust->reading && !is_restoring(adjust))
			answer_all(capture);
		return;
	}
	if (adjust->setting != NULL)
		step_setting(capture);
	else if (!set_again(capture) && !take_request(capture)) {
		if (adjust->batch > 0 || adjust->touched)
			begin_reading(capture);
		else
			answer_all(capture);
	}
}

void
adjust_noticed(struct capture *capture)
{
	if (capture->adjust->changed_ns == 0)
		capture->adjust->changed_ns = clock_mono_ns() + TELL_AFTER_NS;
}

uint64_t
adjust_tell(struct capture *capture, uint64_t now_ns)
{
	struct adjust *adjust = capture->adjust;
	struct adjust_request *request;

	if (adjust->changed_ns == 0 || now_ns < adjust->changed_ns)
		return adjust->changed_ns;
	adjust->changed_ns = 0;
	request = calloc(1, sizeof *request);
	if (request != NULL)
		TAILQ_INSERT_TAIL(&adjust->answers, request, next);
	adjust->touched = true;
	return 0;
}
